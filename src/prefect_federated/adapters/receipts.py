"""Receipts for revealed payloads: left in the mailbox by whoever aggregates, kept in its vault by whom they protect.

reveals --fetch, open--> receipts --mailbox--> participant --whose, for what--> vault
"""

from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.mailbox import Mailbox, place_of
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_payload, fetch_sealed_root
from prefect_federated.adapters.reading import made_over, read_result
from prefect_federated.adapters.spool import Spool
from prefect_federated.core.errors import ConfigurationError, PayloadError, StoreUnreachable
from prefect_federated.core.letters import read_letter
from prefect_federated.core.proposal import unpack_exclusions
from prefect_federated.core.receipts import ReceiptLetter
from prefect_federated.core.round import Reason
from prefect_federated.core.round_spec import RoundSpec


def issue_missing(party: Party, mailbox: Mailbox, spec: RoundSpec) -> int:
    """Leave a receipt for every revealed payload that this party can open and left none for; how many it left.

    Nothing is left by a delegate: the contract takes a receipt from the proposer's own account alone.
    """
    federation = party.federation
    if federation.signer != party.account:
        return 0
    left = {letter.participant for letter in _receipts(party, mailbox, spec) if letter.holder == party.account}
    missing = [reveal for reveal in federation.reveals(spec.task, spec.round) if reveal.participant not in left]
    opened = [reveal for reveal in missing if _opens(party, spec, reveal)]
    for reveal in opened:
        mailbox.leave(_place(spec), federation.sign_receipt(spec.task, spec.round, reveal).to_bytes())
    return len(opened)


def keep_arrived(party: Party, mailbox: Mailbox, spec: RoundSpec) -> list[str]:
    """Move this participant's receipts from the mailbox into its vault; whose they are."""
    reveal = next((r for r in party.federation.reveals(spec.task, spec.round) if r.participant == party.account), None)
    if reveal is None:
        return []
    revealed = (reveal.opening.sealed_root, reveal.opening.content_key_hash)
    mine = [letter for letter in _receipts(party, mailbox, spec) if letter.participant == party.account]
    good = [letter for letter in mine if (letter.sealed_root, letter.content_key_hash) == revealed]
    for letter in good:
        party.vault.keep(_slot(spec, letter.holder), letter.to_bytes())
    return [letter.holder for letter in good]


def kept_receipt(party: Party, spec: RoundSpec, holder: str) -> ReceiptLetter | None:
    """The receipt that a holder gave this participant in a round, if it kept one."""
    document = party.vault.recall(_slot(spec, holder))
    return None if document is None else read_letter(ReceiptLetter, document)


def broken_receipt(party: Party, spec: RoundSpec) -> bool:
    """Whether the standing proposal calls this participant's payload unavailable or passes it by, against a receipt.

    Whoever revealed by itself is passed by against what the chain holds, and needs no receipt for that.
    """
    federation = party.federation
    excluded = unpack_exclusions(federation.proposal(spec.task, spec.round).exclusions)
    index = federation.enrolment(spec.task, party.account).index
    passed_over = index not in excluded and _passed_over(party, spec)
    if excluded.get(index) is not Reason.UNAVAILABLE and not passed_over:
        return False
    if passed_over and federation.standing_leaf(spec.task, spec.round, party.account) is None:
        return True
    return kept_receipt(party, spec, federation.proposer(spec.task, spec.round)) is not None


def _passed_over(party: Party, spec: RoundSpec) -> bool:
    """Revealed and not included, where rolls are allowed: elsewhere the chain counts, and nobody can be."""
    if not spec.spec.enforced.rolled:
        return False
    revealed = {reveal.participant for reveal in party.federation.reveals(spec.task, spec.round)}
    included = {record.participant for record in read_result(party, spec.task, spec.round).included}
    return party.account in revealed - included


def _receipts(party: Party, mailbox: Mailbox, spec: RoundSpec) -> list[ReceiptLetter]:
    """Receipts in the mailbox that their holders signed; anything else is left lying."""
    found = []
    for content in mailbox.read(_place(spec)).letters:
        try:
            letter = read_letter(ReceiptLetter, content)
        except PayloadError:
            continue
        if party.federation.is_receipt(spec.task, spec.round, letter):
            found.append(letter)
    return found


def _opens(party: Party, spec: RoundSpec, reveal: Reveal) -> bool:
    """Whether this party holds the payload and can open it; where the committee opens updates, whether it holds it."""
    try:
        where = (party.store, made_over(party, spec, reveal.behind), reveal.participant, reveal.opening, reveal.uri)
        if spec.threshold:
            return fetch_sealed_root(party.store, spec, reveal.uri) == reveal.opening.sealed_root
        fetch_payload(*where, party.account, party.sealing_key, Spool().keep)
    except (PayloadError, ConfigurationError, StoreUnreachable):
        return False
    return True


def _place(spec: RoundSpec) -> str:
    return place_of(spec.chain_id, spec.coordinator, spec.task, spec.round, "receipt")


def _slot(spec: RoundSpec, holder: str) -> str:
    return spec.slot("receipt", holder)
