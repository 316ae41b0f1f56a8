"""Opening a round's encrypted sum: each key holder publishes what its own decrypts to, whoever reads checks and joins.

holder: payloads --proofs, added--> its sum --vault, once a round--> document in the store --signed letter--> mailbox
reader: payloads --proofs, added--> sums   letters --signature, root--> openings --all of them--> exact sum | why not
"""

import hashlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace

from prefect_federated.adapters.encrypting import sum_session
from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.gathering import Gathered, OutOfRange, fetch_in_range, gather
from prefect_federated.adapters.mailbox import Mailbox, place_of
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.spool import Spool
from prefect_federated.adapters.sum_keys import recalled_sum_key
from prefect_federated.core.aggregation.two_tiers import Sums
from prefect_federated.core.aggregation.vector import Vector
from prefect_federated.core.due import sums_due, sums_until
from prefect_federated.core.encrypted_spec import Encrypted
from prefect_federated.core.errors import (
    ConfigurationError,
    ContentMismatch,
    PayloadError,
    StoreUnreachable,
    TooFewShares,
)
from prefect_federated.core.letters import read_letter
from prefect_federated.core.paillier.opened import (
    OPENING_BYTES,
    SumOpening,
    added,
    check_opening,
    join,
    open_sum,
    read_opening,
)
from prefect_federated.core.paillier.payload import Ciphertexts, parse_payload
from prefect_federated.core.paillier.session import Session
from prefect_federated.core.relaying import middle
from prefect_federated.core.releases import ReleaseLetter
from prefect_federated.core.round import Reason, RoundState
from prefect_federated.core.round_spec import RoundSpec

OPENED = "opened sum"  # slot of what a holder opened, kept before anybody sees it
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Added:
    """A round's payloads as one party reads them: who is in the sum under which root, the sum still encrypted."""

    session: Session
    gathered: Gathered
    roots: Mapping[str, bytes]
    total: Ciphertexts


def own_opening(party: Party, spec: RoundSpec) -> bytes | None:
    """What this holder opens of the round, as canonical JSON; None where nothing is to be opened now.

    Once a round: it is kept before anybody sees it, and given again rather than another one. Nothing is opened before
    reveals are final, once a proposal stands, or of fewer updates than the quorum; in the first half of the window not
    while a revealed payload cannot be had either, for others may read it, and would open another sum.

    Raises:
        TooFewShares: so few can be added that the sum would tell too much; it is never opened.
        StoreUnreachable: a revealed payload is not to be had now; try again.
        KeyUnavailable: this party is no holder of the task, or its key is not to be had.
    """
    session, federation = sum_session(spec), party.federation
    at = session.holder_at(party.account)
    state, now_s = federation.round_state(spec.task), federation.chain_time()
    if state.round != spec.round or not sums_due(state, now_s, spec.spec.enforced.finality_gap):
        return None
    kept = party.vault.recall(spec.slot(OPENED, party.account))
    if kept is not None:
        return kept
    key = recalled_sum_key(party, session.holders[at].key)
    found = add_revealed(party, spec, federation.reveals(spec.task, spec.round))
    _require_enough(spec, found, waits=now_s < middle(state))
    opening = open_sum(session, party.account, key, found.total, found.roots)
    return party.vault.keep(spec.slot(OPENED, party.account), opening.to_bytes())


def leave_opening(party: Party, mailbox: Mailbox, spec: RoundSpec, opening: bytes) -> bool:
    """Leave what this holder opened for the others; whether it did not lie there."""
    place = (party.store.put([opening]), hashlib.sha256(opening).digest())
    there = _letters(party, mailbox, spec, party.account)
    if any((letter.document_uri, letter.document_hash) == place for letter in there):
        return False
    letter = party.federation.sign_release(spec.task, spec.round, party.account, *place)
    mailbox.leave(_place(spec), letter.to_bytes())
    return True


def gather_encrypted(party: Party, spec: RoundSpec, reveals: list[Reveal], mailbox: Mailbox | None) -> Gathered:
    """The encrypted updates with their exact sum; where it is not opened, none, and why.

    Args:
        mailbox: where openings lie that this party has not kept.

    Raises:
        StoreUnreachable: no payload, or an opening, could be asked for; try again.
    """
    found = add_revealed(party, spec, reveals)
    try:
        openings, wrong = _openings(party, mailbox, spec, found)
        if wrong:
            raise ContentMismatch("; ".join(wrong))
        words = join(found.session, openings)
        _require_range(spec, words, found.gathered)
    except PayloadError as error:
        lost = Reason.OUT_OF_RANGE if isinstance(error, OutOfRange) else Reason.UNDECRYPTABLE
        why = {update.participant: str(error) for update in found.gathered.updates}
        return replace(found.gathered, details=why | found.gathered.details, lost=lost)
    return replace(found.gathered, total=words)


def add_revealed(party: Party, spec: RoundSpec, reveals: list[Reveal]) -> Added:
    """Every revealed payload whose proofs hold, added; the same for all who read the same."""
    session, ciphertexts = sum_session(spec), dict[str, Ciphertexts]()

    def fetch(party: Party, spec: RoundSpec, reveal: Reveal, spool: Spool) -> Vector:
        words = fetch_in_range(party, spec, reveal, spool)
        ciphertexts[reveal.participant] = parse_payload(session, reveal.participant, words[:])
        return words

    gathered = gather(party, spec, reveals, fetch)
    roots = {one.participant: one.opening.payload_root for one in reveals if one.participant in ciphertexts}
    return Added(session, gathered, roots, added(session, list(ciphertexts.values())))


