"""Run a task's suite on a consent view with Great Expectations, and keep nothing of it but counts.

view digest + suite hash --seen before?--> the same report;  else GX --BASIC, no partial lists--> counts
"""

import os
import threading
from pathlib import Path
from typing import Any

from prefect_federated.adapters.data.data_docs import DataDocs, open_context, raised
from prefect_federated.adapters.data.view import ConsentView
from prefect_federated.core.checks import Check, CheckReport, Expected, Suite, require_passed

RESULT_FORMAT = {"result_format": "BASIC", "partial_unexpected_count": 0}  # the default lists raw values
_GX = threading.Lock()  # GX keeps the current project in a global


class DataChecks:
    """Runs suites and remembers their reports; one per process is enough for all silos' plain checks.

    A report is remembered by view digest and suite hash: data or suite changed by one bit are checked anew.
    """

    def __init__(self, docs: Path | None = None) -> None:
        """Set up, without loading GX yet.

        Args:
            docs: folder for Data Docs; without it no page is written (a page costs about 0.3 s).
        """
        self._docs = None if docs is None else DataDocs(docs)
        self._reports: dict[tuple[bytes, bytes], CheckReport] = {}
        self._batches: Any = None

    @property
    def index(self) -> Path | None:
        """Index page of the Data Docs, where they are kept."""
        return None if self._docs is None else self._docs.index

    def run(self, view: ConsentView, suite: Suite, run: str = "check") -> CheckReport:
        """Check a view, or find the report of the same view and suite.

        Args:
            run: how Data Docs name this run.
        """
        key = (view.digest, suite.hash)
        if key not in self._reports:
            with _GX:
                self._reports[key] = self._validate(view, suite, run)
        return self._reports[key]

    def require(self, view: ConsentView, suite: Suite, run: str = "check") -> CheckReport:
        """Check a view and refuse it where an expectation fails.

        Raises:
            DataRefused: naming each failed expectation with column and counts, never a value.
        """
        report = self.run(view, suite, run)
        require_passed(report, view.dataset)
        return report

    def _validate(self, view: ConsentView, suite: Suite, run: str) -> CheckReport:
        os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")
        import great_expectations as gx

        from prefect_federated.adapters.data.gx_expectations import expectation_of

        asked = gx.ExpectationSuite(
            name=f"consent-{suite.hash.hex()[:12]}",
            expectations=[expectation_of(e) for e in suite.expectations],
        )
        batch = self._batch_definition().get_batch(batch_parameters={"dataframe": view.frame})
        result = batch.validate(asked, result_format=RESULT_FORMAT)
        report = CheckReport(view.digest, suite.hash, _checks(suite, result, len(view.frame)))
        if self._docs is not None:
            self._docs.add(asked, result, run)
        return report

    def _batch_definition(self) -> Any:
        if self._batches is None:
            context = open_context(mode="ephemeral")
            asset = context.data_sources.add_pandas("silo").add_dataframe_asset("consent-view")
            self._batches = asset.add_batch_definition_whole_dataframe("all-rows")
        return self._batches


def _checks(suite: Suite, result: Any, rows: int) -> tuple[Check, ...]:
    """Counts in the suite's order; a check without a result counts as failed."""
    asked = [(row.expectation_config, row) for row in result.results]
    found = {(config.type, config.kwargs.get("column")): row for config, row in asked}
    return tuple(_check(e, found.get((e.type, e.column)), rows) for e in suite.expectations)


def _check(expected: Expected, row: Any, rows: int) -> Check:
    if row is None or raised(row):
        return Check(expected.type, expected.column, False, rows, rows, 0)
    counts = row.result
    checked = int(counts.get("element_count", rows))
    unexpected = int(counts.get("unexpected_count", 0 if row.success else checked))
    missing = int(counts.get("missing_count") or 0)
    return Check(expected.type, expected.column, bool(row.success), checked, unexpected, missing)
