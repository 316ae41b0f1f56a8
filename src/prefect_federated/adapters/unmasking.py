"""What a masked round adds up to: the survivors' payloads, the answers that open their masks, the exact sum.

payloads, notes, messages of Share, answers --open, compare seeds, recover, range, norm--> sum | nobody, and why
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from prefect_federated.adapters.dealt import shared_in
from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.gathering import Gathered, OutOfRange, Unmasked, gather
from prefect_federated.adapters.masked_payload import fetch_masked
from prefect_federated.adapters.masking import fewest_of, roots_of, sessions_of, turnout_of
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.spool import Spool
from prefect_federated.adapters.sum_bounds import require_honest_sum
from prefect_federated.core.aggregation.two_tiers import Sums
from prefect_federated.core.aggregation.vector import Vector
from prefect_federated.core.combine import Combined, GroupSum, Update, combine_groups, combine_total
from prefect_federated.core.errors import (
    ConfigurationError,
    FederatedError,
    PayloadError,
    ProtocolError,
    StoreUnreachable,
    TooFewShares,
    TransportError,
    WrongSeed,
)
from prefect_federated.core.masking.answer import CHUNK
from prefect_federated.core.masking.note import MasksNote
from prefect_federated.core.masking.recovery import Opened, check_seeds, narrowed, open_masks, recover
from prefect_federated.core.masking.session import Session
from prefect_federated.core.masking.transcript import Sharing
from prefect_federated.core.masking.turnout import Turnout
from prefect_federated.core.merkle import chunks_of, root
from prefect_federated.core.round import Reason
from prefect_federated.core.round_spec import RoundSpec

UNREAD = "what it dealt is malformed, so nobody has masked with it and it is no part of the sum"


def gather_masked(party: Party, spec: RoundSpec, reveals: list[Reveal], last_try: bool = False) -> Gathered:
    """The masked updates with their exact sum; where it cannot be opened, none, and why.

    A masked sum stands for all who revealed or for nobody: the masks of whoever is left out would stay in it. In a task
    with groups the same holds of each group, and the others go on without it.

    Args:
        last_try: what the store does not give counts as not there: whoever has to propose says so, in the end. Such a
            group's part has the `outage`.

    Raises:
        StoreUnreachable: a payload, or what somebody dealt or showed, could not be asked for; try again.
        ChainUnreachable: the node does not show all that the contract counts; try again.
    """
    try:
        sessions = sessions_of(party, spec)
    except FederatedError as error:
        if isinstance(error, TransportError):
            raise
        return _unopened(gather(party, spec, reveals), error, {})
    if not spec.spec.enforced.group:
        return _opened(party, spec, sessions[0], reveals, last_try)
    inside = [{member.index for member in session.members} for session in sessions]
    within = [[one for one in reveals if one.index in some] for some in inside]
    parts = [_opened(party, spec, *group, last_try) for group in zip(sessions, within, strict=True)]
    if not any(part.updates for part in parts):
        gather(party, spec, reveals)  # raises where no payload of the round can be asked for
    return _joined(party, spec, sessions, parts, reveals)


def combine_masked(spec: RoundSpec, gathered: Gathered) -> Combined:
    """The task's rule over the sums that were opened: the mean of the one, or a rule across those of the groups."""
    if spec.spec.enforced.group:
        return combine_groups(spec.spec.rule, gathered.updates, gathered.groups, spec.spec.model.size)
    return combine_total(gathered.updates, gathered.total, spec.spec.model.size, gathered.lost or Reason.RULE)


