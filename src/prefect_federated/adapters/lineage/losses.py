"""What commits cost in privacy, from the ledger's log: by commit, and by grant over all tasks.

PrivacySpent without its PrivacyRefunded --add--> vectors --at one delta--> epsilon
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from prefect_federated.adapters.evm.records import Event
from prefect_federated.core.privacy import DELTA, add, epsilon_of


@dataclass(frozen=True, slots=True)
class Losses:
    """Vectors of `core.privacy`, and the delta at which they are told as epsilon."""

    by_commit: Mapping[tuple[int, int, str], int]  # by task, round, silo
    by_grant: Mapping[bytes, int]
    delta: float

    @classmethod
    def of(cls, events: Sequence[Event], delta: float = DELTA) -> Self:
        """From events that hold all `PrivacySpent` and `PrivacyRefunded` of the grants."""
        back = {_place(event) for event in events if event.name == "PrivacyRefunded"}
        by_commit, by_grant = dict[tuple[int, int, str], int](), dict[bytes, int]()
        for event in events:
            if event.name != "PrivacySpent" or _place(event) in back:
                continue
            by_commit[_place(event)] = event.args["cost"]
            grant = bytes(event.args["grantId"])
            by_grant[grant] = add(by_grant.get(grant, 0), event.args["cost"])
        return cls(by_commit, by_grant, delta)

    def of_commit(self, task: int, round: int, silo: str) -> float | None:
        """Epsilon that a commit spent; None where it counted none, or has it back."""
        return told(self.by_commit.get((task, round, silo), 0), self.delta)

    def of_grant(self, grant: bytes) -> float | None:
        """Epsilon that all commits under a grant spent together."""
        return told(self.by_grant.get(grant, 0), self.delta)

    def of_silo(self, task: int, silo: str) -> float | None:
        """Epsilon that a silo's commits in a task spent together."""
        total = 0
        for (where, _, who), cost in self.by_commit.items():
            total = add(total, cost) if (where, who) == (task, silo) else total
        return told(total, self.delta)


def told(vector: int, delta: float) -> float | None:
    """A vector as epsilon; None for nothing."""
    return round(epsilon_of(vector, delta), 6) if vector else None


def _place(event: Event) -> tuple[int, int, str]:
    return event.args["task"], event.args["round"], event.args["silo"]
