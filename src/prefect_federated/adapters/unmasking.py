"""What a masked round adds up to: the survivors' payloads, the answers that open their masks, the exact sum.

payloads, messages of Share, answers --recover, range--> sum | nobody, and why
"""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.gathering import Gathered, OutOfRange, gather
from prefect_federated.adapters.masking import fewest_of, session_of, shared_in, turnout_of
from prefect_federated.adapters.party import Party
from prefect_federated.core.aggregation.two_tiers import Sums
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
from prefect_federated.core.masking.recovery import open_masks, recover
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
        session = session_of(party, spec)
        shared = shared_in(party, spec, session)
        turnout = turnout_of(session, shared, reveals)
        answers, outages = _answers(party, spec, turnout)
    except FederatedError as error:
        given_up = last_try and isinstance(error, StoreUnreachable)
        if isinstance(error, TransportError) and not given_up:
            raise
        return _unopened(gather(party, spec, reveals), str(error))
    outside = {one.participant for one in reveals if one.index not in turnout.survivors}
    gathered = gather(party, spec, [one for one in reveals if one.index in turnout.survivors])
    if gathered.reasons or not gathered.updates:
        return _without(_unopened(gathered, f"{len(gathered.reasons)} masked updates cannot be read"), outside)
    indices = {reveal.participant: reveal.index for reveal in reveals}
    payloads = {indices[update.participant]: update.words for update in gathered.updates}
    try:
        _require_most(party, spec, turnout)
        words = recover(open_masks(turnout, shared, answers), payloads).astype(np.int64)
        _require_range(spec, words, sum(update.weight for update in gathered.updates))
    except (PayloadError, ProtocolError) as error:
        if isinstance(error, TooFewShares) and outages and not last_try:
            raise outages[-1] from error
        return _without(_unopened(gathered, str(error)), outside)
    return _without(replace(gathered, total=words), outside)


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


def _answers(party: Party, spec: RoundSpec, turnout: Turnout) -> tuple[dict[int, bytes], list[StoreUnreachable]]:
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
