"""What a masked round adds up to: the survivors' payloads, the answers that open their masks, the exact sum.

payloads, notes, messages of Share, answers --open, compare seeds, recover, range--> sum | nobody, and why
"""

from collections.abc import Collection, Sequence
from dataclasses import replace

import numpy as np

from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.gathering import Gathered, OutOfRange, Unmasked, gather
from prefect_federated.adapters.masked_payload import fetch_masked
from prefect_federated.adapters.masking import fewest_of, session_of, shared_in, turnout_of
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.spool import Spool
from prefect_federated.core.aggregation.two_tiers import Sums
from prefect_federated.core.aggregation.vector import Vector
from prefect_federated.core.combine import Update
from prefect_federated.core.errors import (
    ConfigurationError,
    FederatedError,
    PayloadError,
    ProtocolError,
    StoreUnreachable,
    TooFewShares,
    TransportError,
)
from prefect_federated.core.masking.answer import CHUNK
from prefect_federated.core.masking.note import MasksNote
from prefect_federated.core.masking.recovery import Opened, check_seeds, narrowed, open_masks, recover
from prefect_federated.core.masking.transcript import Sharing
from prefect_federated.core.masking.turnout import Turnout
from prefect_federated.core.merkle import chunks_of, root
from prefect_federated.core.participant_privacy import ParticipantPrivacy, most_of_parts, part_of_sum
from prefect_federated.core.round import Reason
from prefect_federated.core.round_spec import RoundSpec


def gather_masked(party: Party, spec: RoundSpec, reveals: list[Reveal], last_try: bool = False) -> Gathered:
    """The masked updates with their exact sum; where it cannot be opened, none, and why.

    A masked sum stands for all who revealed or for nobody: the masks of whoever is left out would stay in it.

    Args:
        last_try: what the store does not give counts as not there: whoever has to propose says so, in the end.

    Raises:
        StoreUnreachable: a payload, or what somebody dealt or showed, could not be asked for; try again.
        ChainUnreachable: the node does not show all that the contract counts; try again.
    """
    try:
        turnout, shared = turnout_in(party, spec, reveals)
        answers, outages = answers_in(party, spec, turnout)
    except FederatedError as error:
        given_up = last_try and isinstance(error, StoreUnreachable)
        if isinstance(error, TransportError) and not given_up:
            raise
        return _unopened(gather(party, spec, reveals), str(error))
    outside = {one.participant for one in reveals if one.index not in turnout.survivors}
    notes = dict[int, MasksNote]()

    def fetch(party: Party, spec: RoundSpec, reveal: Reveal, spool: Spool) -> Vector:
        words, notes[reveal.index] = fetch_masked(party, spec, turnout.session, reveal, spool)
        return words

    gathered = gather(party, spec, [one for one in reveals if one.index in turnout.survivors], fetch)
    indices = {reveal.participant: reveal.index for reveal in reveals}
    try:
        _require_most(party, spec, turnout)
        opened = open_masks(turnout, shared, answers)
        gathered = replace(gathered, unmasked=Unmasked(opened, notes, indices))
        words = _exact_sum(spec, gathered)
    except (PayloadError, ProtocolError) as error:
        if isinstance(error, TooFewShares) and outages and not last_try and not gathered.reasons:
            raise outages[-1] from error
        return _without(_unopened(gathered, str(error)), outside)
    return _without(replace(gathered, total=words), outside)


def open_round(party: Party, spec: RoundSpec, reveals: list[Reveal]) -> Opened:
    """What the answers of a masked round open.

    Raises:
        TooFewShares: of one secret fewer shares are there than the threshold.
        WrongSharing: shares are as committed, but of another secret than their maker promised.
        StoreUnreachable: what somebody dealt could not be asked for; try again.
    """
    turnout, shared = turnout_in(party, spec, reveals)
    return open_masks(turnout, shared, answers_in(party, spec, turnout)[0])


