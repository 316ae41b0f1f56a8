"""The checks of many tables at once: one run of Great Expectations says of all that nothing is wrong in any.

views --below each other--> GX once --no row unexpected or missing--> a report for each   else: each is checked alone

A count of none over all rows is a count of none in each table. This holds for expectations about single rows; a suite
with another kind is left to each table's own check.
"""

from collections.abc import Sequence
from dataclasses import replace

from prefect_federated.adapters.data.gx_suite import DataChecks
from prefect_federated.adapters.data.view import ConsentView
from prefect_federated.core.batched import ROW_COUNT, require_addable
from prefect_federated.core.checks import CheckReport, Suite
from prefect_federated.core.errors import ConfigurationError


def check_together(views: Sequence[tuple[DataChecks, ConsentView]], suite: Suite) -> int:
    """Give each table its report beforehand, to be found by its own check; returns to how many.

    Tables with a report already are left out. Where anything is wrong nobody gets one: each is checked alone then,
    and counts its own rows.
    """
    import pandas

    new = [(checks, view) for checks, view in views if checks.known(view.digest, suite.hash) is None]
    if len(new) < 2 or not _about_rows(suite) or any(len(view.frame) < _fewest(suite) for _, view in new):
        return 0
    found = new[0][0].count(pandas.concat([view.frame for _, view in new], ignore_index=True), suite)
    if not all(check.success and check.unexpected == 0 and check.missing == 0 for check in found):
        return 0
    for checks, view in new:
        own = tuple(replace(check, checked=len(view.frame)) for check in found)
        checks.keep(CheckReport(view.digest, suite.hash, own))
    return len(new)


def _about_rows(suite: Suite) -> bool:
    try:
        require_addable(suite.expectations, "")
    except ConfigurationError:
        return False
    return True


def _fewest(suite: Suite) -> int:
    return max((int(e.arguments["min_value"]) for e in suite.expectations if e.type == ROW_COUNT), default=0)
