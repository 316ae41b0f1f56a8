"""What members release, when and of whom: no key of a reader opens an update alone, no letter but theirs counts."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from prefect_federated.adapters.attesting import keep_opinion, kept_opinion, vote_of
from prefect_federated.adapters.envelope import read_shared
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.gathering import gather
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.mailbox import FolderMailbox, Post
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.regional import gather_for
from prefect_federated.adapters.releasing import join_released, release_shares
from prefect_federated.core.dealing import join_key, open_release, unwrap_share
from prefect_federated.core.errors import ConfigurationError, Undecryptable
from prefect_federated.core.letters import read_letter
from prefect_federated.core.opinion import Opinion
from prefect_federated.core.releases import ReleaseLetter
from prefect_federated.core.round import Phase, Reason
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealing import key_hash, unwrap
from prefect_federated.flows.attest import serve
from prefect_federated.flows.conclude import bring_on
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.scenario.plot import VALIDATORS
from tests.flows.conftest import HOSPITALS
from tests.flows.opening_scene import (
    account,
    box,
    documents,
    letters,
    member,
    open_and_commit,
    read_by,
    release_all,
    revealed_round,
    reveals_of,
    together,
)
from tests.flows.vouched import attend, part

pytestmark = pytest.mark.slow
FIRST, SECOND, THIRD = VALIDATORS


@pytest.fixture(scope="module")
def consortium(devnet: Devnet, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    return together(devnet.url, tmp_path_factory.mktemp("released"))


@pytest.fixture
def spec(consortium: Consortium) -> RoundSpec:
    """A round in Vote, of which no share is released."""
    return revealed_round(consortium)


def test_no_key_of_a_reader_opens_an_update_with_all_that_is_stored_before_members_release(
    consortium: Consortium, spec: RoundSpec
) -> None:
    """Whatever lies in store and mailbox is tried with a reader's key; once two members have released, it is enough."""
    readers = [consortium.aggregator.open().party, consortium.standby.open().party, member(consortium, THIRD)]
    everybody = {reveal.participant for reveal in reveals_of(consortium, spec)}
    for party in readers:
        assert opened_with_all(consortium, spec, party) == set()
        seen = gather(party, spec, reveals_of(consortium, spec))
        assert not seen.updates and set(seen.reasons.values()) == {Reason.UNDECRYPTABLE}
    release_all(consortium, spec, FIRST)
    assert opened_with_all(consortium, spec, readers[0]) == opened_with_all(consortium, spec, readers[1]) == set()
    assert opened_with_all(consortium, spec, readers[2]) == everybody  # its own share is the second
    release_all(consortium, spec, SECOND)
    assert opened_with_all(consortium, spec, readers[0]) == opened_with_all(consortium, spec, readers[1]) == everybody
    outsider = replace(readers[0], account=account(consortium, "sponsor"), sealing_key=SealingKey.generate())
    assert opened_with_all(consortium, spec, outsider) == set()


def opened_with_all(consortium: Consortium, spec: RoundSpec, party: Party) -> set[str]:
    """Whose content key follows from a key and all objects of store and mailbox.

    Each is tried as a key, as one wrapped to this reader, as a share wrapped or released to it; any two are joined.
    """
    held, found = objects(consortium), set()
    for reveal in reveals_of(consortium, spec):
        context, envelope = spec.context(reveal.participant), read_shared(party.store, reveal.uri)
        keys, shares = {one for one in held if len(one) == 32}, dict[str, bytes]()
        for sealed in (one for one in held if len(one) == 80):
            with suppress(Undecryptable):
                keys.add(unwrap(sealed, party.sealing_key.private, context, party.account))
            for holder in spec.holders:
                dealt = envelope.dealt_to(holder)
                assert dealt is not None
                with suppress(Undecryptable):
                    wrapped = replace(dealt, wrapped=sealed)
                    shares[holder] = unwrap_share(wrapped, party.sealing_key.private, holder, context)
                with suppress(Undecryptable):
                    where = (dealt, holder, party.account, context)
                    shares[holder] = open_release(sealed, party.sealing_key.private, *where)
        keys |= set(shares.values())
        expected = reveal.opening.content_key_hash
        joined = [join_key({one: shares[one] for one in two}, 2, expected) for two in combinations(shares, 2)]
        if any(joined) or any(key_hash(key) == expected for key in keys):
            found.add(reveal.participant)
    return found


