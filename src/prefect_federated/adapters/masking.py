"""A masked round at work: what one party deals, masks with, shows, and what all of it adds up to.

registry, RoundStarted --session--> deal --store, root on chain--> seeds --mask--> payload
survivors on chain --answer--> store, root on chain --recover--> exact sum of the updates
"""

import json
from collections.abc import Mapping, Sequence

import numpy as np

from prefect_federated.adapters.dealt import shared_in
from prefect_federated.adapters.encrypting import encrypted
from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.party import Party
from prefect_federated.core.canonical import canonical
from prefect_federated.core.combine import Words
from prefect_federated.core.errors import (
    ChainUnreachable,
    ContentMissing,
    FederatedError,
    SpecError,
    StoreUnreachable,
    UnknownParticipant,
    UnmaskRefused,
    WrongPhase,
)
from prefect_federated.core.mask_spec import Masked
from prefect_federated.core.masking.answer import Answer, answer
from prefect_federated.core.masking.cohort import session_with, sessions
from prefect_federated.core.masking.excerpt import Excerpt, excerpts_of, parse_excerpt
from prefect_federated.core.masking.masked import Seeds, mask, seeds_of, seeds_or_alone
from prefect_federated.core.masking.own_secrets import OwnSecrets, secrets_of
from prefect_federated.core.masking.session import Session, usable_key
from prefect_federated.core.masking.sharing import share
from prefect_federated.core.masking.transcript import Shares, Sharing
from prefect_federated.core.masking.turnout import Turnout
from prefect_federated.core.participant_privacy import ParticipantPrivacy
from prefect_federated.core.relaying import middle
from prefect_federated.core.round import Phase
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.statistics.privacy import StatisticsPrivacy
from prefect_federated.learning.update import EncodedUpdate

SHARES, TURNOUT = "shares", "turnout"  # slots of what a silo read of the others' shares, and whom it answered for


def sessions_of(party: Party, spec: RoundSpec) -> tuple[Session, ...]:
    """Who mask together in a round: its cohort, or each of its groups, under the sealing keys of when it opened.

    Raises:
        SpecError: fewer than three, or than a group has, can; or the task is a clear one.
    """
    masking, federation, place = spec.spec.masking, party.federation, (spec.task, spec.round)
    if not isinstance(masking, Masked):
        raise SpecError(f"task {spec.spec.name} runs in clear mode, nobody masks in it; send the update as it is")
    members = [one for one in federation.masking_members(*place) if usable_key(one.sealing_key)]
    seed = federation.masking_seed(*place)
    return sessions(spec.chain_id, spec.coordinator, *place, members, masking, seed)


def session_of(party: Party, spec: RoundSpec) -> Session:
    """Those with whom this party masks in a round.

    Raises:
        SpecError: fewer than three, or than a group has, can.
        UnknownParticipant: this party cannot.
    """
    every = sessions_of(party, spec)
    if (own := session_with(every, party.account)) is None:
        masking = sum(len(one.members) for one in every)
        raise UnknownParticipant(
            f"round {spec.task}/{spec.round}: {party.account} is none of the {masking} who mask; it sits the round out"
        )
    return own


def own_sharing(party: Party, spec: RoundSpec) -> Sharing:
    """What this party deals out in a round; the same bytes whenever it is asked.

    Raises:
        WrongPhase: the block that opened the round may still be replaced, and with it what this party would deal.
        UnknownParticipant: it is none of those who mask together.
        KeyUnavailable: its sealing key is not the one that was registered when the round opened.
    """
    federation = party.federation
    now_s, opens = federation.chain_time(), federation.deals_from(federation.round_state(spec.task))
    if now_s < opens:
        raise WrongPhase(
            f"round {spec.task}/{spec.round} opened in a block that is final from chain time {opens} on, it is {now_s}"
            " now; deal then, for that block's hash is part of what is dealt"
        )
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
        shared = _shared_or_none(party, spec, session)
        _seeds(spec, session, own, roots_of(shared), shared)  # nothing is kept that could not be masked with
        near = set(session.holders(own.index))  # of the others only that they dealt
        mine = {str(i): excerpts_of(shared[i])[own.index].hex() if i in near else "" for i in shared}
        party.vault.keep(spec.slot(SHARES, party.account), canonical(mine))
    return _seeds(spec, session, own, *_kept_shares(party, spec, session, own.index))


