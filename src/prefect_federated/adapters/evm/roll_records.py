"""What the chain holds of posters and their rolls, as frozen values."""

from dataclasses import dataclass
from enum import IntEnum


class RollState(IntEnum):
    """How far a poster's last roll is; a void one stands for nobody."""

    NONE = 0
    COMMITTED = 1
    OPENED = 2
    VOID = 3


FOR_GOOD = 2**32 - 1  # `until_round` of a poster that has not resigned


@dataclass(frozen=True, slots=True)
class Poster:
    """An account that may post, until which round, and its last roll."""

    account: str
    bonded: bool
    until_round: int
    round: int
    leaves: int
    opened: int
    state: RollState
    consent_at: int
    commits: bytes
    openings: bytes

    @property
    def stays(self) -> bool:
        """Whether it has its bond and has not resigned."""
        return self.bonded and self.until_round == FOR_GOOD

    def posts(self, round: int) -> bool:
        """Whether it may post in a round, and has not done so."""
        return self.bonded and round <= self.until_round and self.round != round

    def has_roll(self, round: int) -> bool:
        """Whether a roll of its stands in a round."""
        return self.round == round and self.state in (RollState.COMMITTED, RollState.OPENED)


@dataclass(frozen=True, slots=True)
class RollPlace:
    """A position in a poster's roll of a round."""

    task: int
    round: int
    poster: str
    position: int


@dataclass(frozen=True, slots=True)
class Rolled:
    """A round's rolls: how many, commits in them, of these opened in roots, and lifted one by one."""

    rolls: int
    leaves: int
    opened: int
    lifted: int

    @property
    def unowed(self) -> int:
        """Commits that owe nothing: neither opened nor lifted.

        >>> Rolled(rolls=1, leaves=5, opened=3, lifted=1).unowed
        1
        """
        return self.leaves - self.opened - self.lifted
