"""Data Docs of a silo's checks: a Great Expectations project folder that an auditor can open, counts only.

validation result --counts only--> validations store --build--> folder/gx/.../index.html
"""

import logging
from pathlib import Path
from typing import Any

from prefect_federated.adapters.data.counts import counts_only

SITE = "local_site"


class DataDocs:
    """Static pages of every check, kept in a file-backed GX project under one folder."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it is created with the first page."""
        self.folder = folder
        self._context: Any = None

    @property
    def index(self) -> Path:
        """The page to open first."""
        return self.folder / "gx" / "uncommitted" / "data_docs" / SITE / "index.html"

    def add(self, suite: Any, result: Any, run: str) -> Path:
        """Add the page of one validation and return the index.

        Args:
            suite: the GX suite that ran.
            result: its `ExpectationSuiteValidationResult`; all but counts is taken out of it.
            run: name of the run on the page, for instance "task-1-round-3".
        """
        from great_expectations.core.run_identifier import RunIdentifier
        from great_expectations.data_context.types.resource_identifiers import (
            ExpectationSuiteIdentifier,
            ValidationResultIdentifier,
        )

        context = self._open()
        counts_only(result)
        context.suites.add_or_update(suite)
        suite_key = ExpectationSuiteIdentifier(suite.name)
        key = ValidationResultIdentifier(suite_key, RunIdentifier(run_name=run), batch_identifier="consent-view")
        context.validation_results_store.set(key, result)
        context.build_data_docs(site_names=[SITE], resource_identifiers=[key, suite_key])
        return self.index

    def _open(self) -> Any:
        if self._context is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._context = open_context(mode="file", project_root_dir=self.folder)
        return self._context


def open_context(**where: Any) -> Any:
    """Open a GX project that draws no progress bars and does not announce its temporary folders."""
    import great_expectations as gx
    from great_expectations.data_context.types import base

    logging.getLogger(base.__name__).setLevel(logging.WARNING)  # its import sets INFO; opening announces
    context = gx.get_context(**where)
    context.variables.progress_bars = base.ProgressBarsConfig(globally=False)
    return context
