"""Leave: hand a commit, later its opening, to relayers instead of sending it; the chain may be told by anybody.

sealed opening --signed commit--> mailbox        Reveal has opened: envelope in the store, opening --> mailbox
"""

from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.mailbox import Mailbox, place_of
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import publish
from prefect_federated.adapters.silo import Silo
from prefect_federated.core.commitment import check
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealed import SealedOpening
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{spec.round}/{silo.party.name}/leave-commit",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def leave_commit(silo: Silo, mailbox: Mailbox, spec: RoundSpec, sealed: SealedOpening) -> None:
    """Sign the commitment for this round and leave it; done again it leaves the same letter."""
    party, grounds = silo.party, sealed.grounds
    digest = sealed.opening.digest(spec.context(party.account))
    values = (digest, grounds.grant_id, grounds.evidence_hash)
    letter = party.federation.sign_commit(spec.task, spec.round, *values)
    mailbox.leave(place_of(spec.chain_id, spec.coordinator, spec.task, spec.round, "commit"), letter.to_bytes())
    checkpoint("participant:left-commit")


@task(
    task_run_name="round-{spec.round}/{party.name}/leave-opening",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def leave_opening(party: Party, mailbox: Mailbox, spec: RoundSpec, sealed: SealedOpening) -> None:
    """Publish the envelope and leave the opening. Only once Reveal has opened: whoever reads it may publish it.

    Raises:
        CommitmentMismatch: the chain holds another commitment of this participant; nothing is left.
    """
    commitment = party.federation.commitment_of(spec.task, spec.round, party.account)
    check(commitment, sealed.opening, spec.context(party.account))
    uri = publish(party.store, spec, party.account, party.sealing_key, sealed)
    letter = party.federation.sign_opening(spec.task, spec.round, sealed.opening, uri)
    mailbox.leave(place_of(spec.chain_id, spec.coordinator, spec.task, spec.round, "opening"), letter.to_bytes())
    checkpoint("participant:left-opening")
