"""Privacy losses as MLflow shows them: on each participant's run its own and its grant's, on the round's the largest.

Spending --finite figures--> metrics `epsilon/...`;   Spending --as words, "unbounded" too--> tags
"""

import math
from collections.abc import Mapping

from prefect_federated.adapters.spending import Spending

PRIVACY_TAG, GRANT_TAG = "federated.privacy", "federated.grant"
SILO_SPENT_TAG, GRANT_SPENT_TAG = "federated.epsilon.silo", "federated.epsilon.grant"
TAGS = (PRIVACY_TAG, GRANT_TAG, SILO_SPENT_TAG, GRANT_SPENT_TAG)

Shown = tuple[dict[str, float], dict[str, str]]


def of_round(spending: Spending | None) -> Shown:
    """Metrics and tags of a round's own run; nothing where the task counts no loss."""
    if spending is None:
        return {}, {}
    metrics = {
        "epsilon/silo_most": max((silo.own.epsilon for silo in spending.silos.values()), default=0.0),
        "epsilon/grant_most": max((grant.budget.epsilon for grant in spending.grants.values()), default=0.0),
    }
    return _finite(metrics), {PRIVACY_TAG: f"each {spending.unit} hidden, epsilon at delta {spending.delta:g}"}


def of_participant(spending: Spending | None, account: str) -> Shown:
    """Metrics and tags of a participant's run: accounts and grants by what the chain calls them, as of the round's end.

    MLflow keeps no infinite metric: where nothing bounds a loss, its tag alone says so.
    """
    if spending is None or account not in spending.silos:
        return {}, {}
    silo = spending.silos[account]
    metrics = {"epsilon/silo_in_task": silo.in_task, "epsilon/silo": silo.own.epsilon}
    metrics |= {} if silo.own.limit is None else {"epsilon/silo_limit": silo.own.limit}
    tags = {SILO_SPENT_TAG: silo.own.text}
    if silo.grant is not None:
        budget = spending.grants[silo.grant].budget
        metrics["epsilon/grant"] = budget.epsilon
        metrics |= {} if budget.limit is None else {"epsilon/grant_limit": budget.limit}
        tags |= {GRANT_TAG: "0x" + silo.grant.hex(), GRANT_SPENT_TAG: budget.text}
    return _finite(metrics), tags


def _finite(metrics: Mapping[str, float]) -> dict[str, float]:
    return {name: value for name, value in metrics.items() if math.isfinite(value)}
