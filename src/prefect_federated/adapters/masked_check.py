"""What a contract can be shown of an aggregate that the masked updates do not make; else, why there is nothing to show.

included updates --by group, their masks off--> sums --parted? beyond the range? the rule's word?--> first finding
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from prefect_federated.adapters.gathering import Gathered
from prefect_federated.adapters.unmasking import unmasked_sum
from prefect_federated.adapters.unreached import unread
from prefect_federated.core.aggregation.two_tiers import mean_of_sums
from prefect_federated.core.combine import GroupSum, Update, Words, combine_groups
from prefect_federated.core.errors import PayloadError
from prefect_federated.core.findings import Finding, Wrong
from prefect_federated.core.masking.proof import LARGEST_GROUP
from prefect_federated.core.proofs import coordinate_of, first_difference, with_ranks
from prefect_federated.core.round_spec import RoundSpec

if TYPE_CHECKING:
    from prefect_federated.adapters.verification import Claimed


@dataclass(frozen=True, slots=True)
class _Shown:
    """Of a group those whom a proposal includes, with what their payloads come to; `left`: who survived beside them."""

    name: str
    sums: GroupSum
    left: tuple[int, ...]


def masked_findings(spec: RoundSpec, claimed: "Claimed", gathered: Gathered, aggregate: Words) -> Iterator[Finding]:
    """Included updates that could not be read; else the first thing that is wrong with the sums of the others.

    It is what the contract finds too, which takes no other masks off than those of the included: a word of another
    value, a sum beyond what updates within the limit come to, a group of which a part is included. Where a group is
    included of which something could not be asked for, the rule's word is not known; of the others all else is found.
    """
    parts = gathered.parts or (gathered,)
    unread = list(_unread(claimed, parts))
    yield from unread
    if unread:
        return
    try:
        shown = _shown(claimed, parts)
    except PayloadError as error:
        detail = f"an aggregate of {len(claimed.document.included)} masked updates is proposed, and their sum cannot be"
        yield Finding(Wrong.RULE, f"{detail} opened: {error}")
        return
    found = _parted(spec, shown) or _beyond(spec, shown)
    if found is None and not gathered.outages.keys() & {record.participant for record in claimed.document.included}:
        found = _false_word(spec, claimed, shown, aggregate)
    if found is not None:
        yield found


def masked_aggregate(spec: RoundSpec, claimed: "Claimed", gathered: Gathered) -> Words | None:
    """The rule's aggregate over the sums of the included, int32 `[d]`; None where none is known."""
    if gathered.outages.keys() & {record.participant for record in claimed.document.included}:
        return None
    try:
        return _combined(spec, claimed, _shown(claimed, gathered.parts or (gathered,)))
    except PayloadError:
        return None


def _combined(spec: RoundSpec, claimed: "Claimed", shown: Sequence[_Shown]) -> Words | None:
    rule, size, records = spec.spec.rule, spec.spec.model.size, claimed.document.included
    updates = [Update(record.participant, record.weight, np.empty(0, np.int32)) for record in records]
    combined = combine_groups(rule, updates, [one.sums for one in shown], size)
    return combined.aggregate if combined.kept else None


def _unread(claimed: "Claimed", parts: Sequence[Gathered]) -> Iterator[Finding]:
    read = {update.participant for part in parts for update in part.updates}
    for position, record in enumerate(claimed.document.included):
        part = next((part for part in parts if record.participant in part.reasons), None)
        if record.participant in read or part is None:
            continue
        yield unread(part, record.participant, position)


def _shown(claimed: "Claimed", parts: Sequence[Gathered]) -> list[_Shown]:
    """The groups of whom somebody is included, but for those of which something could not be asked for.

    Raises:
        PayloadError: of one of them nothing was opened, somebody bound other seeds than were, or is of no group.
    """
    weights, shown = {record.participant: record.weight for record in claimed.document.included}, []
    missed = {name for part in parts if part.outage is not None for name in part.accounts}
    for part in parts:
        inside = [update for update in part.updates if update.participant in weights]
        there = [Update(one.participant, weights[one.participant], one.words) for one in inside]
        if not there or part.outage is not None:
            continue
        if part.unmasked is None:
            raise PayloadError(next(iter(part.details.values()), "nobody revealed"))
        names = tuple(update.participant for update in there)
        indices = {part.unmasked.indices[name] for name in names}
        left = sorted(part.unmasked.opened.turnout.survivors - indices)
        total = part.total if part.total is not None and not left else unmasked_sum(part.unmasked, there)
        sums = GroupSum(names, sum(update.weight for update in there), total)
        shown.append(_Shown(part.name or "the sum of all", sums, tuple(left)))
    masked = {name for one in shown for name in one.sums.members}
    if alone := sorted(weights.keys() - masked - missed):
        raise PayloadError(f"{alone[0]} is included, and masks with nobody; leave it out")
    return shown


def _parted(spec: RoundSpec, shown: Sequence[_Shown]) -> Finding | None:
    """A group of which a part is included; of one sum of all, whose masks stay in it is left out."""
    for one in shown:
        if spec.spec.enforced.group and one.left:
            return _finding(
                spec,
                0,
                f"{one.name}: {len(one.sums.members)} of it are included, and participants"
                f" {', '.join(map(str, one.left))}, who revealed too, are not; their masks stay in the sum",
            )
    return None


def _beyond(spec: RoundSpec, shown: Sequence[_Shown]) -> Finding | None:
    """The first word that no updates within the limit come to; where privacy loss is counted a sum may hold noise."""
    if spec.spec.enforced.private:
        return None
    for one in shown:
        most = spec.spec.update.limit * one.sums.weight
        (beyond,) = np.nonzero(np.abs(one.sums.total) > most)
        if beyond.size:
            found = int(one.sums.total[beyond[0]])
            return _finding(
                spec,
                int(beyond[0]),
                f"{one.name} is included, and has a word of {found}: updates of weight {one.sums.weight} within limit"
                f" {spec.spec.update.limit} come to {most} at most",
            )
    return None


def _false_word(spec: RoundSpec, claimed: "Claimed", shown: Sequence[_Shown], aggregate: Words) -> Finding | None:
    sums, rule, count = [one.sums for one in shown], spec.spec.rule, len(claimed.document.included)
    if (ours := _combined(spec, claimed, shown)) is None:
        return _finding(
            spec, 0, f"{len(sums)} groups are included, and {rule.name} needs {rule.fewest}: nobody is to be included"
        )
    if (wrong := first_difference(ours, aggregate)) is None:
        return None
    what = f"the {rule.name} of the {count} "
    what += f"masked updates in {len(sums)} groups" if spec.spec.enforced.group else "included masked updates"
    means = [int(mean_of_sums([one.total[wrong : wrong + 1]], one.weight)[0]) for one in sums]
    detail = f"aggregate word {wrong} is {int(aggregate[wrong])}, {what} is {int(ours[wrong])}"
    return _finding(spec, wrong, detail, means)


def _finding(spec: RoundSpec, word: int, detail: str, means: Sequence[int] = ()) -> Finding:
    """What `challengeMasked` can show, by rank with the means that the rule keeps; of larger groups it shows none."""
    enforced = spec.spec.enforced
    if enforced.group > LARGEST_GROUP:
        why = f"no contract looks at groups of more than {LARGEST_GROUP}, these are of {enforced.group}"
        return Finding(Wrong.RULE, f"{detail}; {why}")
    at = coordinate_of(word, enforced.chunk_bytes)
    return Finding(Wrong.SUM, detail, at=with_ranks(at, means, enforced.rule, enforced.trim) if means else at)
