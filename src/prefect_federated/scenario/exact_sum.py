"""Whether masked rounds settled the exact sum: who plays everybody hears each update before anything masks it.

updates --kept beside memory--> floor(sum of weight * words / sum of weights) --word by word--> the chain's aggregate
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prefect_federated.adapters.masking import sessions_of
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_words
from prefect_federated.adapters.reading import read_past_spec, read_result
from prefect_federated.adapters.round_log import RoundLog
from prefect_federated.adapters.spool import Spool
from prefect_federated.core.combine import Update, Words, apply_rule
from prefect_federated.core.errors import ProtocolError
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.rule_spec import RuleSpec
from prefect_federated.core.stream import Stream
from prefect_federated.learning.update import EncodedUpdate

_BLOCK = 1 << 16


@dataclass(frozen=True, slots=True)
class Unmasked:
    """An update as it was trained: words int32 `[d]`, its weight, and its part of the noise, int64 `[d]`, if any."""

    words: Stream
    weight: int
    noise: Stream | None

    @classmethod
    def kept(cls, update: EncodedUpdate, spool: Spool) -> "Unmasked":
        """An update in a spool, of which no array stays in memory."""
        noise = None if update.noise is None else _keep(update.noise.astype("<i8", copy=False), spool)
        return cls(_keep(update.words.astype("<i4", copy=False), spool), update.weight, noise)

    def weighted(self, first: int, end: int) -> NDArray[np.int64]:
        """Weight * words + noise of some words, as the sum of a round takes them."""
        made = np.frombuffer(self.words[4 * first : 4 * end], "<i4").astype(np.int64) * self.weight
        return made if self.noise is None else made + np.frombuffer(self.noise[8 * first : 8 * end], "<i8")


@dataclass(frozen=True, slots=True)
class Difference:
    """The first word of a settled aggregate that is not the one worked out apart from all masks."""

    word: int
    settled: int
    due: int


class Witness:
    """Hears the updates of masked rounds before they are masked, and compares what each round settled with them.

    Updates lie in one encrypted file beside the memory from 64 MiB on, and are gone once their round is compared.
    """

    def __init__(self) -> None:
        """Nothing is heard yet."""
        self._heard: dict[int, dict[str, Unmasked]] = {}
        self._spools: dict[int, Spool] = {}
        self._compared: dict[int, tuple[int, Difference | None]] = {}

    def __call__(self, spec: RoundSpec, account: str, update: EncodedUpdate) -> None:
        """Keep an update of a masked round; any other is forgotten at once."""
        if spec.spec.enforced.masked:
            spool = self._spools.setdefault(spec.round, Spool())
            self._heard.setdefault(spec.round, {})[account] = Unmasked.kept(update, spool)

    def compare(self, party: Party, log: RoundLog) -> None:
        """Compare what a round settled with the rule over what was heard of those in it, and forget the updates.

        A round that made no version, or was not masked, is not compared. Under the rule by rank of a task with groups
        the groups' means are worked out apart, and the rule is the task's own.

        Args:
            party: reads chain and store.

        Raises:
            ProtocolError: somebody in the aggregate was not heard.
            ContentMismatch: the store's aggregate is not the chain's.
        """
        heard = self._heard.pop(log.round, {})
        self._spools.pop(log.round, None)
        if not log.masked or log.version is None:
            return
        if strange := [account for account in log.aggregated if account not in heard]:
            raise ProtocolError(
                f"round {log.task}/{log.round}: {strange[0]} is in the aggregate, and this process did not hear its"
                " update; only who plays everybody can compare a masked sum"
            )
        spec = read_past_spec(party, log.task, log.round)
        root = party.federation.versions(log.task)[log.version].aggregate_root
        uri = read_result(party, log.task, log.round).aggregate_uri
        aggregate = fetch_words(party.store, spec, "aggregate", uri, root)
        groups = [[heard[account] for account in group] for group in _groups(party, spec, log)]
        self._compared[log.round] = len(log.aggregated), first_difference(groups, spec.spec.rule, aggregate)

    @property
    def exact(self) -> dict[int, bool]:
        """Of each round that was compared, whether every word is as it should be."""
        return {round: difference is None for round, (_, difference) in self._compared.items()}

    def require_exact(self) -> None:
        """Refuse a run in which a round settled anything else than the exact sum.

        Raises:
            ProtocolError: with the first word of the first such round.
        """
        for round, (count, found) in sorted(self._compared.items()):
            if found is not None:
                raise ProtocolError(
                    f"round {round}: word {found.word} of the settled aggregate is {found.settled}, of the {count}"
                    f" updates in it, as they were before they were masked, it is {found.due}; trust neither this"
                    " model nor this build: keep the folder, and run again with the same seed on another machine"
                )


def first_difference(groups: Sequence[Sequence[Unmasked]], rule: RuleSpec, aggregate: Words) -> Difference | None:
    """The first word in which an aggregate is not the mean of all, or the rule across the means of groups.

    Args:
        groups: whose means the rule looks at; all in one where it is the mean.
        aggregate: int32 `[d]`.
    """
    for at in range(0, aggregate.size, _BLOCK):
        settled = aggregate[at : at + _BLOCK]
        means = [_mean(group, at, at + settled.size) for group in groups]
        if rule.name == "mean":
            (due,) = means
        else:
            due = apply_rule(rule, [Update("", 1, mean.astype(np.int32)) for mean in means]).astype(np.int64)
        if (wrong := np.flatnonzero(settled != due)).size:
            place = int(wrong[0])
            return Difference(at + place, int(settled[place]), int(due[place]))
    return None


def _mean(updates: Sequence[Unmasked], first: int, end: int) -> NDArray[np.int64]:
    total = np.zeros(end - first, np.int64)
    for update in updates:
        total += update.weighted(first, end)
    return total // sum(update.weight for update in updates)


def _groups(party: Party, spec: RoundSpec, log: RoundLog) -> list[list[str]]:
    """Who is in the aggregate: all in one under the mean, else by the groups that masked together."""
    if spec.spec.rule.name == "mean":
        return [list(log.aggregated)]
    inside = ([one.account for one in session.members] for session in sessions_of(party, spec))
    found = ([account for account in group if account in log.aggregated] for group in inside)
    return [group for group in found if group]


def _keep(words: NDArray[np.int32] | NDArray[np.int64], spool: Spool) -> Stream:
    def pieces() -> Iterator[bytes]:
        for at in range(0, words.size, _BLOCK):
            yield words[at : at + _BLOCK].tobytes()

    return spool.keep(pieces(), words.nbytes)
