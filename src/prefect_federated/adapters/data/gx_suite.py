"""Run a task's suite on a consent view with Great Expectations, and keep nothing of it but counts.

view digest + suite hash --seen before?--> the same report;  else GX --BASIC, no partial lists--> counts
"""

import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect_federated.adapters.data.counts import RESULT_FORMAT, check_of
from prefect_federated.adapters.data.data_docs import DataDocs, open_context
from prefect_federated.adapters.data.gx_lock import GX
from prefect_federated.adapters.data.report_cache import ReportCache
from prefect_federated.adapters.data.view import ConsentView
from prefect_federated.core.checks import Check, CheckReport, Expected, Suite

if TYPE_CHECKING:
    from pandas import DataFrame


class DataChecks:
    """Runs suites and remembers their reports; one per process is enough for all silos' plain checks.

    A report is remembered by view digest and suite hash: data or suite changed by one bit are checked anew.
    """

    def __init__(self, docs: Path | None = None, cache: ReportCache | None = None) -> None:
        """Set up, without loading GX yet.

        Args:
            docs: folder for Data Docs; without it no page is written (a page costs about 0.3 s).
            cache: where reports outlive the process; without it they do not.
        """
        self._docs = None if docs is None else DataDocs(docs)
        self.cache = cache
        self._reports: dict[tuple[bytes, bytes], CheckReport] = {}
        self._batches: Any = None

    @property
    def index(self) -> Path | None:
        """Index page of the Data Docs, where they are kept."""
        return None if self._docs is None else self._docs.index

    def known(self, view_digest: bytes, suite_hash: bytes) -> CheckReport | None:
        """The report of this view and suite, if they were checked before, by this process or an earlier one."""
        key = (view_digest, suite_hash)
        if key not in self._reports and self.cache is not None:
            kept = self.cache.recall(_asked(*key))
            if kept is not None:
                self._reports[key] = CheckReport(*key, tuple(Check(**check) for check in kept))
        return self._reports.get(key)

    def run(self, view: ConsentView, suite: Suite, run: str = "check") -> CheckReport:
        """Check a view, or find the report of the same view and suite.

        Args:
            run: how Data Docs name this run.
        """
        report = self.known(view.digest, suite.hash)
        if report is None:
            with GX:
                report = self._validate(view, suite, run)
            self.keep(report)
        return report

    def keep(self, report: CheckReport) -> None:
        """Remember a report, to be found again by its view and suite."""
        key = (report.view_digest, report.suite_hash)
        self._reports[key] = report
        if self.cache is not None:
            self.cache.keep(_asked(*key), [asdict(check) for check in report.checks])

    def count(self, frame: "DataFrame", suite: Suite) -> tuple[Check, ...]:
        """Check a table that is no whole view, such as one batch of it; nothing is remembered."""
        with GX:
            return counted(suite.expectations, self._run(frame, suite)[1], len(frame))

    def _validate(self, view: ConsentView, suite: Suite, run: str) -> CheckReport:
        asked, result = self._run(view.frame, suite)
        report = CheckReport(view.digest, suite.hash, counted(suite.expectations, result, len(view.frame)))
        if self._docs is not None:
            self._docs.add(asked, result, run)
        return report

    def _run(self, frame: "DataFrame", suite: Suite) -> tuple[Any, Any]:
        os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
        import great_expectations as gx

        from prefect_federated.adapters.data.gx_expectations import expectation_of

        asked = gx.ExpectationSuite(
            name=f"consent-{suite.hash.hex()[:12]}",
            expectations=[expectation_of(e, place) for place, e in enumerate(suite.expectations)],
        )
        batch = self._batch_definition().get_batch(batch_parameters={"dataframe": frame})
        return asked, batch.validate(asked, result_format=RESULT_FORMAT)

    def _batch_definition(self) -> Any:
        if self._batches is None:
            context = open_context(mode="ephemeral")
            asset = context.data_sources.add_pandas("silo").add_dataframe_asset("consent-view")
            self._batches = asset.add_batch_definition_whole_dataframe("all-rows")
        return self._batches


def counted(expectations: Sequence[Expected], result: Any, rows: int) -> tuple[Check, ...]:
    """Counts in the suite's order; a check without a result counts as failed."""
    from prefect_federated.adapters.data.gx_expectations import PLACE

    found = {(row.expectation_config.meta or {}).get(PLACE): row for row in result.results}
    return tuple(check_of(e.type, e.column, found.get(place), rows) for place, e in enumerate(expectations))


def _asked(view_digest: bytes, suite_hash: bytes) -> dict[str, str]:
    return {"view": view_digest.hex(), "suite": suite_hash.hex()}
