"""Leave: hand a commit, later its opening, to relayers instead of sending it; the chain may be told by anybody.

sealed opening --signed commit--> mailbox        Reveal has opened: envelope in the store, opening --> mailbox
masked: sealed shares in the store, their root --> mailbox        shares of others in the store, their root --> mailbox
"""

from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.data.consented import kept_evidence, require_same_subjects
from prefect_federated.adapters.mailbox import Mailbox, place_of
from prefect_federated.adapters.masking import own_answer, own_note, own_sharing
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import publish
from prefect_federated.adapters.silo import Silo
from prefect_federated.core.commitment import check
from prefect_federated.core.evidence import Evidence
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealed import SealedOpening
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error
from prefect_federated.tasks.unmask import warn_unopened


@task(
    task_run_name="round-{spec.round}/{silo.party.name}/leave-commit",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def leave_commit(silo: Silo, mailbox: Mailbox, spec: RoundSpec, sealed: SealedOpening) -> None:
    """Sign the commitment for this round and leave it; done again it leaves the same letter.

    Raises:
        ConsentError: a subject joined or left after the opening was made.
    """
    party, grounds = silo.party, sealed.grounds
    require_same_subjects(silo, spec, kept_evidence(silo, spec, grounds.evidence_hash))
    digest = sealed.opening.digest(spec.context(party.account))
    values = (digest, grounds.grant_id, grounds.evidence_hash)
    letter = party.federation.sign_commit(spec.task, spec.round, *values)
    mailbox.leave(_place(spec, "commit"), letter.to_bytes())
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
    uri = publish(party.store, spec, party.account, party.sealing_key, sealed, own_note(party, spec))
    letter = party.federation.sign_opening(spec.task, spec.round, sealed.opening, uri)
    mailbox.leave(_place(spec, "opening"), letter.to_bytes())
    checkpoint("participant:left-opening")


@task(
    task_run_name="round-{spec.round}/{party.name}/leave-dealing",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def leave_dealing(party: Party, mailbox: Mailbox, spec: RoundSpec, evidence: Evidence) -> None:
    """Put what this party deals into the store, and leave it signed; done again it leaves the same letter.

    Raises:
        UnknownParticipant: the party is none of those who mask together.
        KeyUnavailable: its sealing key is not the one that was registered when the round opened.
    """
    sharing = own_sharing(party, spec)
    uri = party.store.put([sharing.encoded()])
    values = (evidence.grant_id, sharing.masking_public, sharing.root, uri)
    letter = party.federation.sign_dealing(spec.task, spec.round, *values)
    mailbox.leave(_place(spec, "dealing"), letter.to_bytes())
    checkpoint("participant:left-dealing")


@task(
    task_run_name="round-{spec.round}/{party.name}/leave-shown",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def leave_shown(party: Party, mailbox: Mailbox, spec: RoundSpec) -> None:
    """Put this party's shares of others into the store, and leave them signed. For which survivors is kept before.

    Raises:
        UnmaskRefused: it answered for other survivors in this round before; nothing is left.
        TooFewShares: too few survive to open anything.
    """
    answer, unopened = own_answer(party, spec)
    warn_unopened(unopened)
    letter = party.federation.sign_shown(spec.task, spec.round, answer.root, party.store.put([answer.encoded()]))
    mailbox.leave(_place(spec, "shown"), letter.to_bytes())
    checkpoint("participant:left-shown")


def _place(spec: RoundSpec, kind: str) -> str:
    return place_of(spec.chain_id, spec.coordinator, spec.task, spec.round, kind)
