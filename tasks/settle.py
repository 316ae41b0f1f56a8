"""Settle: close the round on chain, pay, and let MLflow follow.

proposal after its challenge window --> registry head, reward root --> mirror, record;  participant --claim--> account
"""

from functools import partial

from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.aggregator import Aggregator
from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.claiming import claim_rewards
from prefect_federated.adapters.evm.budgeting import Refundable
from prefect_federated.adapters.landing import land
from prefect_federated.adapters.mirroring import mirror_round
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.round_log import RoundLog, read_round_log
from prefect_federated.core.notes import Notes
from prefect_federated.core.round import Phase
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.once import unless_done
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{spec.round}/{aggregator.party.name}/settle",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def settle(aggregator: Aggregator, spec: RoundSpec) -> RoundLog:
    """Slash who stayed silent, then settle; does nothing that is done. Returns what the chain recorded."""
    federation = aggregator.party.federation

    def over() -> bool:
        return federation.round_state(spec.task).phase != Phase.CHALLENGE

    federation.slash_silent(spec.task, spec.round)
    federation.slash_unmasked(spec.task, spec.round)
    if not over():
        with unless_done(over):
            federation.settle(spec.task, spec.round, federation.proposal(spec.task, spec.round))
    checkpoint("aggregator:settled")
    return read_round_log(federation, spec.task, spec.round)


@task(
    task_run_name="round-{spec.round}/{aggregator.party.name}/mirror",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def mirror(aggregator: Aggregator, spec: RoundSpec, log: RoundLog, notes: Notes | None = None) -> int | None:
    """Write the round and its model version to MLflow once; returns MLflow's version, None without a mirror."""
    if aggregator.mirror is None:
        return None
    version = mirror_round(aggregator, spec, log, notes or Notes())
    checkpoint("aggregator:mirrored")
    return version


@task(
    task_run_name="round-{round}/{party.name}/record",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def record(party: Party, task: int, round: int) -> bool:
    """Let a settled round count for the reputation of who is in its result; returns whether it did for anybody."""
    with unless_done(lambda: not party.federation.countable(task, round)):
        return party.federation.record_round(task, round) is not None
    return False


@task(
    task_run_name="round-{round}/{party.name}/floor",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def claim_floor(party: Party, task: int, round: int) -> bool:
    """Fetch the floor of a round that fraud or the committee ended; returns whether there was one to fetch."""
    index = party.federation.floor_due(task, round, party.account)
    if index is None:
        return False
    with unless_done(lambda: party.federation.floor_due(task, round, party.account) is None):
        land(party, task, round, party.account)
        party.federation.claim_floor(task, round, index)
    return True


@task(
    task_run_name="round-{round}/{party.name}/pay",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def claim_pay(party: Party, task: int, round: int) -> bool:
    """Fetch a validator's pay of a round without rewards; returns whether there was one to fetch."""
    seat = party.federation.pay_due(task, round, party.account)
    if seat is None:
        return False
    with unless_done(lambda: party.federation.pay_due(task, round, party.account) is None):
        party.federation.claim_pay(task, round, seat)
    return True


@task(
    task_run_name="{party.name}/refund",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def refund_privacy(party: Party, task: int) -> int:
    """Have back what rounds cost in privacy that ended before anybody could read an update; returns how many."""
    owed = party.federation.refundable(task, party.account)
    for one in owed:
        with unless_done(partial(_is_back, party, one)):
            party.federation.refund_privacy(one)
    return len(owed)


def _is_back(party: Party, owed: Refundable) -> bool:
    return owed not in party.federation.refundable(owed.task, owed.silo)


@task(
    task_run_name="{party.name}/claim",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def claim(party: Party, task: int) -> int:
    """Fetch what this account has earned in all settled rounds; returns the amount paid now, wei."""
    return claim_rewards(party, task)
