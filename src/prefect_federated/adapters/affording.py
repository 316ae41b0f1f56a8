"""Who can still pay the privacy cost of a task's next round; for fewer than its quorum no round is opened.

cohort --own limits, live grants--> who has less left than the task's floor --others below the quorum--> refused
"""

from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.granted import granted_ids
from prefect_federated.adapters.evm.membership import cohort_of
from prefect_federated.core.consent import GrantState
from prefect_federated.core.errors import BudgetSpent
from prefect_federated.core.privacy import add, epsilon_of, within

DELTA = 1e-5  # at which the refusal names the cost; a task's own is in its spec, which the sponsor may not have here


def require_affordable(federation: Federation, task: int, round: int) -> None:
    """Refuse a round that would end without a quorum because budgets are spent; nothing where no loss is counted.

    A silo pays the task's floor at least, so nobody is counted out that could pay. Who has no live grant on chain is
    counted in: it may bring one.

    Args:
        round: the one that would be opened; its cohort is asked.

    Raises:
        BudgetSpent: fewer than the quorum can pay.
    """
    enforced = federation.task_of(task).enforced
    if not enforced.private:
        return
    cohort = cohort_of(federation.membership(task), round)
    with federation.still():
        broke = _broke(federation, sorted(cohort), enforced.privacy_floor)
    if len(cohort) - len(broke) >= enforced.quorum or not broke:
        return
    raise BudgetSpent(
        f"round {task}/{round} is not opened: {len(broke)} of {len(cohort)} participants have spent their privacy"
        f" budget (a round costs each epsilon {epsilon_of(enforced.privacy_floor, DELTA):.4g} or more at delta"
        f" {DELTA:g}), and the quorum is {enforced.quorum}: {', '.join(broke)}; end the task, or wait for new grants"
        " and limits"
    )


def _broke(federation: Federation, accounts: list[str], floor: int) -> list[str]:
    federation.foresee("ConsentLedger", "ownBudget", [(account,) for account in accounts])
    ids = granted_ids(federation)
    federation.foresee("ConsentLedger", "grantOf", [(grant_id,) for grant_id in ids])
    now_s, grants = federation.chain_time(), [federation.grant_state(grant_id) for grant_id in ids]
    live = [one for one in grants if not one.withdrawn_at and now_s < one.expiry]
    return [one for one in accounts if not _can_pay(federation, one, live, floor)]


def _can_pay(federation: Federation, account: str, live: list[GrantState], floor: int) -> bool:
    own, mine = federation.own_budget(account), [one for one in live if one.silo == account]
    lasts = not mine or any(within(add(one.spent, floor), one.budget) for one in mine)
    return lasts and within(add(own.spent, floor), own.limit)
