"""Reveal: give the content key to the round's readers, then open the commitment on chain.

opening from the vault --publish, of a masked one its note too--> envelope in the store --opening, URI--> chain
opened in a roll, no receipt for it --lift--> commit on chain --opening, URI--> chain
"""

from functools import partial

from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.carrying import over_base
from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.lifting import is_unconfirmed, lift_own
from prefect_federated.adapters.masking import own_note
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import publish
from prefect_federated.core.commitment import check
from prefect_federated.core.round import Phase
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealed import SealedOpening
from prefect_federated.tasks.once import unless_done
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{spec.round}/{party.name}/reveal",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def reveal(party: Party, spec: RoundSpec, sealed: SealedOpening) -> None:
    """Open the commitment on chain; does nothing if it is open. A rolled one that nobody opened is lifted first.

    Raises:
        CommitmentMismatch: the chain holds another commitment of this participant; nothing is sent.
    """
    revealed = partial(party.federation.has_revealed, spec.task, spec.round, party.account)
    if revealed():
        return
    uri = _published(party, spec, sealed)
    with unless_done(revealed):
        _open(party, spec, sealed, uri)
    checkpoint("participant:revealed")


@task(
    task_run_name="round-{spec.round}/{party.name}/leave-roll",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def leave_roll(party: Party, spec: RoundSpec, sealed: SealedOpening) -> bool:
    """Take a commit out of the roll that opened it, and open it on chain; whether it is there now.

    Where Reveal has ended meanwhile, it stays in the roll, opened as it is.

    Raises:
        CommitmentMismatch: the roll holds another commitment of this participant; nothing is sent.
    """
    federation = party.federation
    if not is_unconfirmed(party, spec):
        return False

    def over() -> bool:
        return federation.round_state(spec.task).phase is not Phase.REVEAL

    uri = _published(party, spec, sealed)
    with unless_done(over):
        _open(party, spec, sealed, uri)
    return federation.has_mark(spec.task, spec.round, party.account)


def _published(party: Party, spec: RoundSpec, sealed: SealedOpening) -> str:
    over = over_base(party, spec, sealed.made_in)
    commitment = party.federation.commitment_of(spec.task, spec.round, party.account)
    check(commitment, sealed.opening, over.context(party.account))
    uri = publish(party.store, over, party.account, party.sealing_key, sealed, own_note(party, spec))
    checkpoint("participant:published")
    return uri


def _open(party: Party, spec: RoundSpec, sealed: SealedOpening, uri: str) -> None:
    lift_own(party, spec.task, spec.round)
    checkpoint("participant:lifted")
    party.federation.reveal(spec.task, spec.round, sealed.opening, uri)
