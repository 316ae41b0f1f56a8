"""Versions that descend from data whose consent was taken back, and what a steward said is done about each.

versions, grants of each round --descent--> (version, grant) --withdrawn after its use--> open --answer--> closed

Nothing here unlearns: a remedy says who decided what about a model, no more.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from prefect_federated.core.version import VersionFields

Moment = tuple[int, int]  # block and place of a log: the order of the chain
ROUND, ROLLBACK = 1, 2  # kinds of versions


class State(IntEnum):
    """Of a remedy; the numbers above 0 are the contract's actions."""

    OPEN = 0
    RETRAIN = 1
    RETIRE = 2
    ACCEPT = 3

    @property
    def word(self) -> str:
        """As it stands in tags, tables and on the command line."""
        return self.name.lower()


GRAVEST = (State.OPEN, State.RETIRE, State.RETRAIN, State.ACCEPT)


@dataclass(frozen=True, slots=True)
class Used:
    """Grants of those who are in a round's version, and when that round began."""

    began: Moment
    grants: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Change:
    """A grant was withdrawn as a whole, or its subjects were replaced: somebody may have left."""

    grant_id: bytes
    at: Moment
    at_s: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """A steward's answer about one version and one grant."""

    version_hash: bytes
    grant_id: bytes
    action: State
    reason_hash: bytes
    steward: str
    at: Moment
    at_s: int


@dataclass(frozen=True, slots=True)
class Remedy:
    """One version that descends from one changed grant, through the rounds in which it was used."""

    number: int
    version_hash: bytes
    grant_id: bytes
    rounds: tuple[int, ...]
    change: Change
    answer: Answer | None

    @property
    def state(self) -> State:
        """Open as long as nobody has answered since the last change."""
        return State.OPEN if self.answer is None else self.answer.action


def remedies(
    versions: Sequence[tuple[VersionFields, bytes]],
    used: Mapping[int, Used],
    changes: Iterable[Change],
    answers: Iterable[Answer],
) -> list[Remedy]:
    """Every version with every changed grant that it descends from, by number; what was answered and what is open.

    A version descends from its parent, a rollback from the version to which it goes back. A change counts from the
    moment at which the first of those rounds began; of the answers, the last that came after the last change.

    Args:
        versions: fields and hash of each, from genesis on.
        used: by round; rounds without a version are not looked at.
        changes: of any grants.
        answers: of any versions.

    >>> genesis = VersionFields(1, 0, 0, 0, bytes(32), *[bytes(32)] * 4, 7, 9)
    >>> first = VersionFields(1, 1, 1, 1, b"g" * 32, *[bytes(32)] * 4, 7, 9)
    >>> log = [(genesis, b"g" * 32), (first, b"f" * 32)]
    >>> gone = Change(b"x" * 32, at=(9, 0), at_s=900, whole=True)
    >>> [(one.number, one.rounds, one.state.word) for one in remedies(log, {1: Used((5, 0), {b"x" * 32})}, [gone], [])]
    [(1, (1,), 'open')]
    """
    by_grant: dict[bytes, list[Change]] = {}
    for change in sorted(changes, key=lambda one: one.at):
        by_grant.setdefault(change.grant_id, []).append(change)
    said: dict[tuple[bytes, bytes], list[Answer]] = {}
    for answer in sorted(answers, key=lambda one: one.at):
        said.setdefault((answer.version_hash, answer.grant_id), []).append(answer)
    found = []
    for (fields, version_hash), rounds_of in zip(versions, _descent(versions, used), strict=True):
        for grant_id in sorted(rounds_of.keys() & by_grant.keys()):
            rounds = rounds_of[grant_id]
            after = [one for one in by_grant[grant_id] if one.at > used[rounds[0]].began]
            if after:
                later = [one for one in said.get((version_hash, grant_id), []) if one.at > after[-1].at]
                last = later[-1] if later else None
                found.append(Remedy(fields.number, version_hash, grant_id, rounds, after[-1], last))
    return found


def gravest(found: Iterable[Remedy]) -> dict[bytes, State]:
    """State of each version that has remedies, by its hash: of several the one that forbids most."""
    states: dict[bytes, State] = {}
    for one in found:
        states[one.version_hash] = min(states.get(one.version_hash, State.ACCEPT), one.state, key=GRAVEST.index)
    return states


def _descent(
    versions: Sequence[tuple[VersionFields, bytes]], used: Mapping[int, Used]
) -> list[dict[bytes, tuple[int, ...]]]:
    """Of each version, the grants that it descends from and the rounds in which they were used, ascending."""
    known: dict[bytes, dict[bytes, tuple[int, ...]]] = {}
    for fields, version_hash in versions:
        origin = fields.aggregate_root if fields.kind == ROLLBACK else fields.parent
        inherited = dict(known.get(origin, {}))
        if fields.kind == ROUND:
            for grant_id in used[fields.round].grants:
                inherited[grant_id] = (*inherited.get(grant_id, ()), fields.round)
        known[version_hash] = inherited
    return [known[version_hash] for _, version_hash in versions]