def holders_awaited(party: Party, mailbox: Mailbox | None, spec: RoundSpec) -> list[str]:
    """Key holders of whom this party has no opening, true or not."""
    return [one.account for one in sum_session(spec).holders if not _told_by(party, mailbox, spec, one.account)]


def awaits_sums(party: Party, mailbox: Mailbox | None, spec: RoundSpec, state: RoundState) -> bool:
    """Whether an opening is missing that could still come, in the first three quarters of Aggregate.

    Raises:
        ConfigurationError: key holders open the task's sums, and this party has no mailbox to find their openings in.
    """
    if not isinstance(spec.spec.masking, Encrypted):
        return False
    if mailbox is None:
        raise ConfigurationError(
            f"round {spec.task}/{spec.round}: key holders open its sum, and {party.name} has no mailbox to find their"
            " openings in; name the folder that the federation shares"
        )
    return bool(holders_awaited(party, mailbox, spec)) and party.federation.chain_time() < sums_until(state)


def keep_openings(party: Party, mailbox: Mailbox, spec: RoundSpec) -> None:
    """Keep what lies in the mailbox of a round's openings, whoever may take it out later."""
    for holder in sum_session(spec).holders:
        _told_by(party, mailbox, spec, holder.account)


def _openings(
    party: Party, mailbox: Mailbox | None, spec: RoundSpec, found: Added
) -> tuple[dict[str, SumOpening], list[str]]:
    """Of every holder its opening of this very sum; of those that opened none, but something else, a sentence each."""
    good, wrong = dict[str, SumOpening](), list[str]()
    for holder in (one.account for one in found.session.holders):
        said = list[str]()
        for content in _told_by(party, mailbox, spec, holder):
            try:
                opening = read_opening(content)
                check_opening(found.session, holder, found.total, found.roots, opening)
            except PayloadError as error:
                said.append(str(error))
            else:
                good[holder] = opening
                break
        else:
            wrong += said
    return good, wrong


def _told_by(party: Party, mailbox: Mailbox | None, spec: RoundSpec, holder: str) -> list[bytes]:
    """Documents that a holder signed, kept ones first; of those in the mailbox the first is kept.

    Raises:
        StoreUnreachable: one could not be asked for; try again.
    """
    slot = spec.slot(f"opening by {holder}", party.account)
    kept = party.vault.recall(slot)
    found = [] if kept is None else [kept]
    for letter in _letters(party, mailbox, spec, holder) if mailbox is not None else []:
        try:
            content = b"".join(party.store.get(letter.document_uri, OPENING_BYTES))
        except StoreUnreachable:
            raise
        except (PayloadError, ConfigurationError) as error:
            _log.warning("round %d/%d: an opening of %s is not to be had: %s", spec.task, spec.round, holder, error)
            continue
        if hashlib.sha256(content).digest() == letter.document_hash and content not in found:
            found.append(content)
    if kept is None and found:
        party.vault.keep(slot, found[0])
    return found


def _require_enough(spec: RoundSpec, found: Added, waits: bool) -> None:
    """A holder opens one sum a round, so it is to be the one that all others come to.

    Raises:
        StoreUnreachable: a revealed payload is not to be had, and there is time to wait for it.
        TooFewShares: too few are in the sum.
    """
    missing = [one for one, reason in found.gathered.reasons.items() if reason is Reason.UNAVAILABLE]
    if missing and waits:
        raise StoreUnreachable(
            f"round {spec.task}/{spec.round}: {found.gathered.details[missing[0]]}; its sum is opened once, so it waits"
            " for that payload until the middle of Aggregate"
        )
    if (have := len(found.roots)) < (most := spec.spec.enforced.quorum):
        raise TooFewShares(f"round {spec.task}/{spec.round}: a sum of {have} would be opened, {most} are the fewest")


def _require_range(spec: RoundSpec, words: Sums, gathered: Gathered) -> None:
    """A sum is one that updates within the task's limit could make.

    Raises:
        OutOfRange: somebody encrypted something else.
    """
    weight = sum(update.weight for update in gathered.updates)
    largest, most = max(int(words.max()), -int(words.min())), spec.spec.update.limit * weight
    if largest > most:
        raise OutOfRange(
            f"the sum has a word of {largest}, updates of weight {weight} within limit {spec.spec.update.limit} come to"
            f" {most} at most; somebody encrypted something else, and nobody can tell who"
        )


def _letters(party: Party, mailbox: Mailbox, spec: RoundSpec, holder: str) -> list[ReleaseLetter]:
    """A holder's letters of the round, by its own signature or its delegate's; anything else is left lying."""
    found = list[ReleaseLetter]()
    for content in mailbox.read(_place(spec)).letters:
        try:
            letter = read_letter(ReleaseLetter, content)
        except PayloadError as error:
            _log.warning("round %d/%d: a letter of openings is left lying: %s", spec.task, spec.round, error)
            continue
        if letter.participant == holder and party.federation.is_release_letter(spec.task, spec.round, letter):
            found.append(letter)
    return found


def _place(spec: RoundSpec) -> str:
    return place_of(spec.chain_id, spec.coordinator, spec.task, spec.round, "release")
