"""Who made a masked round fail loses its bond: what it bound itself is compared on chain with what came out.

messages of Share, answers, notes --core.masking.faults--> accused --challengeSharing, challengeSeed--> bonds
"""

from prefect_federated.adapters.evm.masking import Bound
from prefect_federated.adapters.evm.records import Reveal, Sent
from prefect_federated.adapters.masked_payload import fetch_note
from prefect_federated.adapters.masking import sessions_of
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_payload, header_of
from prefect_federated.adapters.spool import in_memory
from prefect_federated.adapters.unmasking import answers_in, turnout_in
from prefect_federated.core.errors import ConfigurationError, PayloadError, ProtocolError, StoreUnreachable
from prefect_federated.core.masking.faults import false_seeds, false_sharings
from prefect_federated.core.masking.recovery import open_masks
from prefect_federated.core.masking.session import Session
from prefect_federated.core.proofs import piece_of
from prefect_federated.core.round_spec import RoundSpec


def strike_false(party: Party, spec: RoundSpec) -> list[Sent]:
    """Take the bonds of those who dealt false shares, or bound a false seed; who has none left is passed over.

    False seeds are found once all shares are true: what would be compared with them is joined from the shares.

    Raises:
        StoreUnreachable: what somebody dealt could not be asked for; try again.
    """
    struck, outages = list[Sent](), list[StoreUnreachable]()
    for session in sessions_of(party, spec):
        try:
            struck += _strike_in(party, spec, session)
        except StoreUnreachable as error:  # of one group: the others' are struck all the same
            outages.append(error)
    if outages and not struck:
        raise outages[-1]
    return struck


def _strike_in(party: Party, spec: RoundSpec, session: Session) -> list[Sent]:
    """The same of those who masked together."""
    federation, place = party.federation, (spec.task, spec.round)
    inside = {member.index for member in session.members}
    reveals = [one for one in federation.reveals(*place) if one.index in inside]
    turnout, shared = turnout_in(party, spec, session, reveals)
    messages = answers_in(party, spec, turnout)[0]
    dealt = {one.index: one for one in federation.dealt(*place)}
    bonded = {i for i, one in dealt.items() if federation.enrolment(spec.task, one.participant).bonded}
    false = false_sharings(turnout, shared, messages, federation.shares_needed(*place))
    if false:
        return [federation.challenge_sharing(*place, dealt[one.sharer], one) for one in false if one.sharer in bonded]
    try:
        opened = open_masks(turnout, shared, messages)
    except (PayloadError, ProtocolError):  # too few shares: there is nothing to compare
        return []
    bound = _bound(party, spec, turnout.session, reveals)
    notes = {index: one.note for index, one in bound.items()}
    found = [one for one in false_seeds(opened, shared, notes) if one.owner in bonded]
    return [
        federation.challenge_seed(*place, dealt[one.owner], one, bound[one.owner], dealt[one.other]) for one in found
    ]


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
