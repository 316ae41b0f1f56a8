"""The crowd: the members drawn for a round, cut into shards, each of which is one Prefect task a stage.

honest shards, side by side: validate, train as one program, seal, leave letters --> attackers' shard, which saw them

Groups that train as one program are the same however the crowd is cut: a shard holds whole groups. So the bits of a
round follow from the options alone.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.payloads import fetch_words
from prefect_federated.core.combine import Words, minus
from prefect_federated.core.notes import LocalNote
from prefect_federated.core.round import Exclusion
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.scenario.simulation.attacking import Attack
from prefect_federated.scenario.simulation.ground import Simulated
from prefect_federated.scenario.simulation.shard import Shard, ShardNotes
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


@task(
    task_run_name="round-{round}/{shard.name}/commit",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
    persist_result=False,
)
def commit_shard(shard: Shard, task: int, round: int) -> ShardNotes:
    """Let a shard's members validate, train, seal and leave their letters."""
    return shard.commit(task, round)


@task(
    task_run_name="round-{round}/{shard.name}/reveal",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
    persist_result=False,
)
def reveal_shard(shard: Shard, task: int, round: int) -> dict[str, Exclusion]:
    """Let a shard's members publish their envelopes and leave their openings."""
    return shard.reveal(task, round)


class SimulatedCrowd:
    """Whoever takes part in a round, honest or not."""

    def __init__(
        self,
        honest: Sequence[Simulated],
        attackers: Sequence[Simulated],
        shards: int,
        unit: int,
        attack: Attack | None = None,
        device: str = "cpu",
    ) -> None:
        """Cut the crowd.

        Args:
            honest: in their order.
            shards: into how many tasks the honest are cut, if there are as many groups.
            unit: members that train as one program.
        """
        self._honest = [
            Shard(f"shard-{number}", groups, device, seen=bool(attackers))
            for number, groups in enumerate(_cut(honest, shards, unit), 1)
        ]
        self._attackers = [Shard("attackers", list(_groups(attackers, unit)), device)] if attackers else []
        self._attack = attack
        self._reader = (*honest, *attackers)[0].silo.party
        self.last: Words | None = None  # the step that the model made in the round before
        self._base: Words | None = None

    def commit(self, task: int, round: int) -> tuple[dict[str, LocalNote], dict[str, Exclusion]]:
        """The honest shards side by side, then the attackers, who know what those trained.

        Nothing is sent meanwhile, so the chain stands still.
        """
        with self._reader.federation.still():
            return self._commit(task, round)

    def _commit(self, task: int, round: int) -> tuple[dict[str, LocalNote], dict[str, Exclusion]]:
        if self._attack is not None:
            self._remember(listen.fn(self._reader, task, round))
        notes = [future.result() for future in [commit_shard.submit(shard, task, round) for shard in self._honest]]
        if self._attackers and self._attack is not None:
            words = [words for one in notes for words in one.words.values()]
            self._attackers[0].attack = self._attack.seeing(
                np.array(words, np.int32), self.last, round, len(self._attackers[0].members)
            )
        notes += [commit_shard.submit(shard, task, round).result() for shard in self._attackers]
        local = {account: note for one in notes for account, note in one.local.items()}
        return local, {account: why for one in notes for account, why in one.excluded.items()}

    def reveal(self, task: int, round: int) -> dict[str, Exclusion]:
        """All shards side by side."""
        with self._reader.federation.still():
            futures = [reveal_shard.submit(shard, task, round) for shard in (*self._honest, *self._attackers)]
            return {account: why for future in futures for account, why in future.result().items()}

    def recall(self, before: "SimulatedCrowd | None") -> None:
        """Know what the crowd of the round before knew of the model."""
        if before is not None:
            self._base = before._base

    def _remember(self, spec: RoundSpec) -> None:
        """How the model moved since the round before."""
        base = fetch_words(self._reader.store, spec, "model", spec.base_uri, spec.base_root)
        self.last = None if self._base is None else minus(base, self._base)
        self._base = base


def _groups(members: Sequence[Simulated], unit: int) -> Iterator[list[Simulated]]:
    for at in range(0, len(members), unit):
        yield list(members[at : at + unit])


def _cut(members: Sequence[Simulated], shards: int, unit: int) -> list[list[list[Simulated]]]:
    """Whole groups for each shard, as even as they come."""
    groups = list(_groups(members, unit))
    parts: list[Any] = np.array_split(np.arange(len(groups)), min(shards, len(groups)))
    return [[groups[number] for number in part] for part in parts]
