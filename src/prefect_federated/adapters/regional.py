"""Two tiers at work: a regional aggregator sums what its silos revealed, the aggregator takes the sums it relies on.

region: reveals --gather, sum--> document, sum in the store --letter--> mailbox
aggregator: letter --signature, hash, reveals--> sum | nothing good: it reads the region's silos itself
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from prefect_federated.adapters.aggregator import Aggregator
from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.gathering import Gathered, gather
from prefect_federated.adapters.mailbox import Mailbox, place_of
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.reading import read_round_spec
from prefect_federated.adapters.releasing import join_released, require_mailbox
from prefect_federated.adapters.sum_opening import gather_encrypted
from prefect_federated.adapters.unmasking import gather_masked
from prefect_federated.core.aggregation.two_tiers import Sums, mean_of_sums, region_sum
from prefect_federated.core.combine import Combined, Update, combine
from prefect_federated.core.errors import ConfigurationError, ContentMismatch, PayloadError, StoreUnreachable
from prefect_federated.core.letters import read_letter
from prefect_federated.core.region_spec import RegionSpec
from prefect_federated.core.regional import (
    SUM_BYTES,
    RegionalSum,
    RegionLetter,
    read_regional_sum,
    sum_bytes,
)
from prefect_federated.core.result import IncludedUpdate
from prefect_federated.core.round import RoundState
from prefect_federated.core.round_spec import RoundSpec

DOCUMENT_BYTES = 1 << 24
_NOWHERE = np.empty(0, np.int32)  # words of an update that is in a regional sum
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RegionalAggregator:
    """Who sums for a region: an account that its silos name among their readers. It needs no stake."""

    party: Party
    mailbox: Mailbox


@dataclass(frozen=True, slots=True)
class Tier:
    """A region's sum as the aggregator took it: int64 `[d]`, and what it is made of."""

    told: RegionalSum
    words: Sums


def regions_of(party: Party, spec: RoundSpec) -> list[RegionSpec]:
    """The task's regions that this party sums for."""
    return [one for one in spec.spec.regions if one.aggregator == party.account]


def leave_sum(regional: RegionalAggregator, spec: RoundSpec, region: RegionSpec) -> RegionalSum:
    """Sum what the region's silos revealed, store it, and leave the letter.

    Raises:
        StoreUnreachable: no payload of the region could be asked for; try again.
    """
    party = regional.party
    reveals = [one for one in party.federation.reveals(spec.task, spec.round) if one.participant in region.silos]
    gathered, roots = gather(party, spec, reveals), {one.participant: one.opening.payload_root for one in reveals}
    combined = combine(spec.spec.rule, gathered.updates, spec.spec.model.size, spec.spec.update.limit)
    words = sum_bytes(region_sum([(one.weight, one.words) for one in combined.kept], spec.spec.model.size))
    told = RegionalSum(
        included=tuple(
            IncludedUpdate(participant=one.participant, payload_root=roots[one.participant], weight=one.weight)
            for one in combined.kept
        ),
        left_out=tuple(sorted({*gathered.reasons, *combined.left_out})),
        sum_uri=party.store.put([words]),
        sum_hash=hashlib.sha256(words).digest(),
    )
    document = told.to_bytes()
    letter = party.federation.sign_region(
        spec.task, spec.round, region.name, party.store.put([document]), hashlib.sha256(document).digest()
    )
    regional.mailbox.leave(_place(spec, region), letter.to_bytes())
    return told


def has_left_sum(regional: RegionalAggregator, spec: RoundSpec, region: RegionSpec) -> bool:
    """Whether a letter of this region's aggregator lies in the mailbox."""
    return bool(_letters(regional.party, regional.mailbox, spec, region))


def read_tiers(party: Party, mailbox: Mailbox, spec: RoundSpec, reveals: Sequence[Reveal]) -> list[Tier]:
    """The regional sums of a round that hold together; of the other regions a line in the log says what is wrong."""
    tiers = []
    for region in spec.spec.regions:
        theirs = [one for one in reveals if one.participant in region.silos]
        if not theirs:
            continue
        wrong = "no sum has come from its aggregator"
        for letter in _letters(party, mailbox, spec, region):
            try:
                tiers.append(_tier(party, spec, letter, theirs))
                break
            except (PayloadError, ConfigurationError, StoreUnreachable) as error:
                wrong = str(error)
        else:
            _log.warning(
                "round %d/%d, region %s: %s; its %d silos are read one by one",
                *(spec.task, spec.round, region.name, wrong, len(theirs)),
            )
    return tiers


def awaits_regions(aggregator: Aggregator, state: RoundState) -> bool:
    """Whether a sum that this aggregator relies on is missing, in the first quarter of its time to propose."""
    party, mailbox = aggregator.party, aggregator.mailbox
    task, waited_s = state.task, party.federation.chain_time() - state.opens_at
    if not aggregator.relies_on_regions or mailbox is None or 4 * waited_s > state.deadline - state.opens_at:
        return False
    spec = read_round_spec(party, task, state.round)
    revealed = {one.participant for one in party.federation.reveals(task, state.round)}
    here = (one for one in spec.spec.regions if revealed.intersection(one.silos))
    return any(not _letters(party, mailbox, spec, one) for one in here)


