"""Share: deal the secrets of this round's mask out to the others, sealed to each, before anything is masked.

sealing key, round --share--> sealed shares in the store --root, masking key--> chain
"""

from functools import partial

from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.masking import own_sharing
from prefect_federated.adapters.party import Party
from prefect_federated.core.evidence import Evidence
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.once import unless_done
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{spec.round}/{party.name}/share",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def deal_shares(party: Party, spec: RoundSpec, evidence: Evidence) -> None:
    """Deal this party's shares out; does nothing if they are. The same bytes whoever asks again, so the root stands.

    Raises:
        ConsentError: the grant is not live until this round's opening.
        UnknownParticipant: the party is none of those who mask together.
        KeyUnavailable: its sealing key is not the one that was registered when the round opened.
    """
    dealt = partial(party.federation.has_dealt, spec.task, spec.round, party.account)
    if dealt():
        return
    sharing = own_sharing(party, spec)
    uri = party.store.put([sharing.encoded()])
    checkpoint("participant:shared")
    place = (spec.task, spec.round, evidence.grant_id)
    with unless_done(dealt):
        party.federation.deal_shares(*place, sharing.masking_public, sharing.root, uri)
    checkpoint("participant:dealt")