def _seeds(
    spec: RoundSpec, session: Session, own: OwnSecrets, roots: Mapping[int, bytes], shared: Mapping[int, Shares]
) -> Seeds:
    others_go_on = bool(spec.spec.enforced.group) or not session.complete
    return (seeds_or_alone if others_go_on else seeds_of)(session, own, roots, shared)


def _shared_or_none(party: Party, spec: RoundSpec, session: Session) -> dict[int, Sharing]:
    """What a group dealt. In the second half of Commit nothing, where some of it is withheld: then the group is lost.

    Where all wait for all nobody could commit, and nobody is blamed. The other groups do not wait: who withholds its
    message would take the bonds of those whom it keeps from masking.
    """
    federation = party.federation
    try:
        return shared_in(party, spec, session)
    except StoreUnreachable:
        state = federation.round_state(spec.task)
        late = state.phase is Phase.COMMIT and federation.chain_time() >= middle(state)
        if not (spec.spec.enforced.group and late):
            raise
        return {}


def masked(party: Party, spec: RoundSpec, update: EncodedUpdate) -> tuple[Words, bytes | None]:
    """An update as it leaves the silo, int32 `[d]`, with the digest of its masks note; as it is in a clear task.

    In an encrypted task these are ciphertexts, and more.

    Of a group that is lost a blank leaves in its place.

    Raises:
        StoreUnreachable: the store does not give what somebody dealt; try again.
        TooFewShares: so few dealt that a mask could not be taken off again.
    """
    if not spec.spec.enforced.masked:
        return (encrypted(party, spec, update) if spec.spec.summed else update.words), None
    seeds = own_seeds(party, spec)
    if seeds.alone:
        return mask(seeds, np.zeros(update.words.size, np.int32), update.weight), seeds.note.digest
    return mask(seeds, update.words, update.weight, update.noise), seeds.note.digest


def own_note(party: Party, spec: RoundSpec) -> bytes:
    """The masks note of this party's payload, to be published beside it; the same bytes whenever it is asked.

    Empty in a clear task.
    """
    return own_seeds(party, spec).note.encoded() if spec.spec.enforced.masked else b""


def own_answer(party: Party, spec: RoundSpec) -> tuple[Answer, dict[int, FederatedError]]:
    """The shares of others that this party shows, and by index why it has none of somebody.

    For which survivors it answers is kept before anything is shown: it never answers for others in the same round. Of a
    group in which too few survive it shows none, and says so: that group is left out, and the others go on.

    Raises:
        WrongPhase: the round is not in Unmask, or who survived may still change: nothing leaves before that is final.
        ChainUnreachable: the node does not show every opening that the contract counts; try again.
        KeyUnavailable: its sealing key is not the one that was registered when the round opened.
        UnmaskRefused: it answered for other survivors before, or is none of them.
        TooFewShares: too few survive to open anything.
    """
    session, federation = session_of(party, spec), party.federation
    own, state = _secrets(party, session), federation.round_state(spec.task)
    if (state.round, state.phase) != (spec.round, Phase.UNMASK):
        raise WrongPhase(f"round {spec.task}/{spec.round} is in {state.phase.name}; shares are shown in UNMASK alone")
    if (now_s := federation.chain_time()) < state.opens_at:
        raise WrongPhase(
            f"who survives round {spec.task}/{spec.round} is final from chain time {state.opens_at} on, it is {now_s}"
            " now; answer then, for a reorganisation that finds other survivors would have both masks of one opened"
        )
    reveals = federation.reveals(spec.task, spec.round)
    if len(reveals) != state.revealed:
        raise ChainUnreachable(
            f"the node shows {len(reveals)} openings of round {spec.task}/{spec.round}, the contract counts"
            f" {state.revealed}; ask again, or another node"
        )
    roots, shared = _kept_shares(party, spec, session, own.index)
    turnout = turnout_of(session, roots, reveals)
    fewest = fewest_of(spec)
    if spec.spec.enforced.group and len(turnout.survivors) < max(session.threshold, fewest):
        return Answer(turnout.digest, own.index, ()), {}  # the others go on: its bond is not for the lost group to lose
    if len(turnout.survivors) < fewest:
        raise UnmaskRefused(
            f"{session.place}: {len(turnout.survivors)} survive, and the noise is split among {fewest} at least: their"
            " sum would hide too little; the round opens nothing"
        )
    answered = party.vault.keep(spec.slot(TURNOUT, party.account), turnout.digest)
    return answer(turnout, shared, own.index, _key_in(party, session).private_bytes, answered)