def with_tiers(spec: RoundSpec, gathered: Gathered, direct: Combined, reveals: Sequence[Reveal]) -> Combined:
    """The aggregate of the updates that were read one by one, and of the sums of those that were not."""
    if not gathered.tiers:
        return direct
    weights = sum(tier.told.weight for tier in gathered.tiers) + sum(one.weight for one in direct.kept)
    if not weights:
        return direct
    own = region_sum([(one.weight, one.words) for one in direct.kept], spec.spec.model.size)
    kept = [Update(one.participant, one.weight, _NOWHERE) for tier in gathered.tiers for one in tier.told.included]
    place = {reveal.participant: reveal.index for reveal in reveals}
    return Combined(
        mean_of_sums([own, *(tier.words for tier in gathered.tiers)], weights),
        tuple(sorted([*direct.kept, *kept], key=lambda one: place[one.participant])),
        direct.left_out,
    )


def gather_for(aggregator: Aggregator, spec: RoundSpec, reveals: list[Reveal], last_try: bool = False) -> Gathered:
    """What a round's reveals come to: sums of regions that the aggregator relies on, single updates elsewhere.

    Where they are masked or encrypted it is the one sum of all; see `gather_masked` and `gather_encrypted` for
    `last_try`. Where the committee opens updates, what it has released is joined first.

    Whom a region leaves out the aggregator reads itself: it alone says who is excluded, and answers for that.

    Raises:
        StoreUnreachable: no single payload could be asked for; try again.
        ConfigurationError: the committee opens updates, and the aggregator has no mailbox.
    """
    party, mailbox = aggregator.party, aggregator.mailbox
    if spec.threshold:
        join_released(party, require_mailbox(mailbox, party, spec), spec)
    if spec.spec.enforced.masked:
        return gather_masked(party, spec, reveals, last_try)
    if spec.spec.summed:
        return gather_encrypted(party, spec, reveals, mailbox, last_try)
    tiers = read_tiers(party, mailbox, spec, reveals) if aggregator.relies_on_regions and mailbox else []
    summed = {one.participant for tier in tiers for one in tier.told.included}
    single = gather(party, spec, [one for one in reveals if one.participant not in summed])
    return replace(single, tiers=tuple(tiers))


def _tier(party: Party, spec: RoundSpec, letter: RegionLetter, theirs: Sequence[Reveal]) -> Tier:
    content = b"".join(party.store.get(letter.document_uri, DOCUMENT_BYTES))
    told = read_regional_sum(content, letter.document_hash)
    _require_reveals(told, theirs)
    size, limit = spec.spec.model.size, spec.spec.update.limit
    stored = b"".join(party.store.get(told.sum_uri, size * SUM_BYTES))
    found = hashlib.sha256(stored).digest()
    if found != told.sum_hash or len(stored) != size * SUM_BYTES:
        raise ContentMismatch(
            f"its sum has {len(stored)} bytes that hash to 0x{found.hex()}, it says {size * SUM_BYTES} bytes with"
            f" 0x{told.sum_hash.hex()}"
        )
    words = np.frombuffer(stored, "<i8").astype(np.int64, copy=False)
    most, largest = limit * told.weight, max(int(words.max()), -int(words.min()))
    if largest > most:
        raise PayloadError(f"its sum has a word of {largest}, updates of weight {told.weight} come to {most} at most")
    return Tier(told, words)


def _require_reveals(told: RegionalSum, theirs: Sequence[Reveal]) -> None:
    """Everybody of the region who revealed is in the sum as revealed, or left out; nobody else is."""
    revealed = {one.participant: (one.opening.payload_root, one.weight) for one in theirs}
    included = {one.participant: (one.payload_root, one.weight) for one in told.included}
    if sorted(told.accounts) != sorted(revealed):
        told_of = ", ".join(told.accounts) or "nobody"
        raise PayloadError(f"its sum tells of {told_of}, who revealed are {', '.join(revealed)}")
    for who, as_told in included.items():
        if as_told != revealed[who]:
            raise PayloadError(
                f"its sum has {who} with payload 0x{as_told[0].hex()} and weight {as_told[1]}, it revealed"
                f" 0x{revealed[who][0].hex()} and counts {revealed[who][1]}"
            )


def _letters(party: Party, mailbox: Mailbox, spec: RoundSpec, region: RegionSpec) -> list[RegionLetter]:
    """Letters that the region's aggregator signed; anything else is left lying."""
    found = []
    for content in mailbox.read(_place(spec, region)).letters:
        try:
            letter = read_letter(RegionLetter, content)
        except PayloadError:
            continue
        named = (letter.participant, letter.region) == (region.aggregator, region.name)
        if named and party.federation.is_region_letter(spec.task, spec.round, letter):
            found.append(letter)
    return found


def _place(spec: RoundSpec, region: RegionSpec) -> str:
    return place_of(spec.chain_id, spec.coordinator, spec.task, spec.round, f"region/{region.name}")