def unmasked_sum(unmasked: Unmasked, updates: Sequence[Update]) -> Sums:
    """What these payloads come to, int64 `[d]`, once the masks that were opened are off, as a contract works it out.

    Masks that they share with others who survived stay in it.

    Raises:
        WrongSeed: somebody among them bound other seeds than were opened: no contract can be shown those.
    """
    payloads = {unmasked.indices[update.participant]: update.words for update in updates}
    opened = narrowed(unmasked.opened, payloads)
    check_seeds(opened, unmasked.notes)
    return recover(opened, payloads).astype(np.int64)


def turnout_in(party: Party, spec: RoundSpec, reveals: list[Reveal]) -> tuple[Turnout, dict[int, Sharing]]:
    """Who shared and who of them survived, with their messages of Share, as everybody sees them alike."""
    session = session_of(party, spec)
    shared = shared_in(party, spec, session)
    return turnout_of(session, shared, reveals), shared


def _exact_sum(spec: RoundSpec, gathered: Gathered) -> Sums:
    """The sum of all who survived, int64 `[d]`, out of what was opened."""
    if gathered.reasons or gathered.unmasked is None:
        why = "; ".join(gathered.details.values())
        raise PayloadError(f"{len(gathered.reasons)} masked updates cannot be read: {why}")
    words = unmasked_sum(gathered.unmasked, gathered.updates)
    _require_range(spec, words, sum(update.weight for update in gathered.updates))
    return words


def _without(gathered: Gathered, outside: Collection[str]) -> Gathered:
    """The same, with those left out who revealed, and whose shares nobody could mask with."""
    why = "what it dealt is malformed, so nobody has masked with it and it is no part of the sum"
    return replace(
        gathered,
        reasons=gathered.reasons | dict.fromkeys(outside, Reason.MALFORMED),
        details=gathered.details | dict.fromkeys(outside, why),
    )


def _require_most(party: Party, spec: RoundSpec, turnout: Turnout) -> None:
    """A sum is of as many as a round needs; the contract takes no other."""
    enforced, cohort = spec.spec.enforced, len(party.federation.masking_members(spec.task, spec.round))
    if (have := len(turnout.survivors)) < (most := max(enforced.quorum, cohort // 2 + 1, fewest_of(spec))):
        raise TooFewShares(f"{turnout.session.place}: a sum of {have} would be opened, {most} are the fewest")


def answers_in(party: Party, spec: RoundSpec, turnout: Turnout) -> tuple[dict[int, bytes], list[StoreUnreachable]]:
    """What the survivors showed, by index, and what could not be asked for; what is not as on chain is left out."""
    found, outages = dict[int, bytes](), list[StoreUnreachable]()
    for shown in party.federation.shown_shares(spec.task, spec.round):
        most = CHUNK * (1 + len(turnout.session.holders(shown.index)))
        try:
            message = b"".join(party.store.get(shown.uri, most))
        except StoreUnreachable as error:
            outages.append(error)
            continue
        except (PayloadError, ConfigurationError):
            continue
        if root(chunks_of(message, CHUNK)) == shown.root:
            found[shown.index] = message
    return found, outages


def _require_range(spec: RoundSpec, words: Sums, weight: int) -> None:
    """No word of a sum is larger than updates within the task's limit could make it."""
    limit, largest = spec.spec.update.limit, max(int(words.max()), -int(words.min()))
    if largest > (most := limit * weight + _most_noise(spec)):
        raise OutOfRange(
            f"the sum has a word of {largest}, updates of weight {weight} within limit {limit} come to {most} at most;"
            " somebody masked something else, and nobody can tell who"
        )


def _most_noise(spec: RoundSpec) -> int:
    """What noise that hides silos can add to a word of the sum."""
    privacy, enforced = spec.spec.privacy, spec.spec.enforced
    if not isinstance(privacy, ParticipantPrivacy):
        return 0
    part = part_of_sum(privacy, spec.spec.model.frac_bits, enforced.max_weight)
    return most_of_parts(part, enforced.max_participants)


def _unopened(gathered: Gathered, why: str) -> Gathered:
    others = {update.participant: why for update in gathered.updates}
    return replace(gathered, details=others | gathered.details)
