"""Who made a masked round fail loses its bond: what it bound itself is compared on chain with what came out.

messages of Share, answers, notes --core.masking.faults--> accused --challengeSharing, challengeSeed--> bonds
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from prefect_federated.adapters.evm.masking import Bound
from prefect_federated.adapters.evm.records import Reveal, Sent
from prefect_federated.adapters.masked_payload import fetch_note
from prefect_federated.adapters.masking import sessions_of
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_payload, header_of
from prefect_federated.adapters.spool import in_memory
from prefect_federated.adapters.unmasking import answers_in, turnout_in
from prefect_federated.core.errors import (
    ConfigurationError,
    FederatedError,
    PayloadError,
    ProtocolError,
    StoreUnreachable,
    TransportError,
)
from prefect_federated.core.masking.faults import false_seeds, false_sharings
from prefect_federated.core.masking.recovery import open_masks
from prefect_federated.core.masking.session import Session
from prefect_federated.core.proofs import piece_of
from prefect_federated.core.round_spec import RoundSpec


@dataclass(frozen=True, slots=True)
class Strikes:
    """Who lost its bond now, by what was sent; `missed` where somebody could not be looked at, or not be struck."""

    sent: tuple[Sent, ...]
    missed: bool


def strike_false(party: Party, spec: RoundSpec) -> Strikes:
    """Take the bonds of those who dealt false shares, or bound a false seed; who has none left is passed over.

    In each group by itself: what is not to be had of one keeps nobody in another from being struck. False seeds are
    found once all shares of a group are true: what would be compared with them is joined from the shares.

    Raises:
        StoreUnreachable: nobody was struck, and what somebody dealt or showed could not be asked for; try again.
        ChainUnreachable: the node does not answer, or does not show all that the contract counts; try again.
        FederatedError: nobody was struck, and a contract refused a proof: another party was first, say.
    """
    struck, missed = list[Sent](), list[FederatedError]()
    for session in sessions_of(party, spec):
        try:
            for accuse in _accusations(party, spec, session):
                try:
                    struck.append(accuse())
                except FederatedError as error:
                    if isinstance(error, TransportError):
                        raise
                    missed.append(error)
        except StoreUnreachable as error:
            missed.append(error)
    if missed and not struck:
        raise missed[-1]
    return Strikes(tuple(struck), bool(missed))


def _accusations(party: Party, spec: RoundSpec, session: Session) -> Iterator[Callable[[], Sent]]:
    """What is to be sent against each who is at fault among those who masked together.

    Raises:
        StoreUnreachable: there is nobody to accuse, and an answer could not be asked for.
    """
    federation, place = party.federation, (spec.task, spec.round)
    inside = {member.index for member in session.members}
    reveals = [one for one in federation.reveals(*place) if one.index in inside]
    turnout, shared = turnout_in(party, spec, session, reveals)
    messages, outages = answers_in(party, spec, turnout)
    dealt = {one.index: one for one in federation.dealt(*place)}
    struck = federation.struck(*place)
    liable = {
        i
        for i in inside & dealt.keys()
        if dealt[i].participant not in struck and federation.enrolment(spec.task, dealt[i].participant).bonded
    }
    if false := false_sharings(turnout, shared, messages):
        for sharing in false:
            if sharing.sharer in liable:
                yield partial(federation.challenge_sharing, *place, dealt[sharing.sharer], sharing)
        return
    try:
        opened = open_masks(turnout, shared, messages)
    except (PayloadError, ProtocolError):  # too few shares: there is nothing to compare
        if outages:
            raise outages[-1] from None
        return
    bound = _bound(party, spec, turnout.session, reveals)
    notes = {index: one.note for index, one in bound.items()}
    for seed in false_seeds(opened, shared, notes):
        if seed.owner in liable:
            accused, other = dealt[seed.owner], dealt[seed.other]
            yield partial(federation.challenge_seed, *place, accused, seed, bound[seed.owner], other)


def _bound(party: Party, spec: RoundSpec, session: Session, reveals: list[Reveal]) -> dict[int, Bound]:
    """By index what payloads say of their masks, of those whose payload and note can be read."""
    found = dict[int, Bound]()
    for reveal in reveals:
        where = (party.store, spec, reveal.participant, reveal.opening, reveal.uri)
        try:
            plain = fetch_payload(*where, party.account, party.sealing_key, in_memory)
            secret = header_of(plain, spec, reveal.participant, reveal.opening).secret
            note = fetch_note(party, session, reveal, secret)
        except (PayloadError, ConfigurationError, StoreUnreachable):
            continue
        header = piece_of(plain, 0, spec.spec.enforced.chunk_bytes)
        found[reveal.index] = Bound(reveal.opening, header, note)
    return found
