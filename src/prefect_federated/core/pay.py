"""What a round pays, by the numbers that the contract enforces: `challengeReward` rebuilds the same.

round reward --fee--> proposer, --pay--> every vote shown, --rest, by shares, capped--> the included
"""

from collections.abc import Sequence
from dataclasses import dataclass

from prefect_federated.core.enforced import REWARDS, Enforced
from prefect_federated.core.rewards import add_rewards, split_pool
from prefect_federated.core.scoring.score_vector import median_score

BPS = 10_000


@dataclass(frozen=True, slots=True)
class Part:
    """An included update as pay sees it; `index` is its participant's in the task."""

    participant: str
    index: int
    weight: int


@dataclass(frozen=True, slots=True)
class ShownVote:
    """A vote that a member of the committee showed; `scores` are packed, and empty where nobody is paid by them."""

    member: str
    seat: int
    scores: bytes = b""


def round_pay(
    enforced: Enforced, proposer: str, parts: Sequence[Part], votes: Sequence[ShownVote] = ()
) -> dict[str, int]:
    """Amounts by account that one round earns, wei; a round with nobody in it pays nobody.

    fee = floor(reward fee_bps / 10,000); pay = floor(reward validator_bps / (10,000 committee)) a vote; of
    rest = reward - fee - committee pay each gets floor(rest share / sum of shares), at most
    floor(rest share_cap_bps / 10,000). What rounding, silent seats and the cap leave over stays in escrow.
    """
    if not parts:
        return {}
    pool = enforced.round_reward
    fee, pay = pool * enforced.fee_bps // BPS, seat_pay(enforced)
    rest = pool - fee - enforced.committee * pay
    most = rest * enforced.share_cap_bps // BPS if enforced.share_cap_bps else None
    earned = split_pool(rest, _shares(enforced, parts, votes), most)
    for account, amount in ((proposer, fee), *((vote.member, pay) for vote in votes)):
        earned = add_rewards(earned, {account: amount})
    return earned


def seat_pay(enforced: Enforced) -> int:
    """What a seat of the committee earns by showing its vote, whatever it says, wei."""
    seats = enforced.committee
    return enforced.round_reward * enforced.validator_bps // (BPS * seats) if seats else 0


def _shares(enforced: Enforced, parts: Sequence[Part], votes: Sequence[ShownVote]) -> dict[str, int]:
    """Weights, ones, or median scores; where no score is above 0, ones."""
    by = REWARDS[enforced.reward_by]
    shares = [part.weight for part in parts] if by == "examples" else [1] * len(parts)
    if by == "scores" and any(medians := medians_of(parts, votes)):
        shares = medians
    return {part.participant: share for part, share in zip(parts, shares, strict=True)}


def medians_of(parts: Sequence[Part], votes: Sequence[ShownVote]) -> list[int]:
    """Score of each included update, in their order: the lower median over the votes."""
    vectors = [vote.scores for vote in votes]
    return [median_score(vectors, part.index) for part in parts] if vectors else [0] * len(parts)
