"""A masked round at work: what one party deals, masks with, shows, and what all of it adds up to.

registry, RoundStarted --session--> deal --store, root on chain--> seeds --mask--> payload
survivors on chain --answer--> store, root on chain --recover--> exact sum of the updates
"""

import json
from collections.abc import Mapping, Sequence

from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.keeping import dealt_message, in_its_store, longest
from prefect_federated.adapters.party import Party
from prefect_federated.core.canonical import canonical
from prefect_federated.core.combine import Words
from prefect_federated.core.errors import (
    ChainUnreachable,
    ContentMissing,
    FederatedError,
    MalformedMessage,
    UnknownParticipant,
    UnmaskRefused,
    WrongPhase,
)
from prefect_federated.core.masking.answer import Answer, answer
from prefect_federated.core.masking.excerpt import Excerpt, excerpts_of, parse_excerpt
from prefect_federated.core.masking.masked import Seeds, mask, seeds_of
from prefect_federated.core.masking.own_secrets import OwnSecrets, secrets_of
from prefect_federated.core.masking.session import Session, complete, usable_key
from prefect_federated.core.masking.sharing import share
from prefect_federated.core.masking.transcript import Shares, Sharing, parse_sharing
from prefect_federated.core.masking.turnout import Turnout
from prefect_federated.core.participant_privacy import ParticipantPrivacy
from prefect_federated.core.round import Phase
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
    everybody = federation.dealt(*place)
    if len(everybody) != (counted := federation.dealers(*place)):
        raise ChainUnreachable(
            f"the node shows {len(everybody)} dealers of round {spec.task}/{spec.round}, the contract counts {counted};"
            " ask again, or another node"
        )
    for dealt in in_its_store(party, spec, everybody):
        if dealt.index not in members:
            continue
        message = dealt_message(party, spec, dealt, longest(len(session.holders(dealt.index))))
        try:
            sharing = parse_sharing(session, dealt.index, message)
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
    turnout = turnout_of(session, shared, reveals)
    if len(turnout.survivors) < (fewest := fewest_of(spec)):
        raise UnmaskRefused(
            f"{session.place}: {len(turnout.survivors)} survive, and the noise is split among {fewest} at least: their"
            " sum would hide too little; the round opens nothing"
        )
    answered = party.vault.keep(spec.slot(TURNOUT, party.account), turnout.digest)
    return answer(turnout, shared, own.index, party.sealing_key.private_bytes, answered)


def turnout_of(session: Session, shared: Mapping[int, Shares], reveals: Sequence[Reveal]) -> Turnout:
    """Who dealt what, and who of them revealed in time."""
    survivors = frozenset(one.index for one in reveals if one.index in shared)
    return Turnout(session, _roots(shared), survivors)


def fewest_of(spec: RoundSpec) -> int:
    """Silos among whom the noise is split; 1 where there is none."""
    privacy = spec.spec.privacy
    return privacy.fewest if isinstance(privacy, ParticipantPrivacy) else 1


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
