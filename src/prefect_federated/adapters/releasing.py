"""Releasing: members give their shares of revealed payloads to the round's readers, who join enough of them to a key.

member: envelope --own share, each reader--> document in the store --letter--> mailbox
reader: letters --seat, signature, share hash--> good shares --threshold--> key --dealt again, compared--> vault
"""

import hashlib
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from prefect_federated.adapters.content_keys import Joined, keep_key, kept_key
from prefect_federated.adapters.envelope import SharedEnvelope, read_shared
from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.mailbox import Mailbox, place_of
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.signed_places import document_at
from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.dealing import Dealt, deal, join_key, open_release, release, shares_of, unwrap_share
from prefect_federated.core.due import shares_due
from prefect_federated.core.errors import (
    ConfigurationError,
    ContentMissing,
    PayloadError,
    StoreUnreachable,
    Undecryptable,
)
from prefect_federated.core.letters import read_letter
from prefect_federated.core.releases import (
    DOCUMENT_BYTES,
    MOST_PAYLOADS,
    ReleaseDocument,
    ReleaseLetter,
    read_release,
)
from prefect_federated.core.round_spec import RoundSpec

Released = tuple[str, ReleaseDocument]  # a member, and what it released
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reading:
    """How far a reader has come with a round's payloads.

    `awaited` are participants of whose key too few shares are there, and could still come; `wrong` are sentences that
    name who released, or dealt, what.
    """

    joined: int
    awaited: tuple[str, ...]
    wrong: tuple[str, ...]


def require_mailbox(mailbox: Mailbox | None, party: Party, spec: RoundSpec) -> Mailbox:
    """The mailbox that releases travel by.

    Raises:
        ConfigurationError: the party has none.
    """
    if mailbox is None:
        raise ConfigurationError(
            f"round {spec.task}/{spec.round}: {spec.threshold} members of the committee open updates together, and"
            f" {party.name} has no mailbox to leave or find their shares in; name the folder that the federation shares"
        )
    return mailbox


def release_shares(party: Party, mailbox: Mailbox, spec: RoundSpec) -> int:
    """Leave this member's shares of payloads that are revealed and that it has left none of; of how many.

    Nothing before reveals are over: whoever did not reveal by then, or was retracted, is not among them, and nothing is
    ever released of it. Nothing once a proposal stands. Where a share does not open, that is said instead.
    """
    state = party.federation.round_state(spec.task)
    gap_s, now_s = spec.spec.enforced.finality_gap, party.federation.chain_time()
    if state.round != spec.round or not shares_due(state, now_s, gap_s) or party.account not in _members(party, spec):
        return 0
    mine = [document for member, document in _released(party, mailbox, spec) if member == party.account]
    reveals = party.federation.reveals(spec.task, spec.round)
    missing = [one for one in reveals if not any(document.answers(one.participant) for document in mine)]
    answers = {one.participant.lower(): answer for one in missing if (answer := _answer(party, spec, one)) is not None}
    for at in range(0, len(answers), MOST_PAYLOADS):
        part = sorted(answers.items())[at : at + MOST_PAYLOADS]
        document = ReleaseDocument(shares=dict(part)).to_bytes()
        place = (party.store.put([document]), hashlib.sha256(document).digest())
        letter = party.federation.sign_release(spec.task, spec.round, party.account, *place)
        mailbox.leave(_place(spec), letter.to_bytes())
    return len(answers)


def join_released(party: Party, mailbox: Mailbox, spec: RoundSpec) -> Reading:
    """Join the content key of each revealed payload of which enough shares have come, and keep it in the vault."""
    reveals = [r for r in party.federation.reveals(spec.task, spec.round) if _kept(party, spec, r.participant) is None]
    if not reveals:
        return Reading(0, (), ())
    members, released = _members(party, spec), _released(party, mailbox, spec)
    joined, awaited, wrong = 0, list[str](), list[str]()
    for reveal in reveals:
        try:
            envelope = read_shared(party.store, reveal.uri)
        except (PayloadError, ConfigurationError):
            continue  # whoever reads it says why
        except StoreUnreachable:
            awaited.append(reveal.participant)
            continue
        good = _good_shares(party, spec, reveal.participant, envelope, released, wrong)
        if len(good) >= spec.threshold:
            found = _judged(spec, reveal, envelope, good, members)
            keep_key(party.vault, spec, reveal.participant, party.account, found)
            joined += found.key is not None
            wrong += [found.wrong] if found.wrong else []
        elif len(good) + len(members - _answered(reveal.participant, released)) >= spec.threshold:
            awaited.append(reveal.participant)
    return Reading(joined, tuple(awaited), tuple(wrong))


def given_to(party: Party, mailbox: Mailbox, spec: RoundSpec, accounts: Collection[str]) -> set[str]:
    """Participants of whose content key each of these readers was released enough shares, as far as this one has it.

    Nobody can open what was released to another; but whoever has the key makes each release again, and compares.
    """
    released, readers = _released(party, mailbox, spec), [one for one in spec.readers if one.account in accounts]
    found = set()
    for reveal in party.federation.reveals(spec.task, spec.round):
        joined = _kept(party, spec, reveal.participant)
        if joined is None or joined.key is None:
            continue
        context, members = spec.context(reveal.participant), {member for member, _ in released}
        shares = shares_of(joined.key, spec.threshold, members, context)
        for reader in readers:
            keys, account = {reader.public_key, *reader.keys}, reader.account
            right = {
                member
                for member, document in released
                if (sent := document.of(reveal.participant, account))
                and sent in {release(shares[member], key, member, account, context) for key in keys}
            }
            if len(right) < spec.threshold:
                break
        else:
            found.add(reveal.participant)
    return found


