"""Aggregate: fetch and verify every revealed update, combine them exactly, propose the result under a bond.

reveals --gather--> verified updates --work out--> proposal --> chain
"""

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from prefect.runtime import task_run

from prefect_federated.adapters.aggregator import Aggregator
from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.landing import land_for_quorum
from prefect_federated.adapters.outcome import Outcome, work_out
from prefect_federated.adapters.regional import gather_for
from prefect_federated.adapters.vouching import require_uncontradicted
from prefect_federated.core.enforced import NOBODY
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.once import unless_done
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{spec.round}/{aggregator.party.name}/aggregate",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def aggregate(aggregator: Aggregator, spec: RoundSpec) -> Outcome | None:
    """Propose the round's result; does nothing and returns None if a proposal stands.

    A proposal without a single update is a result too: it is settled as a void round, and nobody is blamed.

    Raises:
        StoreUnreachable: it could not read an update that two thirds of the committee could; nothing is proposed. Of a
            masked round it is tried again, and then told that its sum cannot be opened.
    """
    federation = aggregator.party.federation

    def proposed() -> bool:
        return federation.round_state(spec.task).proposer != NOBODY

    if proposed():
        return None
    reveals = federation.reveals(spec.task, spec.round)
    gathered = gather_for(aggregator, spec, reveals, last_try=(task_run.run_count or 0) > RETRIES)
    if aggregator.mailbox is not None and spec.spec.enforced.committee:
        require_uncontradicted(aggregator.party, aggregator.mailbox, spec, gathered)
    checkpoint("aggregator:fetched")
    outcome = work_out(aggregator, spec, reveals, gathered)
    checkpoint("aggregator:aggregated")
    for participant, detail in outcome.details.items():
        get_run_logger().warning("left out %s: %s", participant, detail)
    land_for_quorum(aggregator.party, spec, outcome.proposal.included, outcome.reasons)
    with unless_done(proposed):
        federation.propose(spec.task, spec.round, outcome.proposal)
    checkpoint("aggregator:proposed")
    return outcome
