"""Judging a proposal once: a sweep comes every minute, and recomputing a round is dear."""

from prefect_federated.adapters.party import Party
from prefect_federated.core.round import RoundState
from prefect_federated.tasks.judge import judge
from prefect_federated.tasks.listen import listen


def judge_once(party: Party, task: int, state: RoundState) -> str | None:
    """Judge the proposal that stands, unless this party has: "judge", or None where there was nothing to do."""
    spec = listen(party, task, state.round)
    slot = spec.slot(f"judged/{state.proposal_hash.hex()}", party.account)
    if party.vault.recall(slot) is not None:
        return None
    verification = judge(party, spec)
    party.vault.keep(slot, "; ".join(finding.detail for finding in verification.findings).encode())
    return "judge"
