"""A masked payload and the note beside it: what it is masked with, as its header binds it.

envelope --> note --digest, neighbours--> header of the payload --> words, uniform to whoever lacks a seed
"""

from prefect_federated.adapters.envelope import read_envelope
from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_payload, header_of
from prefect_federated.adapters.spool import Spool
from prefect_federated.core.aggregation.vector import Vector
from prefect_federated.core.errors import MalformedMessage
from prefect_federated.core.masking.note import MasksNote, parse_note
from prefect_federated.core.masking.session import Session
from prefect_federated.core.payload import words_of
from prefect_federated.core.round_spec import RoundSpec


def fetch_masked(
    party: Party, spec: RoundSpec, session: Session, reveal: Reveal, spool: Spool
) -> tuple[Vector, MasksNote]:
    """Fetch one revealed payload and its note: int32 `[d]`, any words.

    Raises:
        MalformedMessage: the note is missing, has another form, or is not the one that the header binds.
        PayloadError: the payload cannot be opened, or is not what was revealed.
        SpoolFailed: the disk beside the memory is full or fails.
    """
    where = (party.store, spec, reveal.participant, reveal.opening, reveal.uri)
    plain = fetch_payload(*where, party.account, party.sealing_key, spool.keep)
    header = header_of(plain, spec, reveal.participant, reveal.opening)
    return words_of(plain, header)["model"], fetch_note(party, session, reveal, header.secret)


def fetch_note(party: Party, session: Session, reveal: Reveal, digest: bytes) -> MasksNote:
    """Fetch the note that lies beside a revealed payload.

    Raises:
        MalformedMessage: it is missing, has another form, or is not the one that the payload's header binds.
    """
    note = parse_note(session, reveal.index, read_envelope(party.store, reveal.uri).masks)
    if note.digest != digest:
        raise MalformedMessage(
            f"{session.place}: the masks note of participant {reveal.index} has digest 0x{note.digest.hex()}, the"
            f" header of its payload binds 0x{digest.hex()}; refuse its sender"
        )
    return note
