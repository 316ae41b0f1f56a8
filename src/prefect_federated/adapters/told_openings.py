"""What key holders told of a round's sum: documents that they signed, named by letters that anybody may copy.

letters --holder, signature--> hashes, a few a holder --vault | places, some a hash--> documents
"""

import hashlib
import logging
from collections.abc import Collection, Iterable

from prefect_federated.adapters.mailbox import Mailbox, place_of
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.signed_places import document_at
from prefect_federated.core.errors import PayloadError
from prefect_federated.core.letters import read_letter
from prefect_federated.core.paillier.opened import OPENING_BYTES
from prefect_federated.core.releases import ReleaseLetter
from prefect_federated.core.round_spec import RoundSpec

MOST_DOCUMENTS = 4  # of a holder, in a round in which an honest one signs one
_log = logging.getLogger(__name__)


def told_openings(
    party: Party, mailbox: Mailbox | None, spec: RoundSpec, holders: Collection[str]
) -> dict[str, list[bytes]]:
    """Documents that each of these holders signed and that are to be had, the one that was checked before first.

    Each is kept when it is first found, so that it is fetched once. What is not to be had is none.

    Raises:
        StoreUnreachable: mailbox or vault do not answer; try again.
    """
    signed = {holder: set[tuple[bytes, str]]() for holder in holders}
    for letter in signed_letters(party, mailbox, spec, holders) if mailbox is not None else []:
        signed[letter.participant].add((letter.document_hash, letter.document_uri))
    return {holder: _documents(party, spec, holder, places) for holder, places in signed.items()}


def keep_checked(party: Party, spec: RoundSpec, holder: str, opening: bytes) -> None:
    """Keep a holder's opening that was found to be true, whoever may take it out of the mailbox later."""
    party.vault.keep(_checked(party, spec, holder), opening)


def signed_letters(
    party: Party, mailbox: Mailbox, spec: RoundSpec, holders: Collection[str]
) -> Iterable[ReleaseLetter]:
    """These holders' letters of the round, by their own signatures or their delegates'; anything else is left lying."""
    for content in mailbox.read(openings_place(spec)).letters:
        try:
            letter = read_letter(ReleaseLetter, content)
        except PayloadError as error:
            _log.warning("round %d/%d: a letter of openings is left lying: %s", spec.task, spec.round, error)
            continue
        if letter.participant in holders and party.federation.is_release_letter(spec.task, spec.round, letter):
            yield letter


def openings_place(spec: RoundSpec) -> str:
    """Where letters of openings lie in a mailbox."""
    return place_of(spec.chain_id, spec.coordinator, spec.task, spec.round, "release")


def _documents(party: Party, spec: RoundSpec, holder: str, places: Collection[tuple[bytes, str]]) -> list[bytes]:
    checked = party.vault.recall(_checked(party, spec, holder))
    known = set[bytes]() if checked is None else {hashlib.sha256(checked).digest()}
    hashes = sorted({digest for digest, _ in places} - known)
    if len(hashes) > MOST_DOCUMENTS:
        _log.warning(
            "round %d/%d: key holder %s signed %d openings, one is right; %d are looked at",
            *(spec.task, spec.round, holder, len(hashes), MOST_DOCUMENTS),
        )
    found = [] if checked is None else [checked]
    for digest in hashes[:MOST_DOCUMENTS]:
        content = _document(party, spec, holder, digest, [uri for one, uri in places if one == digest])
        found += [] if content is None else [content]
    return found


def _document(party: Party, spec: RoundSpec, holder: str, digest: bytes, uris: Collection[str]) -> bytes | None:
    """The document with a hash: as it was kept, or from one of its places, and then kept."""
    slot = spec.slot(f"document 0x{digest.hex()} of {holder}", party.account)
    if (kept := party.vault.recall(slot)) is not None:
        return kept
    what = f"round {spec.task}/{spec.round}: an opening of {holder}"
    content = document_at(party, what, digest, uris, OPENING_BYTES)
    return None if content is None else party.vault.keep(slot, content)


def _checked(party: Party, spec: RoundSpec, holder: str) -> str:
    return spec.slot(f"opening by {holder}", party.account)