def objects(consortium: Consortium) -> set[bytes]:
    """Every string of hex in every JSON object of store and mailbox, and every short object itself."""
    found = set()
    for path in (path for place in ("store", "mailbox") for path in (consortium.ground.out / place).rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            found |= {content} if len(content) in (32, 80) else set()
            with suppress(ValueError, UnicodeDecodeError):
                found |= set(strings(json.loads(content)))
    return found


def strings(value: Any) -> Iterator[bytes]:
    if isinstance(value, dict):
        yield from (one for part in value.values() for one in strings(part))
    elif isinstance(value, list):
        yield from (one for part in value for one in strings(part))
    elif isinstance(value, str):
        with suppress(ValueError):
            yield bytes.fromhex(value.removeprefix("0x"))


def test_letters_that_no_member_signed_for_this_round_are_left_lying(
    consortium: Consortium, spec: RoundSpec, tmp_path: Path
) -> None:
    release_all(consortium, spec, FIRST)
    (path,) = letters(consortium, spec)
    true, place = (
        read_letter(ReleaseLetter, path.read_bytes()),
        str(path.parent.relative_to(consortium.ground.out / "mailbox")),
    )
    named, values = true.participant, (true.document_uri, true.document_hash)
    stranger = consortium.federation(HOSPITALS[0])
    forged = stranger.sign_release(spec.task, spec.round, named, *values)
    own = stranger.sign_release(spec.task, spec.round, stranger.account, *values)
    older = consortium.federation(FIRST).sign_release(spec.task, spec.round - 1, named, *values)
    altered = true.model_copy(update={"document_hash": b"\x01" * 32})
    left = FolderMailbox(tmp_path)
    for letter in (forged, own, older, altered):
        left.leave(place, letter.to_bytes())
    left.leave(place, b"{}")
    party = member(consortium, SECOND)
    release_all(consortium, spec, SECOND)
    for mine in letters(consortium, spec):
        if mine != path:
            left.leave(place, mine.read_bytes())
    assert join_released(party, left, spec).joined == 0
    left.leave(place, true.to_bytes())
    assert join_released(party, left, spec).joined == len(HOSPITALS)


def test_member_that_signs_for_anothers_document_does_not_hide_it(consortium: Consortium, spec: RoundSpec) -> None:
    release_all(consortium, spec, FIRST, SECOND)
    (path,) = (one for one in letters(consortium, spec) if account(consortium, FIRST) in one.read_text())
    true = read_letter(ReleaseLetter, path.read_bytes())
    third = consortium.federation(THIRD)
    posed = third.sign_release(spec.task, spec.round, third.account, true.document_uri, true.document_hash)
    box(consortium).leave(str(path.parent.relative_to(consortium.ground.out / "mailbox")), posed.to_bytes())

    class PosedFirst(FolderMailbox):
        """Where the letters of who poses come before the others'."""

        def read(self, place: str) -> Post:
            post = super().read(place)
            return replace(post, letters=tuple(sorted(post.letters, key=lambda one: one != posed.to_bytes())))

    there = PosedFirst(consortium.ground.out / "mailbox")
    assert join_released(consortium.aggregator.open().party, there, spec).joined == len(HOSPITALS)


def test_delegate_releases_for_its_member_and_a_second_time_nothing_is_left(
    consortium: Consortium, spec: RoundSpec
) -> None:
    party, delegate = member(consortium, FIRST), account(consortium, f"{HOSPITALS[0]}-dpo")
    party.federation.set_delegate(delegate)
    hand = replace(party, federation=consortium.federation(f"{HOSPITALS[0]}-dpo"))
    assert release_shares(hand, box(consortium), spec) == len(HOSPITALS)
    assert release_shares(hand, box(consortium), spec) == release_shares(party, box(consortium), spec) == 0
    (document,) = documents(consortium, spec).values()
    release_all(consortium, spec, SECOND)
    assert join_released(consortium.aggregator.open().party, box(consortium), spec).joined == len(HOSPITALS)
    for path in letters(consortium, spec):
        path.unlink()
    assert release_shares(hand, box(consortium), spec) == len(HOSPITALS)  # what was taken away is said again
    assert documents(consortium, spec)[party.account] == document
    party.federation.set_delegate("0x" + "0" * 40)


def test_without_a_mailbox_nobody_goes_on(consortium: Consortium, spec: RoundSpec) -> None:
    bare = consortium.validators[FIRST].model_copy(update={"mailbox": None}).open()
    with pytest.raises(
        ConfigurationError, match="2 members of the committee open updates together, and validator-a has no"
    ):
        serve(bare, spec.task)
    alone = consortium.aggregator.model_copy(update={"mailbox": None}).open()
    with pytest.raises(ConfigurationError, match="aggregator has no mailbox to leave or find their shares in"):
        gather_for(alone, spec, reveals_of(consortium, spec))


def test_committee_that_is_drawn_after_the_reveals_opens_what_was_dealt_to_all_who_could_be(
    consortium: Consortium,
) -> None:
    open_and_commit(consortium, early=False)
    for name in HOSPITALS[1:]:
        part(consortium, name)
    assert attend(consortium, FIRST) == "draw, release, waits"
    spec = read_by(consortium.aggregator.open().party, consortium)
    release_all(consortium, spec, SECOND)
    assert join_released(consortium.aggregator.open().party, box(consortium), spec).joined == len(HOSPITALS)


def test_member_that_rotates_while_others_reveal_makes_nobodys_envelope_wrong(consortium: Consortium) -> None:
    open_and_commit(consortium)  # the first has revealed, to the old key
    party, new = member(consortium, SECOND), SealingKey.generate(version=2)
    party.federation.rotate_sealing_key(new.public_bytes)
    for name in HOSPITALS[1:]:
        part(consortium, name)
    late = replace(party, sealing_key=new)
    spec = read_by(late, consortium)
    release_all(consortium, spec, FIRST, THIRD)
    reading = join_released(consortium.aggregator.open().party, box(consortium), spec)
    assert (reading.joined, reading.wrong) == (len(HOSPITALS), ())
    assert release_shares(late, box(consortium), spec) == len(HOSPITALS)
    mine = documents(consortium, spec)[party.account]
    given = {name: mine.shares[account(consortium, name).lower()] for name in HOSPITALS}
    assert {name: bool(shares) for name, shares in given.items()} == dict(
        zip(HOSPITALS, (False, True, True), strict=True)
    )
    assert join_released(late, box(consortium), spec).joined == len(HOSPITALS)  # by the others' shares
    party.federation.rotate_sealing_key(party.sealing_key.public_bytes)
    counted = party.federation.dealing_keys(spec.task, spec.round)[party.account]
    assert counted == (party.sealing_key.public_bytes, new.public_bytes)  # not the one since reveals are over
    again = read_by(consortium.standby.open().party, consortium)
    assert join_released(consortium.standby.open().party, box(consortium), again).wrong == ()


def test_member_that_names_its_former_key_opens_what_was_dealt_and_released_to_it(
    consortium: Consortium, spec: RoundSpec
) -> None:
    party, new = member(consortium, SECOND), SealingKey.generate(version=9)
    release_all(consortium, spec, FIRST)  # to the key of then
    keep_opinion(party, spec, Opinion(True, 2, 1, (0, 1)))
    party.federation.rotate_sealing_key(new.public_bytes)
    late = replace(party, sealing_key=new.after([party.sealing_key]))
    again = read_by(late, consortium)
    assert release_shares(late, box(consortium), again) == len(HOSPITALS)
    mine = documents(consortium, again)[late.account]
    assert all(mine.shares[account(consortium, name).lower()] for name in HOSPITALS)
    assert join_released(late, box(consortium), again).joined == len(HOSPITALS)
    assert len(gather(late, again, reveals_of(consortium, again)).updates) == len(HOSPITALS)
    opinion = kept_opinion(late, again)
    assert opinion is not None and vote_of(late, again, opinion) == vote_of(party, spec, opinion)
    party.federation.rotate_sealing_key(party.sealing_key.public_bytes)


def test_nothing_is_released_before_reveals_are_over_nor_of_whom_consent_was_taken_back(consortium: Consortium) -> None:
    """The last of these tests: who withdrew stays out of later rounds."""
    open_and_commit(consortium)
    federation, task = consortium.federation(), consortium.task
    first, second, third = HOSPITALS
    part(consortium, second)
    party = member(consortium, FIRST)
    spec = read_by(party, consortium)
    assert federation.round_state(task).phase is Phase.REVEAL and len(reveals_of(consortium, spec)) == 2
    assert attend(consortium, FIRST) == "nothing" and release_shares(party, box(consortium), spec) == 0
    assert bring_on(consortium.aggregator.open(), task) == "receipts"  # it holds what it cannot open
    assert len(list((consortium.ground.out / "mailbox").glob(f"*/{task}/{spec.round}/receipt/*.json"))) == 2
    withdraw(consortium, second)
    assert bring_on(consortium.aggregator.open(), task) == "retract"
    part(consortium, third)
    assert federation.round_state(task).phase is Phase.VOTE
    gapped = spec.spec.model_copy(update={"enforced": spec.spec.enforced.model_copy(update={"finality_gap": 600})})
    assert release_shares(party, box(consortium), replace(spec, spec=gapped)) == 0  # reveals could be taken back
    assert release_shares(party, box(consortium), spec) == 2
    (document,) = documents(consortium, spec).values()
    told = {name: document.answers(account(consortium, name)) for name in HOSPITALS}
    assert told == {first: True, second: False, third: True}
    assert release_shares(consortium.aggregator.open().party, box(consortium), spec) == 0  # it has no seat


def withdraw(consortium: Consortium, name: str) -> None:
    grant = consortium.members[name].open().consent_record().grant_id
    consortium.federation(f"{name}-dpo").withdraw_grant(grant)
