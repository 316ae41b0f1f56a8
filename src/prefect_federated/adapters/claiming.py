"""Claiming: from the last settled result to the money, by a proof that anyone can make."""

from prefect_federated.adapters.party import Party
from prefect_federated.adapters.reading import rewards_so_far
from prefect_federated.core.rewards import sum_proof


def claim_rewards(party: Party, task: int) -> int:
    """Claim what the task's reward tree holds for this account; 0 if nothing is due. Returns wei."""
    rewards = rewards_so_far(party, task)
    if due := rewards_due(party, task):
        party.federation.claim(task, party.account, rewards[party.account], sum_proof(rewards, party.account))
    return due


def rewards_due(party: Party, task: int) -> int:
    """What this account has earned in settled rounds and not been paid yet, wei."""
    earned = rewards_so_far(party, task).get(party.account, 0)
    return max(earned - party.federation.claimed(task, party.account), 0)