def turnout_of(session: Session, roots: Mapping[int, bytes], reveals: Sequence[Reveal]) -> Turnout:
    """Who dealt what, by the roots of their messages, and who of them revealed in time."""
    survivors = frozenset(one.index for one in reveals if one.index in roots)
    return Turnout(session, roots, survivors)


def fewest_of(spec: RoundSpec) -> int:
    """Silos among whom the noise is split; 1 where there is none."""
    privacy = spec.spec.privacy
    return privacy.fewest if isinstance(privacy, ParticipantPrivacy | StatisticsPrivacy) else 1


def _kept_shares(
    party: Party, spec: RoundSpec, session: Session, index: int
) -> tuple[dict[int, bytes], dict[int, Excerpt]]:
    """What this party read of the others' shares before it masked; the store need not have them any more.

    As it stands in the vault, whoever was first to keep it.

    Returns:
        The root of each message that counts, and of its neighbours' what they hold for this party.

    Raises:
        ContentMissing: it kept nothing, since it has not masked in this round.
        ChainUnreachable: the node does not show every dealer that it masked with: others would seem to survive.
    """
    kept = party.vault.recall(spec.slot(SHARES, party.account))
    if kept is None:
        raise ContentMissing(f"{session.place}: {party.name} kept no shares, so it has masked nothing; it shows none")
    told: dict[int, str] = {int(sharer): message for sharer, message in json.loads(kept).items()}
    roots = {d.index: d.root for d in party.federation.dealt(spec.task, spec.round) if d.index in told}
    if hidden := sorted(told.keys() - roots.keys()):
        raise ChainUnreachable(
            f"{session.place}: the node does not show what participants {', '.join(map(str, hidden))} dealt, and"
            f" {party.name} has masked with it; ask again, or another node"
        )
    return roots, {
        sharer: parse_excerpt(session, sharer, index, roots[sharer], bytes.fromhex(message))
        for sharer, message in told.items()
        if message
    }


def roots_of(shared: Mapping[int, Shares]) -> dict[int, bytes]:
    """The roots of messages of Share, by index."""
    return {index: sharing.root for index, sharing in shared.items()}


def _secrets(party: Party, session: Session) -> OwnSecrets:
    key = _key_in(party, session)
    return secrets_of(session, _index(session, party.account), key.private_bytes, key.version)


def _key_in(party: Party, session: Session) -> SealingKey:
    """The sealing key of this party that was registered when the round opened, or else its current one."""
    registered = session.member(_index(session, party.account)).sealing_key
    key = party.sealing_key
    return next((one for one in key.every if one.public_bytes == registered), key)


def _index(session: Session, account: str) -> int:
    return next(member.index for member in session.members if member.account == account)
