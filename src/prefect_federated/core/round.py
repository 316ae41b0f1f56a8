"""A round as the chain tells it: phase, status, who did what, who was left out and why.

Commit -> Reveal -> Vote -> VoteReveal -> Aggregate -> Challenge -> Settled, or Voided from any; without a committee no
votes; once from Challenge back to Aggregate; from VoteReveal to Settled where the committee rejects
"""

from dataclasses import dataclass
from enum import IntEnum


class Phase(IntEnum):
    """On-chain state of a round; SHARE and UNMASK belong to masked tasks."""

    NONE = 0
    SHARE = 1
    COMMIT = 2
    REVEAL = 3
    UNMASK = 4
    VOTE = 5
    VOTE_REVEAL = 6
    AGGREGATE = 7
    CHALLENGE = 8
    SETTLED = 9
    VOIDED = 10

    @property
    def over(self) -> bool:
        """Whether nothing can happen in the round any more."""
        return self in (Phase.SETTLED, Phase.VOIDED)


class Status(IntEnum):
    """How a round ended. SUCCESS only if everybody expected was aggregated."""

    NONE = 0
    SUCCESS = 1
    DEGRADED = 2
    REJECTED = 3
    VOIDED = 4

    @property
    def spoilt(self) -> bool:
        """Whether the round paid no rewards, and may owe floors and the committee's pay instead."""
        return self in (Status.REJECTED, Status.VOIDED)


class Reason(IntEnum):
    """Why a revealed update was not aggregated: the closed list that `propose` may name."""

    UNAVAILABLE = 1
    UNDECRYPTABLE = 2
    ROOT_MISMATCH = 3
    MALFORMED = 4
    OUT_OF_RANGE = 5
    NORM_BOUND = 6
    RULE = 7


@dataclass(frozen=True, slots=True)
class RoundState:
    """The current round of a task, with the phase that holds at the chain's time."""

    task: int
    round: int
    phase: Phase
    status: Status
    opens_at: int
    deadline: int
    reveal_deadline: int
    cohort: int
    committed: int
    revealed: int
    late: int
    slashed: int
    overturned: int
    base_version: bytes
    proposal_hash: bytes
    proposer: str


@dataclass(frozen=True, slots=True)
class Masks:
    """How far the masks of a round are: how many dealt shares, and how many showed those of others."""

    shared: int
    shown: int


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A participant that was expected and is not in the aggregate: at which stage, and why."""

    participant: str
    stage: str
    reason: str


@dataclass(frozen=True, slots=True)
class Participation:
    """The honest participation record of a round: accounts at each step."""

    expected: tuple[str, ...]
    validated: tuple[str, ...]
    committed: tuple[str, ...]
    revealed: tuple[str, ...]
    aggregated: tuple[str, ...]
    excluded: tuple[Exclusion, ...]


def status_of(expected: int, aggregated: int) -> Status:
    """SUCCESS needs expected = aggregated.

    >>> status_of(5, 4).name
    'DEGRADED'
    """
    return Status.SUCCESS if expected == aggregated else Status.DEGRADED
