"""Commit: keep the opening, then put its digest on chain.

sealed update + evidence --seal--> opening, kept encrypted to the silo --digest--> chain
"""

from functools import partial

from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.silo import Silo
from prefect_federated.core.commitment import Grounds
from prefect_federated.core.evidence import Evidence
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealed import SealedOpening, SealedUpdate
from prefect_federated.core.sealed import seal as seal_opening
from prefect_federated.tasks.once import unless_done
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


def seal(silo: Silo, spec: RoundSpec, evidence: Evidence, update: SealedUpdate) -> SealedOpening:
    """Make the opening and keep it before anything is signed; an opening kept earlier stands.

    This is no task: it lies before the retried one, so that every try commits to the same opening.
    """
    party = silo.party
    opening = seal_opening(
        update,
        Grounds(evidence.grant_id, evidence.hash),
        party.sealing_key.private_bytes,
        spec.context(party.account),
        party.sealing_key.version,
    )
    kept = party.vault.keep(spec.slot("opening", party.account), opening.to_bytes())
    checkpoint("participant:sealed")
    return SealedOpening.from_bytes(kept)


def recall(party: Party, spec: RoundSpec) -> SealedOpening | None:
    """The opening that this participant sealed in this round, on whatever machine, or None."""
    kept = party.vault.recall(spec.slot("opening", party.account))
    return None if kept is None else SealedOpening.from_bytes(kept)


@task(
    task_run_name="round-{spec.round}/{silo.party.name}/commit",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def commit(silo: Silo, spec: RoundSpec, sealed: SealedOpening) -> bytes:
    """Put the commitment on chain; does nothing if it is there. Returns the 32-byte digest."""
    party = silo.party
    digest = sealed.opening.digest(spec.context(party.account))
    committed = partial(party.federation.has_committed, spec.task, spec.round, party.account)
    if not committed():
        grounds = sealed.grounds  # as sealed: what is opened names the grant
        with unless_done(committed):
            party.federation.commit(spec.task, spec.round, digest, grounds.grant_id, grounds.evidence_hash)
    checkpoint("participant:committed")
    return digest
