"""Listen: read the round and the spec, check them against each other, verify the base model.

chain: round, task, head --> store: spec, model --> RoundSpec (hashes and URIs)
"""

from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.reading import read_round_spec
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{round}/{party.name}/listen",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def listen(party: Party, task: int, round: int) -> RoundSpec:
    """Read what a round is about.

    Raises:
        SpecMismatch: the stored spec is not the one on chain, or a shared field differs.
        ContentMismatch: the base model's bytes do not hash to the registry's head.
        WrongPhase: the task is not in that round.
    """
    spec = read_round_spec(party, task, round)
    checkpoint("participant:listened")
    return spec
