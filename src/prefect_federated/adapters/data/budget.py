"""What a round costs a silo in privacy, and whether its grant and the silo itself still allow that.

rows, noise, batch size --accountant--> cost, at least the task's floor --of grant and silo--> enough left | refused
                  noise --participant, statistics--> the floor, whatever the rows
"""

from prefect_federated.adapters.silo import Silo
from prefect_federated.core.consent import GrantState
from prefect_federated.core.epsilon import epsilon_text
from prefect_federated.core.errors import BudgetSpent, ConsentError, SpecMismatch
from prefect_federated.core.privacy import UNIT, add, epsilon_of, unpack, within
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.spec import StatisticsPrivacy, TaskSpec
from prefect_federated.learning.accountant import charged, floor_of
from prefect_federated.learning.plan import load_plan

ROUNDING = 2 * UNIT  # another machine's logarithms may differ in the last bits


def require_counted(grant: GrantState, spec: RoundSpec) -> None:
    """Refuse a task without differential privacy where the grant has a budget.

    Raises:
        ConsentError: nothing was read yet.
    """
    if grant.budget and not spec.spec.enforced.private:
        raise ConsentError(
            f"grant 0x{grant.grant_id.hex()[:12]} has a privacy budget, and task {spec.spec.name} trains without"
            " differential privacy; join a task that counts its loss, or ask the data holder for a grant without budget"
        )


def round_cost(agreed: TaskSpec, rows: int) -> int:
    """What a round costs a silo that trains on so many rows, a vector of `core.privacy`; 0 without privacy.

    Raises:
        SpecMismatch: the task's floor is not what its own noise and batch size cost.
        ConfigurationError: the plan cannot train with differential privacy.
    """
    if agreed.privacy is None:
        return 0
    counts = isinstance(agreed.privacy, StatisticsPrivacy)
    plan = None if counts else load_plan(agreed.plan.ref, agreed.plan.hyperparameters, agreed.plan.code_hash)
    floor, delta = agreed.enforced.privacy_floor, agreed.privacy.delta
    expected = floor_of(plan, agreed.privacy, agreed.enforced.max_weight)
    if any(abs(a - b) > ROUNDING for a, b in zip(unpack(floor), unpack(expected), strict=True) if a != b):
        raise SpecMismatch(
            f"task {agreed.name} counts at least epsilon {_told(floor, delta)} a round, its noise (each"
            f" {agreed.privacy.unit} hidden, {agreed.enforced.max_weight} rows) costs {_told(expected, delta)}"
            f" (delta {delta:g}); refuse the task"
        )
    return charged(plan, agreed.privacy, rows, floor)


def require_budget(silo: Silo, spec: RoundSpec, grant: GrantState, rows: int) -> None:
    """Refuse a round that would cost more privacy than is left, before anything is trained.

    The contract refuses the commit too; here nobody trains in vain, and the message speaks of epsilon.

    Raises:
        BudgetSpent: the grant's or the silo's own limit would be exceeded.
    """
    if spec.spec.privacy is None:
        return
    cost, delta = round_cost(spec.spec, rows), spec.spec.privacy.delta
    own = silo.party.federation.own_budget(silo.party.account)
    for whose, spent, limit, cure in (
        (f"grant 0x{grant.grant_id.hex()[:12]}", grant.spent, grant.budget, "ask the data holder for a new grant"),
        ("this silo", own.spent, own.limit, "raise its limit with `federated participant limit`, or stay out"),
    ):
        if not within(add(spent, cost), limit):
            raise BudgetSpent(
                f"round {spec.task}/{spec.round} costs epsilon {_told(cost, delta)}, {whose} has spent"
                f" {_told(spent, delta)} of {_told(limit, delta)} (at delta {delta:g}); {cure}"
            )


def _told(vector: int, delta: float) -> str:
    return epsilon_text(epsilon_of(vector, delta), digits=4)