def _answer(party: Party, spec: RoundSpec, reveal: Reveal) -> dict[str, bytes] | None:
    """This member's share for each reader; nobody's where it does not open; None where that cannot be told yet."""
    context = spec.context(reveal.participant)
    try:
        dealt = read_shared(party.store, reveal.uri).dealt_to(party.account)
        if dealt is None:
            return {}
        share = party.sealing_key.open_with(lambda one: unwrap_share(dealt, one.private, party.account, context))
    except (ContentMissing, StoreUnreachable):
        return None
    except (PayloadError, ConfigurationError) as error:
        _log.warning("round %d/%d: no share is released: %s", spec.task, spec.round, error)
        return {}
    made = {one.account: release(share, one.public_key, party.account, one.account, context) for one in spec.readers}
    return {account.lower(): sealed for account, sealed in made.items() if sealed}


def _good_shares(
    party: Party,
    spec: RoundSpec,
    participant: str,
    envelope: SharedEnvelope,
    released: Sequence[Released],
    wrong: list[str],
) -> dict[str, bytes]:
    """Shares that were released to this party and are those that were dealt, by member; of others a sentence each."""
    context, good = spec.context(participant), dict[str, bytes]()
    for member, document in released:
        sent, dealt = document.of(participant, party.account), envelope.dealt_to(member)
        if sent is None or dealt is None:
            continue
        opened = partial(_opened_release, sent, dealt, member, party.account, context)
        try:
            good[member] = party.sealing_key.open_with(opened)
        except Undecryptable as error:
            wrong.append(str(error))
    return good


def _opened_release(
    sent: bytes, dealt: Dealt, member: str, account: str, context: RoundContext, key: SealingKey
) -> bytes:
    return open_release(sent, key.private, dealt, member, account, context)


def _judged(
    spec: RoundSpec, reveal: Reveal, envelope: SharedEnvelope, good: Mapping[str, bytes], members: Collection[str]
) -> Joined:
    """The key, where it is the committed one and every seat was dealt its share of it; else what is wrong.

    All readers come to the same: any good shares give one key, or the dealing was not that key's.
    """
    participant, expected = reveal.participant, reveal.opening.content_key_hash
    context, key = spec.context(participant), join_key(good, spec.threshold, expected)
    if key is None:
        return Joined(
            None,
            f"{participant} dealt shares of another content key than the one it committed to, 0x{expected.hex()}: those"
            f" of {', '.join(sorted(good))} do not join to it; refuse its sender",
        )
    shares, readers = shares_of(key, spec.threshold, members, context), {one.account: one for one in spec.readers}
    for member in sorted(members):
        right = {deal(shares[member], public, member, context) for public in readers[member].keys}
        if envelope.dealt_to(member) not in right:
            return Joined(
                None,
                f"{participant} did not deal {member}, who has a seat, its share of the content key, wrapped to a"
                " sealing key that it had registered; refuse its sender",
            )
    return Joined(key)


def _released(party: Party, mailbox: Mailbox, spec: RoundSpec) -> list[Released]:
    """What members have released, by letters that they signed; anything else is left lying."""
    found, members, round = list[Released](), _members(party, spec), f"round {spec.task}/{spec.round}"
    places = dict[tuple[str, bytes], set[str]]()  # another member may name the same document
    for content in mailbox.read(_place(spec)).letters:
        try:
            letter = read_letter(ReleaseLetter, content)
        except PayloadError as error:
            _log.warning("%s: a letter of shares is left lying: %s", round, error)
            continue
        if letter.participant in members and party.federation.is_release_letter(spec.task, spec.round, letter):
            places.setdefault((letter.participant, letter.document_hash), set()).add(letter.document_uri)
    for (member, digest), uris in places.items():
        document = document_at(party, f"{round}: what {member} released", digest, uris, DOCUMENT_BYTES)
        try:
            found += [] if document is None else [(member, read_release(document, digest))]
        except PayloadError as error:
            _log.warning("%s: what %s released is passed over: %s", round, member, error)
    return found


def _answered(participant: str, released: Sequence[Released]) -> set[str]:
    return {member for member, document in released if document.answers(participant)}


def _members(party: Party, spec: RoundSpec) -> set[str]:
    """Who has a seat in the round; nobody before the draw."""
    ballot = party.federation.ballot(spec.task)
    if ballot.round != spec.round:
        return set(spec.holders)
    seats = party.federation.seats(spec.task) if ballot.drawn else ()
    return {seat.member for seat in seats}


def _kept(party: Party, spec: RoundSpec, participant: str) -> Joined | None:
    return kept_key(party.vault, spec, participant, party.account)


def _place(spec: RoundSpec) -> str:
    return place_of(spec.chain_id, spec.coordinator, spec.task, spec.round, "release")
