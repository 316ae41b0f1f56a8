"""What a model was trained on: parents of its version, without those that a rollback left behind.

registry's order:  0 <- 1 <- 2 <- 3(rollback to 1) <- 4        trained on:  0, 1, 3, 4; what round 2 added is not in 4
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from prefect_federated.adapters.evm.records import Event, Version
from prefect_federated.core.audit import VersionRow
from prefect_federated.core.duo import purpose_codes
from prefect_federated.core.opinion import UNIT
from prefect_federated.core.version import KINDS

ROUND, ROLLBACK = 1, 2


@dataclass(frozen=True, slots=True)
class Descent:
    """Numbers of the versions that the newest one was trained on top of, itself among them."""

    inherited: frozenset[int]
    restored: Mapping[int, int]  # of each rollback: the version whose model it brought back
    trained_from: Mapping[int, int]  # of each but genesis: the version whose model it went on with
    made_by: Mapping[int, int]  # round -> version

    @classmethod
    def of(cls, lineage: Sequence[Version]) -> Self:
        """Fold versions from genesis on; a rollback names the version that it restores in place of an aggregate."""
        numbers = {version.version_hash: version.number for version in lineage}
        restored = {v.number: numbers[v.aggregate_root] for v in lineage if v.kind == ROLLBACK}
        trained_from = {v.number: restored.get(v.number, v.number - 1) for v in lineage if v.number}
        inherited = {number := lineage[-1].number}
        while number in trained_from:
            inherited.add(number := trained_from[number])
        made_by = {version.round: version.number for version in lineage if version.kind == ROUND}
        return cls(frozenset(inherited), restored, trained_from, made_by)

    def took(self, round: int) -> bool:
        """Whether what a round aggregated is in the newest version's model."""
        return self.made_by.get(round, -1) in self.inherited

    def trained_on(self, rounds: Iterable[int]) -> list[int]:
        """Versions whose model holds what any of these rounds aggregated."""
        found = {self.made_by[round] for round in rounds if round in self.made_by}
        for number, before in sorted(self.trained_from.items()):
            if before in found:
                found.add(number)
        return sorted(found)


def version_rows(
    lineage: Sequence[Version],
    descent: Descent,
    events: Sequence[Event],
    metrics: Mapping[int, Mapping[str, float]],
    medians: Mapping[int, int | None],
) -> list[VersionRow]:
    """The versions for people and programs."""
    kept = {e.args["version"]["number"]: e.args["version"] for e in events if e.name == "VersionAppended"}
    rows = []
    for version in lineage:
        median, rights = medians.get(version.number), kept.get(version.number, {})
        rows.append(
            VersionRow(
                number=version.number,
                kind=KINDS[version.kind],
                round=version.round or None,
                version_hash=_hex(version.version_hash),
                parent_hash=_hex(version.parent),
                model_root=_hex(version.model_root),
                aggregate_root=_hex(version.aggregate_root),
                state_root=_hex(version.state_root),
                metrics_hash=_hex(version.metrics_hash),
                block=version.block,
                tx=_hex(version.tx_hash),
                time=version.timestamp,
                inherited=version.number in descent.inherited,
                restores=descent.restored.get(version.number),
                metrics=dict(metrics[version.number]) if version.number in metrics else None,
                median_metric=None if median is None else median / UNIT,
                purposes=purpose_codes(rights["purposes"]).split(", ") if "purposes" in rights else None,
                usable_until=rights.get("usableUntil"),
            )
        )
    return rows


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
