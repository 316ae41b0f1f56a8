"""Who drops out of a masked round: participants that are gone after one of its phases, in turn.

--drop 3 --> one after share, one after commit, one after reveal
"""

from collections.abc import Sequence
from dataclasses import dataclass

from prefect_federated.core.notes import LocalNote
from prefect_federated.flows.members import Member
from prefect_federated.scenario.simulation.ground import Simulated

STEPS = ("share", "commit", "reveal", "unmask")


@dataclass(frozen=True, slots=True)
class Leaver(Simulated):
    """Follows the protocol up to one step, and is gone then."""

    last: str

    def commit(self, task: int, round: int) -> LocalNote | None:
        """As any other, while it is there."""
        return Simulated.commit(self, task, round) if self._is_there("commit") else None

    def reveal(self, task: int, round: int) -> None:
        """As any other, while it is there."""
        if self._is_there("reveal"):
            Simulated.reveal(self, task, round)

    def unmask(self, task: int, round: int) -> None:
        """As any other, while it is there."""
        if self._is_there("unmask"):
            Simulated.unmask(self, task, round)

    def _is_there(self, step: str) -> bool:
        return STEPS.index(step) <= STEPS.index(self.last)


def with_leavers(members: Sequence[Simulated], drop: int) -> list[Member]:
    """The members, of whom the last so many leave, after another phase each in turn."""
    stay = len(members) - drop
    leave = (
        Leaver(one.silo, one.ground, one.household, STEPS[number % (len(STEPS) - 1)])
        for number, one in enumerate(members[stay:])
    )
    return [*members[:stay], *leave]
