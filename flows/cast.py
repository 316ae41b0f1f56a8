"""Who plays in a round that one process drives, and what such a round came to.

sponsor, aggregator, standby, members, validators, relayer --Cast--> drive_round --RoundResult--> reports
"""

from collections.abc import Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from prefect_federated.adapters.aggregator import Aggregator
from prefect_federated.adapters.outcome import Outcome
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.relayer import Relayer
from prefect_federated.adapters.round_log import RoundLog
from prefect_federated.adapters.validator import Validator
from prefect_federated.core.detection.detect import DetectionReport
from prefect_federated.core.notes import LocalNote, Notes
from prefect_federated.core.round import Exclusion
from prefect_federated.flows.members import Member

Watcher = Callable[[int, str, str], None]


def _unwatched(round: int, stage: str, who: str) -> None:
    """Nobody watches."""


WATCHER: ContextVar[Watcher] = ContextVar("watcher", default=_unwatched)


class Crowd(Protocol):
    """Many members that act together, in shards; each does what it would do alone."""

    def commit(self, task: int, round: int) -> tuple[dict[str, LocalNote], dict[str, Exclusion]]:
        """Let everybody do what leads to a commitment; notes and exclusions by account."""
        ...

    def reveal(self, task: int, round: int) -> dict[str, Exclusion]:
        """Let everybody open its commitment; exclusions by account."""
        ...


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody of a federation, opened. `watch` hears round, stage and party as work goes on.

    With a `crowd` the members act through it; one by one only those whose letters the relayer did not bring.
    """

    sponsor: Party
    aggregator: Aggregator
    members: Sequence[Member]
    watch: Watcher = _unwatched
    standby: Aggregator | None = None
    relayer: Relayer | None = None
    validators: Sequence[Validator] = ()
    crowd: Crowd | None = None


@dataclass(frozen=True, slots=True)
class RoundResult:
    """One round as its driver saw it: the chain's log, local notes, MLflow's version, wall-clock seconds."""

    log: RoundLog
    notes: Notes
    outcome: Outcome | None
    mlflow_version: int | None
    wall_s: float
    detection: DetectionReport | None = None
