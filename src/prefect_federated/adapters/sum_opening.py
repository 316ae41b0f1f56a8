"""Opening a round's encrypted sum: each key holder publishes what its own decrypts to, whoever reads checks and joins.

holder: payloads --proofs, added--> its sum --vault, home--> document in the store --signed letter--> mailbox
reader: payloads --proofs, added--> sums   letters --signature, root--> openings --all of them--> exact sum | why not
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from prefect_federated.adapters.encrypting import sum_session
from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.gathering import Gathered, OutOfRange, fetch_in_range, gather
from prefect_federated.adapters.mailbox import Mailbox
from prefect_federated.adapters.opened_once import record_opened, require_unopened
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.spool import Spool
from prefect_federated.adapters.sum_bounds import require_honest_sum
from prefect_federated.adapters.sum_keys import recalled_sum_key
from prefect_federated.adapters.told_openings import keep_checked, openings_place, signed_letters, told_openings
from prefect_federated.core.aggregation.vector import Vector
from prefect_federated.core.due import sums_due, sums_until
from prefect_federated.core.encrypted_spec import Encrypted
from prefect_federated.core.errors import (
    ChainUnreachable,
    ConfigurationError,
    ContentMismatch,
    PayloadError,
    StoreUnreachable,
    TooFewShares,
)
from prefect_federated.core.paillier.opened import (
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
from prefect_federated.core.round import Reason, RoundState
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.spec import TaskSpec

OPENED = "opened sum"  # slot of what a holder opened, kept before anybody sees it


@dataclass(frozen=True, slots=True)
class Added:
    """A round's payloads as one party reads them: who is in the sum under which root, the sum still encrypted.

    `refused` sent what everybody reads alike, and what is no encrypted update.
    """

    session: Session
    gathered: Gathered
    roots: Mapping[str, bytes]
    total: Ciphertexts
    refused: frozenset[str]


def own_opening(party: Party, spec: RoundSpec) -> bytes | None:
    """What this holder opens of the round, as canonical JSON; None where nothing is to be opened now.

    Once a round: it is kept before anybody sees it, and given again rather than another one. That it was opened is also
    recorded in the holder's home, for the vault lies in the shared store, whose keeper could take it back. Nothing is
    opened before reveals are final, once a proposal stands, or of fewer updates than the quorum; in the first half of
    the window not while a revealed payload cannot be read either, for others may read it, and would open another sum.

    Raises:
        UnmaskRefused: it opened a sum of the round that its vault does not hold any more, or holds as another.
        ChainUnreachable: the node does not show every opening that the contract counts; try again.
        TooFewShares: so few can be added that the sum would tell too much; it is never opened.
        StoreUnreachable: a revealed payload cannot be read now; try again.
        KeyUnavailable: this party is no holder of the task, or its key is not to be had.
    """
    session, federation = sum_session(spec), party.federation
    at = session.holder_at(party.account)
    state, now_s = federation.round_state(spec.task), federation.chain_time()
    if state.round != spec.round or not sums_due(state, now_s, spec.spec.enforced.finality_gap):
        return None
    slot = spec.slot(OPENED, party.account)
    kept = party.vault.recall(slot)
    if kept is None:
        require_unopened(federation.home, slot)
        key = recalled_sum_key(party, session.holders[at].key)
        found = add_revealed(party, spec, _all_reveals(party, spec, state))
        _require_enough(spec, found, waits=now_s < middle(state))
        opening = open_sum(session, party.account, key, found.total, found.roots)
        kept = party.vault.keep(slot, opening.to_bytes())
    record_opened(federation.home, slot, kept)
    return kept


def leave_opening(party: Party, mailbox: Mailbox, spec: RoundSpec, opening: bytes) -> bool:
    """Leave what this holder opened for the others; whether it did not lie there."""
    place = (party.store.put([opening]), hashlib.sha256(opening).digest())
    there = signed_letters(party, mailbox, spec, (party.account,))
    if any((letter.document_uri, letter.document_hash) == place for letter in there):
        return False
    letter = party.federation.sign_release(spec.task, spec.round, party.account, *place)
    mailbox.leave(openings_place(spec), letter.to_bytes())
    return True


def gather_encrypted(
    party: Party, spec: RoundSpec, reveals: list[Reveal], mailbox: Mailbox | None, last_try: bool = False
) -> Gathered:
    """The encrypted updates with their exact sum; where it is not opened, none, and why.

    Args:
        mailbox: where openings lie that this party has not kept.
        last_try: a mailbox that does not answer counts as empty: whoever has to propose says so, in the end.

    Raises:
        StoreUnreachable: no payload could be asked for, or the mailbox does not answer; try again.
    """
    found = add_revealed(party, spec, reveals)
    told = _told(party, mailbox, spec, found.session, last_try)
    try:
        openings, wrong = _openings(party, spec, found, told)
        if wrong:
            raise ContentMismatch("; ".join(wrong))
        words, included = join(found.session, openings), found.gathered.updates
        require_honest_sum(spec, words, sum(one.weight for one in included), len(included))
    except PayloadError as error:
        lost = Reason.OUT_OF_RANGE if isinstance(error, OutOfRange) else Reason.UNDECRYPTABLE
        why = {update.participant: str(error) for update in found.gathered.updates}
        return replace(found.gathered, details=why | found.gathered.details, lost=lost)
    return replace(found.gathered, total=words)


def add_revealed(party: Party, spec: RoundSpec, reveals: list[Reveal]) -> Added:
    """Every revealed payload whose proofs hold, added; the same for all who read the same."""
    session, ciphertexts, fetched = sum_session(spec), dict[str, Ciphertexts](), set[str]()

    def fetch(party: Party, spec: RoundSpec, reveal: Reveal, spool: Spool) -> Vector:
        words = fetch_in_range(party, spec, reveal, spool)
        fetched.add(reveal.participant)
        ciphertexts[reveal.participant] = parse_payload(session, reveal.participant, words[:])
        return words

    gathered = gather(party, spec, reveals, fetch)
    roots = {one.participant: one.opening.payload_root for one in reveals if one.participant in ciphertexts}
    total = added(session, list(ciphertexts.values()))
    return Added(session, gathered, roots, total, frozenset(fetched.difference(ciphertexts)))


def holders_awaited(party: Party, mailbox: Mailbox | None, spec: RoundSpec) -> list[str]:
    """Key holders of whom this party has no opening, true or not; without a mailbox, of whom it kept no true one."""
    holders = [one.account for one in sum_session(spec).holders]
    return [holder for holder, told in told_openings(party, mailbox, spec, holders).items() if not told]


def awaits_sums(party: Party, mailbox: Mailbox | None, spec: RoundSpec, state: RoundState) -> bool:
    """Whether an opening is missing that could still come, in the first three quarters of Aggregate.

    After that nothing is asked for: whoever has to propose does so, with what it has.

    Raises:
        ConfigurationError: key holders open the task's sums, and this party has no mailbox to find their openings in.
        StoreUnreachable: the mailbox does not answer; try again.
    """
    if not isinstance(spec.spec.masking, Encrypted) or party.federation.chain_time() >= sums_until(state):
        return False
    require_openings_found(party, mailbox, spec.spec)
    return bool(holders_awaited(party, mailbox, spec))


def require_openings_found(party: Party, mailbox: Mailbox | None, agreed: TaskSpec) -> None:
    """Refuse to wait for key holders in a task where this party cannot find what they open.

    Raises:
        ConfigurationError: key holders open the task's sums, and this party has no mailbox.
    """
    if mailbox is None and isinstance(agreed.masking, Encrypted):
        raise ConfigurationError(
            f"task {agreed.name}: key holders open its sums, and {party.name} has no mailbox to find their openings in;"
            " name the folder that the federation shares, or the round is proposed void when its time runs out"
        )


def _told(
    party: Party, mailbox: Mailbox | None, spec: RoundSpec, session: Session, last_try: bool
) -> dict[str, list[bytes]]:
    holders = [one.account for one in session.holders]
    try:
        return told_openings(party, mailbox, spec, holders)
    except StoreUnreachable:
        if not last_try:
            raise
        return told_openings(party, None, spec, holders)


def _openings(
    party: Party, spec: RoundSpec, found: Added, told: Mapping[str, list[bytes]]
) -> tuple[dict[str, SumOpening], list[str]]:
    """Of every holder its opening of this very sum; of those that opened none, but something else, a sentence each.

    Those are kept that are found to be true, and no others.
    """
    good, wrong = dict[str, SumOpening](), list[str]()
    for holder, contents in told.items():
        said = list[str]()
        for content in contents:
            try:
                opening = read_opening(content)
                check_opening(found.session, holder, found.total, found.roots, opening)
            except PayloadError as error:
                said.append(str(error))
            else:
                good[holder] = opening
                keep_checked(party, spec, holder, content)
                break
        else:
            wrong += said
    return good, wrong


def _all_reveals(party: Party, spec: RoundSpec, state: RoundState) -> list[Reveal]:
    """What was revealed, all of it: a sum of less would be the only one that this holder ever opens.

    Raises:
        ChainUnreachable: the node shows fewer.
    """
    reveals = party.federation.reveals(spec.task, spec.round)
    if len(reveals) != state.revealed:
        raise ChainUnreachable(
            f"the node shows {len(reveals)} openings of round {spec.task}/{spec.round}, the contract counts"
            f" {state.revealed}; its sum is opened once, so ask again, or another node"
        )
    return reveals


def _require_enough(spec: RoundSpec, found: Added, waits: bool) -> None:
    """A holder opens one sum a round, so it is to be the one that all others come to.

    Raises:
        StoreUnreachable: a revealed payload cannot be read as committed, and there is time to wait for it: whoever
            keeps the store may withhold it, or serve other bytes.
        TooFewShares: too few are in the sum.
    """
    missing = [one for one in found.gathered.reasons if one not in found.refused]
    if missing and waits:
        raise StoreUnreachable(
            f"round {spec.task}/{spec.round}: {found.gathered.details[missing[0]]}; its sum is opened once, so it waits"
            " for that payload until the middle of Aggregate"
        )
    if (have := len(found.roots)) < (most := spec.spec.enforced.quorum):
        raise TooFewShares(f"round {spec.task}/{spec.round}: a sum of {have} would be opened, {most} are the fewest")
