"""Commit: keep the opening, then put its digest on chain, and spend what it costs in privacy.

sealed update + evidence --seal--> opening, kept encrypted to the silo --digest--> chain
"""

from functools import partial

from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.carrying import over_base
from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.data.budget import round_cost
from prefect_federated.adapters.data.consented import kept_evidence, require_same_subjects
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.silo import Silo
from prefect_federated.core.commitment import Grounds
from prefect_federated.core.evidence import Evidence
from prefect_federated.core.round import Phase
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealed import SealedOpening, SealedUpdate
from prefect_federated.core.sealed import seal as seal_opening
from prefect_federated.tasks.once import unless_done
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


def seal(
    silo: Silo, spec: RoundSpec, evidence: Evidence, update: SealedUpdate, made_in: int | None = None
) -> SealedOpening:
    """Make the opening and keep it before anything is signed; an opening kept earlier stands.

    This is no task: it lies before the retried one, so that every try commits to the same opening.

    Args:
        made_in: the earlier round from whose base the update was trained; None for this one.

    Raises:
        ConsentError: a subject joined or left since; nothing is kept, and the next run validates again.
    """
    party = silo.party
    require_same_subjects(silo, spec, evidence)
    opening = seal_opening(
        update,
        Grounds(evidence.grant_id, evidence.hash),
        party.sealing_key.private_bytes,
        over_base(party, spec, made_in).context(party.account),
        party.sealing_key.version,
        made_in,
    )
    kept = party.vault.keep(spec.slot("opening", party.account), opening.to_bytes())
    checkpoint("participant:sealed")
    return SealedOpening.from_bytes(kept)


def recall(party: Party, spec: RoundSpec) -> SealedOpening | None:
    """The opening that this participant sealed in this round, on whatever machine, or None."""
    kept = party.vault.recall(spec.slot("opening", party.account))
    return None if kept is None else SealedOpening.from_bytes(kept)


def is_full(party: Party, spec: RoundSpec) -> bool:
    """Whether a buffered round has taken the updates that it waits for."""
    state = party.federation.round_state(spec.task)
    return bool(spec.spec.enforced.buffer) and (state.round, state.phase) != (spec.round, Phase.COMMIT)


@task(
    task_run_name="round-{spec.round}/{silo.party.name}/commit",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def commit(silo: Silo, spec: RoundSpec, sealed: SealedOpening) -> bytes | None:
    """Put the commitment on chain; does nothing if it is there.

    Returns:
        The 32-byte digest; None where a buffered round took its updates before this one, which stays sealed.

    Raises:
        ConsentError: the grant is not live, or a subject joined or left after the opening was made.
        BudgetSpent: another round spent what was left of the privacy budget.
    """
    party = silo.party
    digest = sealed.opening.digest(over_base(party, spec, sealed.made_in).context(party.account))
    committed = partial(party.federation.has_committed, spec.task, spec.round, party.account)
    if not committed():
        grounds = sealed.grounds  # as sealed: what is opened names the grant
        evidence = kept_evidence(silo, spec, grounds.evidence_hash)
        require_same_subjects(silo, spec, evidence)
        place = (spec.task, spec.round, digest, grounds.grant_id, grounds.evidence_hash)
        with unless_done(lambda: committed() or is_full(party, spec)):
            if spec.spec.enforced.private or spec.spec.enforced.masked:
                party.federation.commit_private(*place, round_cost(spec.spec, evidence.counts.rows))
            else:
                party.federation.commit(*place)
        if not committed():
            return None
    checkpoint("participant:committed")
    return digest
