"""Carry: where an update of an earlier round still waits, it goes into this one in place of a new one.

sealed opening of round q, never committed --same rows, base young enough--> sealed update for this round | None
"""

from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.carrying import Carried
from prefect_federated.adapters.carrying import carry as carry_over
from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.silo import Silo
from prefect_federated.core.evidence import Evidence
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{spec.round}/{silo.party.name}/carry",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def carry(silo: Silo, spec: RoundSpec, evidence: Evidence) -> Carried | None:
    """Seal the update that waits for this round, over the base it was made from; None where there is none."""
    carried = carry_over(silo, spec, evidence)
    checkpoint("participant:carried")
    return carried
