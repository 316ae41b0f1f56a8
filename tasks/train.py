"""Train: the approved plan on the validated view, from the verified base; the update leaves encrypted.

base words --decode--> plan.train (or train_privately) on the same view --clip, encode, mask--> sealed body in the store
a statistics task: the same view --plan.count, encode, mask--> sealed body in the store
"""

from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.data.answers import keep_answer
from prefect_federated.adapters.data.consented import same_view
from prefect_federated.adapters.data.training import train_on
from prefect_federated.adapters.masking import masked
from prefect_federated.adapters.payloads import seal_update
from prefect_federated.adapters.personal import keep_personal
from prefect_federated.adapters.silo import Silo
from prefect_federated.core.evidence import Evidence
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealed import SealedUpdate
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{spec.round}/{silo.party.name}/train",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def train(silo: Silo, spec: RoundSpec, evidence: Evidence) -> SealedUpdate:
    """Train on exactly the view that was validated, and seal the update, with what the silo keeps of it for itself.

    Raises:
        DataRefused: the data changed since they were validated.
        NonFiniteUpdate: training diverged.
        PolicyRefused: statistics would show a few rows beside an earlier answer.
        ConfigurationError: the plan cannot train privately, or by the task's algorithm.
        StoreUnreachable: in a masked task, the store does not give what somebody dealt.
        TooFewShares: in a masked task, so few dealt shares that no mask could be taken off again.
    """
    party = silo.party
    view = same_view(silo, spec, evidence)
    keep_answer(silo, spec, view)
    update = train_on(silo, spec, view)
    if silo.witness is not None:
        silo.witness(spec, party.account, update)
    words, masks = masked(party, spec, update)
    sealed = seal_update(
        party.store, spec, party.account, party.sealing_key, words, update.weight, update.metrics, masks
    )
    keep_personal(party, spec, sealed.attempt, update.personal)
    checkpoint("participant:trained")
    return sealed
