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
    TransportError,
    UnknownParticipant,
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
    own, shared = _secrets(party, session), shared_in(party, spec, session)
    seeds = seeds_of(session, own, _roots(shared), shared)
    mine = {str(index): excerpts_of(sharing)[own.index].hex() for index, sharing in shared.items()}
    party.vault.keep(spec.slot(SHARES, party.account), canonical(mine))
    return seeds


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

    Counted as none, since everybody sees that alike: what is malformed under its root, lies where this kind of store
    has nothing, or was dealt by somebody whose sealing key gives no secret.

    Raises:
        StoreUnreachable: the store does not give what somebody dealt; nobody can mask before it does, so try again.
    """
    members, found = {member.index for member in session.members}, dict[int, Sharing]()
    for dealt in party.federation.dealt(spec.task, spec.round):
        if dealt.index not in members:
            continue
        try:
            sharing = parse_sharing(session, dealt.index, _message(party, session, dealt))
        except (MalformedMessage, ConfigurationError, PayloadTooLarge):
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
    answered = party.vault.keep(spec.slot(TURNOUT, party.account), turnout.digest)
    return answer(turnout, shared, own.index, party.sealing_key.private_bytes, answered)


def gather_masked(party: Party, spec: RoundSpec, reveals: list[Reveal]) -> Gathered:
    """The masked updates with their exact sum; where it cannot be opened, none, and why.

    A masked sum stands for all who revealed or for nobody: the masks of whoever is left out would stay in it.

    Raises:
        StoreUnreachable: no payload could be asked for at all, or chain or store gave no answer; try again.
    """
    try:
        session = session_of(party, spec)
        shared = shared_in(party, spec, session)
        turnout = _turnout(session, shared, reveals)
    except FederatedError as error:
        if isinstance(error, TransportError) and not isinstance(error, StoreUnreachable):
            raise
        return _unopened(gather(party, spec, reveals), str(error))  # which says so where nothing can be asked for
    outside = {one.participant for one in reveals if one.index not in turnout.survivors}
    gathered = gather(party, spec, [one for one in reveals if one.index in turnout.survivors])
    if gathered.reasons or not gathered.updates:
        return _without(_unopened(gathered, f"{len(gathered.reasons)} masked updates cannot be read"), outside)
    indices = {reveal.participant: reveal.index for reveal in reveals}
    payloads = {indices[update.participant]: update.words for update in gathered.updates}
    try:
        words = recover(open_masks(turnout, shared, _answers(party, spec, turnout)), payloads).astype(np.int64)
        _require_range(spec, words, sum(update.weight for update in gathered.updates))
    except (PayloadError, ProtocolError, ConfigurationError) as error:
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


def _answers(party: Party, spec: RoundSpec, turnout: Turnout) -> dict[int, bytes]:
    """What the survivors showed, by index; what is not as it stands on chain is left out."""
    found = dict[int, bytes]()
    for shown in party.federation.shown_shares(spec.task, spec.round):
        most = ANSWER_CHUNK * (1 + len(turnout.session.holders(shown.index)))
        try:
            message = b"".join(party.store.get(shown.uri, most))
        except (PayloadError, ConfigurationError, StoreUnreachable):
            continue
        if root(chunks_of(message, ANSWER_CHUNK)) == shown.root:
            found[shown.index] = message
    return found


def _message(party: Party, session: Session, dealt: Dealt) -> bytes:
    """What somebody dealt, checked against the root on chain."""
    most = SHARING_CHUNK * (1 + len(session.holders(dealt.index)))
    try:
        message = b"".join(party.store.get(dealt.uri, most))
    except (ContentMissing, ContentMismatch) as error:
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
