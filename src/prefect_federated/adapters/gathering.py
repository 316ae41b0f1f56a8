"""Gathering: every revealed update of a round, each verified or left out for a reason of the closed list.

UpdateRevealed events --fetch, open, check--> verified updates, in memory or in one spool beside it + reasons
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_update
from prefect_federated.adapters.reading import made_over
from prefect_federated.adapters.spool import Spool
from prefect_federated.core.aggregation.two_tiers import Sums
from prefect_federated.core.aggregation.vector import Vector
from prefect_federated.core.combine import GroupSum, Update
from prefect_federated.core.errors import (
    ConfigurationError,
    ContentMismatch,
    ContentMissing,
    PayloadError,
    StoreUnreachable,
    Undecryptable,
)
from prefect_federated.core.masking.note import MasksNote
from prefect_federated.core.masking.recovery import Opened
from prefect_federated.core.round import Reason
from prefect_federated.core.round_spec import RoundSpec

if TYPE_CHECKING:
    from prefect_federated.adapters.regional import Tier

_BLOCK = 1 << 18


@dataclass(frozen=True, slots=True)
class Unmasked:
    """What the answers of a masked round opened, the notes of payloads that could be read, whose index is whose."""

    opened: Opened
    notes: Mapping[int, MasksNote]
    indices: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Verified updates in the cohort's order, and why the others are missing, with the sentence for people."""

    updates: tuple[Update, ...]
    reasons: dict[str, Reason]
    details: dict[str, str]
    tiers: tuple["Tier", ...] = ()  # sums of regions, whose updates are not among these
    total: Sums | None = None  # of masked updates, int64 `[d]`; none where it could not be opened
    unmasked: Unmasked | None = None  # what was opened for it
    lost: Reason | None = None  # why not, in a word of the closed list
    groups: tuple[GroupSum, ...] = ()  # of a task that masks in groups: the sums that were opened
    parts: tuple["Gathered", ...] = ()  # and every group by itself, also one whose sum is not there
    name: str = ""  # of such a group
    outage: StoreUnreachable | None = None  # of one whose sum is not there, what could not be asked for
    unreached: Mapping[str, StoreUnreachable] = field(default_factory=dict)  # payloads that could not, by account

    @property
    def outages(self) -> dict[str, StoreUnreachable]:
        """Of whom nothing can be said yet, for what could not be asked for of those who mask with them."""
        missed = [(part, part.outage) for part in self.parts or (self,) if part.outage is not None]
        return {name: outage for part, outage in missed for name in part.accounts}

    @property
    def accounts(self) -> set[str]:
        """Everybody who revealed, whether the update could be read or not."""
        return {update.participant for update in self.updates} | self.reasons.keys()


Fetch = Callable[[Party, RoundSpec, Reveal, Spool], Vector]


def gather(
    party: Party, spec: RoundSpec, reveals: list[Reveal], fetch: Fetch | None = None, part: bool = False
) -> Gathered:
    """Fetch and verify the revealed updates; one bad payload never stops the others.

    Args:
        fetch: how one is fetched and verified; without it, `fetch_in_range`.
        part: that these are not all of the round's: where none of them can be asked for, the fault need not be here.

    Raises:
        SpoolFailed: the disk beside the memory is full or fails; nobody is left out for it.
        StoreUnreachable: no payload could be asked for at all, so the fault is on this side: try again.
    """
    updates: list[Update] = []
    spool = Spool()
    reasons: dict[str, Reason] = {}
    details: dict[str, str] = {}
    unreached: dict[str, StoreUnreachable] = {}
    for reveal in sorted(reveals, key=lambda r: r.index):
        try:
            words = (fetch or fetch_in_range)(party, spec, reveal, spool)
        except (PayloadError, ConfigurationError, StoreUnreachable) as error:
            reasons[reveal.participant], details[reveal.participant] = _reason(error), str(error)
            unreached |= {reveal.participant: error} if isinstance(error, StoreUnreachable) else {}
        else:
            updates.append(Update(reveal.participant, reveal.weight, words))
    if unreached and len(unreached) == len(reveals) and not part:
        raise next(reversed(unreached.values()))
    return Gathered(tuple(updates), reasons, details, unreached=unreached)


def fetch_in_range(party: Party, spec: RoundSpec, reveal: Reveal, spool: Spool | None = None) -> Vector:
    """Fetch one revealed update, checked against its opening and the task's limit: int32 `[d]`.

    A masked one may hold any word, as may an encrypted one.

    Args:
        spool: keeps the round's payloads; without it, one for this update alone.

    Raises:
        OutOfRange: it holds a word beyond the limit.
        PayloadError: it cannot be opened, or is not what was revealed.
        SpoolFailed: the disk beside the memory is full or fails.
    """
    over = made_over(party, spec, reveal.behind)
    words = fetch_update(
        party.store, over, reveal.participant, reveal.opening, reveal.uri, party.account, party.sealing_key, spool
    )
    if spec.spec.summed:
        return words
    limit, largest = spec.spec.update.limit, _largest(words)
    if largest > limit:
        raise OutOfRange(
            f"{reveal.participant}: the largest word is {largest}, the task allows {limit}; refuse its sender"
        )
    return words


def _largest(words: Vector) -> int:
    """Largest magnitude of a word, some at a time; 0 of none."""
    blocks = (words[at : at + _BLOCK] for at in range(0, words.size, _BLOCK))
    return max((max(int(block.max()), -int(block.min())) for block in blocks), default=0)


class OutOfRange(PayloadError):
    """Raised when an update holds a word beyond the task's limit."""


_REASONS: tuple[tuple[type[Exception], Reason], ...] = (
    (ContentMissing, Reason.UNAVAILABLE),
    (StoreUnreachable, Reason.UNAVAILABLE),
    (ConfigurationError, Reason.UNAVAILABLE),
    (Undecryptable, Reason.UNDECRYPTABLE),
    (ContentMismatch, Reason.ROOT_MISMATCH),
    (OutOfRange, Reason.OUT_OF_RANGE),
)


def _reason(error: Exception) -> Reason:
    return next((reason for kind, reason in _REASONS if isinstance(error, kind)), Reason.MALFORMED)
