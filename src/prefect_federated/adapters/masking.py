"""A masked round at work: what one party deals, masks with, shows, and what all of it adds up to.

registry, RoundStarted --session--> deal --store, root on chain--> seeds --mask--> payload
survivors on chain --answer--> store, root on chain --recover--> exact sum of the updates
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

import numpy as np

from prefect_federated.adapters.evm.masking import Dealt
from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.gathering import Gathered, OutOfRange, gather
from prefect_federated.adapters.party import Party
from prefect_federated.core.aggregation.two_tiers import Sums
from prefect_federated.core.canonical import canonical
from prefect_federated.core.combine import Words
from prefect_federated.core.errors import (
    ChainUnreachable,
    ConfigurationError,
    ContentMismatch,
    ContentMissing,
    FederatedError,
    MalformedMessage,
    PayloadError,
    PayloadTooLarge,
    ProtocolError,
    StoreUnreachable,
    TooFewShares,
    TransportError,
    UnknownParticipant,
    UnmaskRefused,
    WrongPhase,
)
from prefect_federated.core.masking.answer import CHUNK as ANSWER_CHUNK
from prefect_federated.core.masking.answer import Answer, answer
from prefect_federated.core.masking.excerpt import Excerpt, excerpts_of, parse_excerpt
from prefect_federated.core.masking.masked import Seeds, mask, seeds_of
from prefect_federated.core.masking.own_secrets import OwnSecrets, secrets_of
from prefect_federated.core.masking.recovery import open_masks, recover
from prefect_federated.core.masking.session import Session, complete, usable_key
from prefect_federated.core.masking.sharing import share
from prefect_federated.core.masking.transcript import CHUNK as SHARING_CHUNK
from prefect_federated.core.masking.transcript import Shares, Sharing, parse_sharing
from prefect_federated.core.masking.turnout import Turnout
from prefect_federated.core.merkle import chunks_of, root
from prefect_federated.core.participant_privacy import ParticipantPrivacy, most_of_parts, part_of_sum
from prefect_federated.core.round import Phase, Reason
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.learning.update import EncodedUpdate

SHARES, TURNOUT = "shares", "turnout"  # slots of what a silo read of the others' shares, and whom it answered for


def session_of(party: Party, spec: RoundSpec) -> Session:
    """Who masks together in a round: its cohort, under the sealing keys of when it opened.

    Raises:
        SpecError: fewer than three can.
    """
    members = [one for one in party.federation.masking_members(spec.task, spec.round) if usable_key(one.sealing_key)]
    threshold = max(spec.spec.enforced.threshold, len(members) // 2 + 1)
    return complete(spec.chain_id, spec.coordinator, spec.task, spec.round, members, threshold)


def own_sharing(party: Party, spec: RoundSpec) -> Sharing:
    """What this party deals out in a round; the same bytes whenever it is asked.

    Raises:
        UnknownParticipant: it is none of those who mask together.
        KeyUnavailable: its sealing key is not the one that was registered when the round opened.
    """
    session = session_of(party, spec)
    return share(session, _secrets(party, session))


def own_seeds(party: Party, spec: RoundSpec) -> Seeds:
    """The seeds that this party masks its update with. What it read of the others' shares it keeps, to answer from.

    Raises:
        StoreUnreachable: the store does not give what somebody dealt; try again.
        TooFewShares: so few dealt that a mask could not be taken off again.
    """
    session = session_of(party, spec)
    own = _secrets(party, session)
    if party.vault.recall(spec.slot(SHARES, party.account)) is None:
        shared = shared_in(party, spec, session)
        seeds_of(session, own, _roots(shared), shared)  # nothing is kept that could not be masked with
        mine = {str(index): excerpts_of(sharing)[own.index].hex() for index, sharing in shared.items()}
        party.vault.keep(spec.slot(SHARES, party.account), canonical(mine))
    kept = _kept_shares(party, spec, session, own.index)  # as it stands, whoever was first to keep it
    return seeds_of(session, own, _roots(kept), kept)


def masked(party: Party, spec: RoundSpec, update: EncodedUpdate) -> tuple[Words, bytes | None]:
    """An update as it leaves the silo, int32 `[d]`, with the root over its seeds' hashes; as it is in a clear task.

    Raises:
        StoreUnreachable: the store does not give what somebody dealt; try again.
        TooFewShares: so few dealt that a mask could not be taken off again.
    """
    if not spec.spec.enforced.masked:
        return update.words, None
    seeds = own_seeds(party, spec)
    return mask(seeds, update.words, update.weight, update.noise), seeds.root


def shared_in(party: Party, spec: RoundSpec, session: Session) -> dict[int, Sharing]:
    """Everybody's message of Share, by index.

    Counted as none is only what everybody sees alike from the chain and from bytes under their root: what is malformed,
    lies in another kind of store than the task's spec, or was dealt by somebody whose sealing key gives no secret. A
    store's word alone leaves nobody out: it could choose with whom a silo masks, and so whose sum shows.

    Raises:
        StoreUnreachable: the store does not give what somebody dealt; nobody can mask before it does, so try again.
        ChainUnreachable: the node does not show every dealer that the contract counts; try again.
    """
    federation, place = party.federation, (spec.task, spec.round)
    members, found = {member.index for member in session.members}, dict[int, Sharing]()
    kind, everybody = _kind(federation.spec_uri(spec.task)), federation.dealt(*place)
    if len(everybody) != (counted := federation.dealers(*place)):
        raise ChainUnreachable(
            f"the node shows {len(everybody)} dealers of round {spec.task}/{spec.round}, the contract counts {counted};"
            " ask again, or another node"
        )
    for dealt in everybody:
        if dealt.index not in members or _kind(dealt.uri) != kind:
            continue
        try:
            sharing = parse_sharing(session, dealt.index, _message(party, session, dealt))
        except MalformedMessage:
            continue
        if sharing.masking_public == dealt.masking_key:
            found[dealt.index] = sharing
    return found


def own_answer(party: Party, spec: RoundSpec) -> tuple[Answer, dict[int, FederatedError]]:
    """The shares of others that this party shows, and by index why it has none of somebody.

    For which survivors it answers is kept before anything is shown: it never answers for others in the same round.

    Raises:
        WrongPhase: the round is not in Unmask.
        ChainUnreachable: the node does not show every opening that the contract counts; try again.
        KeyUnavailable: its sealing key is not the one that was registered when the round opened.
        UnmaskRefused: it answered for other survivors before, or is none of them.
        TooFewShares: too few survive to open anything.
    """
    session, federation = session_of(party, spec), party.federation
    own, state = _secrets(party, session), federation.round_state(spec.task)
    if (state.round, state.phase) != (spec.round, Phase.UNMASK):
        raise WrongPhase(f"round {spec.task}/{spec.round} is in {state.phase.name}; shares are shown in UNMASK alone")
    reveals = federation.reveals(spec.task, spec.round)
    if len(reveals) != state.revealed:
        raise ChainUnreachable(
            f"the node shows {len(reveals)} openings of round {spec.task}/{spec.round}, the contract counts"
            f" {state.revealed}; ask again, or another node"
        )
    shared = _kept_shares(party, spec, session, own.index)
    turnout = _turnout(session, shared, reveals)
    if len(turnout.survivors) < (fewest := _fewest(spec)):
        raise UnmaskRefused(
            f"{session.place}: {len(turnout.survivors)} survive, and the noise is split among {fewest} at least: their"
            " sum would hide too little; the round opens nothing"
        )
    answered = party.vault.keep(spec.slot(TURNOUT, party.account), turnout.digest)
    return answer(turnout, shared, own.index, party.sealing_key.private_bytes, answered)


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
        turnout = _turnout(session, shared, reveals)
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


def _turnout(session: Session, shared: Mapping[int, Shares], reveals: Sequence[Reveal]) -> Turnout:
    survivors = frozenset(one.index for one in reveals if one.index in shared)
    return Turnout(session, _roots(shared), survivors)


def _kept_shares(party: Party, spec: RoundSpec, session: Session, index: int) -> dict[int, Excerpt]:
    """What this party read of the others' shares before it masked; the store need not have them any more.

    Raises:
        ContentMissing: it kept nothing, since it has not masked in this round.
    """
    kept = party.vault.recall(spec.slot(SHARES, party.account))
    if kept is None:
        raise ContentMissing(f"{session.place}: {party.name} kept no shares, so it has masked nothing; it shows none")
    roots = {dealt.index: dealt.root for dealt in party.federation.dealt(spec.task, spec.round)}
    return {
        int(sharer): parse_excerpt(session, int(sharer), index, roots[int(sharer)], bytes.fromhex(message))
        for sharer, message in json.loads(kept).items()
    }


def _roots(shared: Mapping[int, Shares]) -> dict[int, bytes]:
    return {index: sharing.root for index, sharing in shared.items()}


def _require_most(party: Party, spec: RoundSpec, turnout: Turnout) -> None:
    """A sum is of as many as a round needs; the contract takes no other."""
    enforced, cohort = spec.spec.enforced, len(party.federation.masking_members(spec.task, spec.round))
    if (have := len(turnout.survivors)) < (most := max(enforced.quorum, cohort // 2 + 1, _fewest(spec))):
        raise TooFewShares(f"{turnout.session.place}: a sum of {have} would be opened, {most} are the fewest")


def _fewest(spec: RoundSpec) -> int:
    """Silos among whom the noise is split; 1 where there is none."""
    privacy = spec.spec.privacy
    return privacy.fewest if isinstance(privacy, ParticipantPrivacy) else 1


def _kind(uri: str) -> str:
    """The kind of store that a URI names."""
    return uri.partition("://")[0]


def _answers(party: Party, spec: RoundSpec, turnout: Turnout) -> tuple[dict[int, bytes], list[StoreUnreachable]]:
    """What the survivors showed, by index, and what could not be asked for; what is not as on chain is left out."""
    found, outages = dict[int, bytes](), list[StoreUnreachable]()
    for shown in party.federation.shown_shares(spec.task, spec.round):
        most = ANSWER_CHUNK * (1 + len(turnout.session.holders(shown.index)))
        try:
            message = b"".join(party.store.get(shown.uri, most))
        except StoreUnreachable as error:
            outages.append(error)
            continue
        except (PayloadError, ConfigurationError):
            continue
        if root(chunks_of(message, ANSWER_CHUNK)) == shown.root:
            found[shown.index] = message
    return found, outages


def _message(party: Party, session: Session, dealt: Dealt) -> bytes:
    """What somebody dealt, checked against the root on chain."""
    most = SHARING_CHUNK * (1 + len(session.holders(dealt.index)))
    try:
        message = b"".join(party.store.get(dealt.uri, most))
    except (ContentMissing, ContentMismatch, PayloadTooLarge, ConfigurationError) as error:
        raise StoreUnreachable(
            f"what participant {dealt.index} dealt is not to be had: {error}; nobody can mask before it is, try again"
        ) from error
    found = root(chunks_of(message, SHARING_CHUNK))
    if found != dealt.root:
        raise StoreUnreachable(
            f"shares of participant {dealt.index} at {dealt.uri} have root 0x{found.hex()}, the chain says"
            f" 0x{dealt.root.hex()}; fetch them from another store"
        )
    return message


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


def _secrets(party: Party, session: Session) -> OwnSecrets:
    key = party.sealing_key
    return secrets_of(session, _index(session, party.account), key.private_bytes, key.version)


def _index(session: Session, account: str) -> int:
    for member in session.members:
        if member.account == account:
            return member.index
    raise UnknownParticipant(
        f"{session.place}: {account} is none of the {len(session.members)} who mask together; it sits the round out"
    )