def _opened(party: Party, spec: RoundSpec, session: Session, reveals: list[Reveal], last_try: bool) -> Gathered:
    """The sum of those who masked together, or why there is none."""
    part = bool(spec.spec.enforced.group)
    try:
        turnout, shared = turnout_in(party, spec, session, reveals)
        answers, outages = answers_in(party, spec, turnout)
    except FederatedError as error:
        outage = error if isinstance(error, StoreUnreachable) else None
        if isinstance(error, TransportError) and not (last_try and outage):
            raise
        return _unopened(gather(party, spec, reveals, part=part), error, {}, outage)
    outside = {one.participant for one in reveals if one.index not in turnout.survivors}
    notes = dict[int, MasksNote]()

    def fetch(party: Party, spec: RoundSpec, reveal: Reveal, spool: Spool) -> Vector:
        words, notes[reveal.index] = fetch_masked(party, spec, turnout.session, reveal, spool)
        return words

    gathered = gather(party, spec, [one for one in reveals if one.index in turnout.survivors], fetch, part)
    indices = {reveal.participant: reveal.index for reveal in reveals}
    try:
        _require_most(party, spec, turnout)
        opened = open_masks(turnout, shared, answers)
        gathered = replace(gathered, unmasked=Unmasked(opened, notes, indices))
        words = _exact_sum(spec, gathered)
    except (PayloadError, ProtocolError) as error:
        outage = _outage(gathered, error, outages)
        if outage and not last_try:
            raise outage from error
        return _without(_unopened(gathered, error, indices, outage), outside)
    return _without(replace(gathered, total=words), outside)


def _joined(
    party: Party, spec: RoundSpec, sessions: Collection[Session], parts: Collection[Gathered], reveals: list[Reveal]
) -> Gathered:
    """The groups whose sums are there; of the others everybody is left out, by the group's name and for its reason."""
    found, masked, named = Gathered((), {}, {}), set[int](), list[Gathered]()
    for number, (session, part) in enumerate(zip(sessions, parts, strict=True), 1):
        indices = [member.index for member in session.members]
        name = f"group {number} of {len(sessions)}, participants {', '.join(map(str, indices))}"
        named.append(replace(part, name=name))
        masked.update(indices)
        if part.total is None:
            lost = {update.participant: part.lost or Reason.UNDECRYPTABLE for update in part.updates}
            told = {account: f"{name}: {why}" for account, why in part.details.items()}
            found = replace(found, reasons=found.reasons | lost | part.reasons, details=found.details | told)
            continue
        members = tuple(update.participant for update in part.updates)
        group = GroupSum(members, sum(update.weight for update in part.updates), part.total)
        found = Gathered(
            (*found.updates, *part.updates),
            found.reasons | part.reasons,
            found.details | part.details,
            groups=(*found.groups, group),
        )
    found = _without(found, {one.participant for one in reveals if one.index not in masked})
    place = {reveal.participant: reveal.index for reveal in reveals}
    found = replace(found, updates=tuple(sorted(found.updates, key=lambda one: place[one.participant])))
    unreached = {account: error for part in parts for account, error in part.unreached.items()}
    return replace(_enough(party, spec, found), parts=tuple(named), unreached=unreached)


def _enough(party: Party, spec: RoundSpec, found: Gathered) -> Gathered:
    """The same; nobody where fewer are left than the contract takes."""
    if (have := len(found.updates)) >= (most := _fewest(party, spec)):
        return found
    why = f"{have} are left in {len(found.groups)} groups whose sums are there, {most} are the fewest of a round"
    left = [update.participant for update in found.updates]
    return Gathered((), found.reasons | dict.fromkeys(left, Reason.RULE), found.details | dict.fromkeys(left, why))


def opened_for(party: Party, spec: RoundSpec, reveals: list[Reveal], included: Collection[str]) -> dict[str, Opened]:
    """What the answers open of those who masked together with somebody included, by account.

    Raises:
        TooFewShares: of one secret fewer shares are there than the threshold.
        WrongSharing: shares are as committed, but of another secret than their maker promised.
        StoreUnreachable: what somebody dealt could not be asked for; try again.
    """
    found = dict[str, Opened]()
    for session in sessions_of(party, spec):
        inside = {member.index for member in session.members}
        some = [one for one in reveals if one.index in inside]
        if not any(one.participant in included for one in some):
            continue
        turnout, shared = turnout_in(party, spec, session, some)
        opened = open_masks(turnout, shared, answers_in(party, spec, turnout)[0])
        found |= {one.participant: opened for one in some if one.index in turnout.survivors}
    return found


