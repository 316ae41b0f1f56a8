"""A committee as the chain tells it: who may be drawn, who was, and how far the votes of a round are.

validators --draw--> seats;  None -> Cast -> Revealed, or Void where the member signed two votes
"""

from dataclasses import dataclass
from enum import IntEnum

from prefect_federated.core.enforced import NOBODY


class VoteState(IntEnum):
    """How far a member's vote is."""

    NONE = 0
    CAST = 1
    REVEALED = 2
    VOID = 3


@dataclass(frozen=True, slots=True)
class Validator:
    """Somebody who may be drawn for the rounds `from_round` to `until_round`, but for `skipped`."""

    account: str
    from_round: int
    until_round: int
    skipped: int
    weight: int
    bonded: int

    def may_serve(self, round: int) -> bool:
        """Whether the round's draw may choose it.

        >>> one = Validator("0x" + "11" * 20, from_round=2, until_round=9, skipped=4, weight=1, bonded=1)
        >>> [number for number in range(1, 7) if one.may_serve(number)]
        [2, 3, 5, 6]
        """
        return self.account != NOBODY and self.from_round <= round <= self.until_round and self.skipped != round


@dataclass(frozen=True, slots=True)
class Ballot:
    """The votes of a task's last round: `drawn` from `draw_block`, `closed` once silence has been dealt with."""

    round: int
    draw_block: int
    size: int
    cast: int
    revealed: int
    accepts: int
    drawn: bool
    early: bool
    closed: bool


@dataclass(frozen=True, slots=True)
class Seat:
    """A member's place in the committee and its vote; accept, metric and scores count once it is revealed."""

    number: int
    member: str
    state: VoteState
    accept: bool
    metric: int
    commitment: bytes
    scores_hash: bytes


def two_thirds(count: int, size: int) -> bool:
    """Whether so many of a committee speak for all of it; nobody speaks for a committee without seats.

    >>> two_thirds(4, 7), two_thirds(5, 7), two_thirds(2, 3), two_thirds(0, 0)
    (False, True, True, False)
    """
    return size > 0 and 3 * count >= 2 * size


def seat_of(seats: tuple[Seat, ...], account: str) -> Seat | None:
    """The seat of an account, None where it has none."""
    return next((seat for seat in seats if seat.member == account), None)
