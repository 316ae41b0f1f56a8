"""Four patients of a ward, one of whom does not consent, and their consent view."""

import pandas as pd

from prefect_federated.adapters.data.gx_suite import DataChecks
from prefect_federated.adapters.data.view import ConsentView, consent_view
from prefect_federated.core.checks import CheckReport, Suite, require_passed
from prefect_federated.core.consent import ConsentRecord


def table() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "subject": [f"subject-{n:06d}" for n in (4, 2, 9, 1)],
            "age": [40, 20, 90, 10],
            "dose": [0.4, 0.2, 0.9, 0.1],
            "secret": ["d", "b", "i", "a"],
            "ill": [1, 0, 1, 0],
        }
    )


def view(
    frame: pd.DataFrame,
    subjects: tuple[int, ...] = (1, 2, 4),
    consented: tuple[str, ...] = ("age", "dose", "ill"),
    **changes: object,
) -> ConsentView:
    """The view of those who consent, on the columns they consented to."""
    record = ConsentRecord(
        grant_id=bytes(32),
        secret=bytes(32),
        columns=consented,
        subjects=tuple(f"subject-{n:06d}" for n in subjects),
    )
    settings = {"subject_column": "subject", "record": record, "columns": ("age", "dose"), "target": "ill"}
    return consent_view(frame, **{**settings, **changes})


def require(checks: DataChecks, seen: ConsentView, suite: Suite, run: str = "check") -> CheckReport:
    """The report of one check; raises where an expectation failed, as a round does."""
    report = checks.run(seen, suite, run=run)
    require_passed(report, seen.dataset)
    return report