def unmasked_sum(unmasked: Unmasked, updates: Sequence[Update]) -> Sums:
    """What these payloads come to, int64 `[d]`, once the masks that were opened are off, as a contract works it out.

    Masks that they share with others who survived stay in it.

    Raises:
        WrongSeed: somebody among them bound other seeds than were opened, or names others as its neighbours.
    """
    payloads = {unmasked.indices[update.participant]: update.words for update in updates}
    opened = narrowed(unmasked.opened, payloads)
    check_seeds(opened, unmasked.notes)
    return recover(opened, payloads).astype(np.int64)


def turnout_in(
    party: Party, spec: RoundSpec, session: Session, reveals: list[Reveal]
) -> tuple[Turnout, dict[int, Sharing]]:
    """Who of a session shared and who of them survived, with their messages of Share, as everybody sees them alike."""
    shared = shared_in(party, spec, session)
    return turnout_of(session, roots_of(shared), reveals), shared


def _exact_sum(spec: RoundSpec, gathered: Gathered) -> Sums:
    """The sum of all who survived, int64 `[d]`, out of what was opened."""
    if gathered.reasons or gathered.unmasked is None:
        why = "; ".join(gathered.details.values())
        raise PayloadError(f"{len(gathered.reasons)} masked updates cannot be read: {why}")
    words = unmasked_sum(gathered.unmasked, gathered.updates)
    require_honest_sum(spec, words, sum(update.weight for update in gathered.updates), len(gathered.updates))
    return words


def _without(gathered: Gathered, outside: Collection[str]) -> Gathered:
    """The same, with those left out who revealed, and whose shares nobody could mask with."""
    return replace(
        gathered,
        reasons=gathered.reasons | dict.fromkeys(outside, Reason.MALFORMED),
        details=gathered.details | dict.fromkeys(outside, UNREAD),
    )


def _fewest(party: Party, spec: RoundSpec) -> int:
    """Updates that a proposal holds at least, as the contract counts."""
    return max(spec.spec.enforced.quorum, len(party.federation.masking_members(spec.task, spec.round)) // 2 + 1)


def _require_most(party: Party, spec: RoundSpec, turnout: Turnout) -> None:
    """A sum is of as many as its noise is split among, and where it is the only one of as many as a round needs."""
    most = fewest_of(spec) if spec.spec.enforced.group else max(_fewest(party, spec), fewest_of(spec))
    if (have := len(turnout.survivors)) < most:
        raise TooFewShares(f"{turnout.session.place}: a sum of {have} would be opened, {most} are the fewest")


def answers_in(party: Party, spec: RoundSpec, turnout: Turnout) -> tuple[dict[int, bytes], list[StoreUnreachable]]:
    """What the survivors showed, by index, and what could not be asked for; what is not as on chain is left out."""
    found, outages = dict[int, bytes](), list[StoreUnreachable]()
    for shown in party.federation.shown_shares(spec.task, spec.round):
        if shown.index not in turnout.survivors:
            continue
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


def _outage(gathered: Gathered, error: FederatedError, outages: Sequence[StoreUnreachable]) -> StoreUnreachable | None:
    """What could not be asked for, where that alone kept the sum from being opened; a bad payload keeps it for good.

    Args:
        outages: of answers.
    """
    if gathered.reasons.keys() - gathered.unreached.keys():
        return None
    wanting = outages if isinstance(error, TooFewShares) else list(gathered.unreached.values())
    return wanting[-1] if wanting else None


def _unopened(
    gathered: Gathered, error: FederatedError, indices: Mapping[str, int], outage: StoreUnreachable | None = None
) -> Gathered:
    """The same without a sum, and for whose fault, where it is known."""
    others = {update.participant: str(error) for update in gathered.updates}
    named = error.faults if isinstance(error, WrongSeed) else {}
    faults = {account: named[index] for account, index in indices.items() if index in named}
    lost = Reason.OUT_OF_RANGE if isinstance(error, OutOfRange) else Reason.UNDECRYPTABLE
    return replace(gathered, details=others | gathered.details | faults, lost=lost, outage=outage)
