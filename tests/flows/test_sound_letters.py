"""Letters about sound updates: whose count, about what, and what a member does not sign."""

import json
from dataclasses import replace
from typing import Any

import pytest

from prefect_federated.adapters.evm.compact_signatures import COMMITTEE, digest_of, sign_compactly
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.structs import opening_tuple
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.mailbox import FolderMailbox
from prefect_federated.adapters.reading import read_past_spec
from prefect_federated.adapters.stores.base import open_store
from prefect_federated.adapters.vouching import is_sound, keep_sound, leave_sound, refutation
from prefect_federated.cli.auditor import auditor
from prefect_federated.core.canonical import canonical
from prefect_federated.core.enforced import NOBODY
from prefect_federated.core.receipts import long_signature
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.soundness import SoundLetter
from prefect_federated.core.words import hash_words, keccak256
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.scenario.plot import VALIDATORS
from prefect_federated.tasks.listen import listen
from tests.flows.conftest import HOSPITALS
from tests.flows.vouched import OUT, judged_round, letters, mailbox, sharing

pytestmark = pytest.mark.slow
FIRST = HOSPITALS[0]


@pytest.fixture(scope="module")
def consortium(devnet: Devnet, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    return sharing(devnet.url, tmp_path_factory.mktemp("vouching"))


@pytest.fixture
def spec(consortium: Consortium) -> RoundSpec:
    return judged_round(consortium)


def test_letters_that_members_did_not_sign_for_this_update_are_not_kept(
    consortium: Consortium, spec: RoundSpec
) -> None:
    party, federation = consortium.members[FIRST].open().party, consortium.federation()
    mine, other, _ = sorted(
        federation.reveals(spec.task, spec.round), key=lambda reveal: reveal.participant != party.account
    )
    members = [consortium.ground.accounts[name].address for name in VALIDATORS]
    true = [
        consortium.federation(name).sign_sound(spec.task, spec.round, mine, who)
        for name, who in zip(VALIDATORS, members, strict=True)
    ]
    (place,) = {path.parent for path in letters(consortium, spec) if party.account in path.read_text()}
    relative = str(place.relative_to(mailbox(consortium)))
    stranger = consortium.ground.accounts["sponsor"].address
    wrong = replace(mine, opening=replace(mine.opening, weight=mine.opening.weight + 1))
    signer = consortium.federation(VALIDATORS[1])
    false: list[bytes] = [
        b"no letter at all",
        replaced(true[0], member=members[1]),  # another member signed it
        consortium.federation("sponsor").sign_sound(spec.task, spec.round, mine, stranger).to_bytes(),  # has no seat
        signer.sign_sound(spec.task, spec.round, wrong, members[1]).to_bytes(),
        signer.sign_sound(spec.task, spec.round, other, members[1]).to_bytes(),
        signer.sign_sound(spec.task, spec.round + 1, mine, members[1]).to_bytes(),
        replaced(signer.sign_sound(spec.task, spec.round, wrong, members[1]), weight=mine.opening.weight),
    ]
    box = FolderMailbox(consortium.ground.out / "crafted")
    for letter in (*false, true[0].to_bytes()):
        box.leave(relative, letter)
    assert keep_sound(party, box, spec) == [members[0]]
    assert refutation(party, spec, mine, box) == ()
    box.leave(relative, true[2].to_bytes())
    found = refutation(party, spec, mine, box)
    assert [seat for seat, _ in found] == sorted(seat for seat, _ in found) and len(found) == 2
    digest = federation.call(
        "Committee", "hashSound", spec.task, spec.round, mine.participant, opening_tuple(mine.opening)
    )
    assert federation._sound_digest(spec.task, spec.round, mine) == digest


def replaced(letter: SoundLetter, **changes: Any) -> bytes:
    return letter.model_copy(update=changes).to_bytes()


def test_delegate_speaks_for_its_member_and_who_has_no_seat_leaves_nothing(
    consortium: Consortium, spec: RoundSpec
) -> None:
    box, aggregator = FolderMailbox(consortium.ground.out / "delegates"), consortium.aggregator.open().party
    assert leave_sound(aggregator, box, spec) == 0
    member = consortium.validators[VALIDATORS[0]].open().party
    delegate = consortium.ground.accounts[f"{FIRST}-dpo"].address
    member.federation.set_delegate(delegate)
    spoken = replace(member, federation=consortium.federation(f"{FIRST}-dpo"))
    assert leave_sound(spoken, box, spec) == len(HOSPITALS)
    assert leave_sound(member, box, spec) == 0  # its delegate has spoken for it
    silo = consortium.members[FIRST].open().party
    assert keep_sound(silo, box, spec) == [member.account]  # what was said of others is theirs to keep
    (mine,) = (one for one in member.federation.reveals(spec.task, spec.round) if one.participant == silo.account)
    assert keep_sound(silo, FolderMailbox(mailbox(consortium)), spec) and len(refutation(silo, spec, mine)) == 3
    member.federation.set_delegate(NOBODY)
    assert len(refutation(silo, spec, mine)) == 2  # what stands in the vault is the word of nobody any more


def test_member_does_not_speak_for_what_it_cannot_read_or_whoever_proposes_is_not_given(
    consortium: Consortium, spec: RoundSpec
) -> None:
    member = consortium.validators[VALIDATORS[0]].open().party
    store = open_store(f"local:{consortium.ground.out / 'store'}")
    reveal = consortium.federation().reveals(spec.task, spec.round)[0]
    assert is_sound(member, spec, reveal)
    envelope = json.loads(b"".join(store.get(reveal.uri, 1 << 16)))
    for name in ("aggregator", "standby", VALIDATORS[0]):
        account = consortium.ground.accounts[name].address.lower()
        for key in (None, "00" * 80, envelope["keys"][consortium.ground.accounts[VALIDATORS[1]].address.lower()]):
            keys = {who: one for who, one in envelope["keys"].items() if who != account} | (
                {account: key} if key else {}
            )
            uri = store.put([canonical(envelope | {"keys": keys})])
            assert not is_sound(member, spec, replace(reveal, uri=uri)), f"{name} is given {key}"
    nowhere = replace(reveal, uri="cas://sha256/" + "0" * 64)
    assert not is_sound(member, spec, nowhere)


def test_who_proposes_and_rotates_its_key_makes_no_update_unsound(consortium: Consortium, spec: RoundSpec) -> None:
    member = consortium.validators[VALIDATORS[0]].open().party
    reveals, aggregator = consortium.federation().reveals(spec.task, spec.round), consortium.federation("aggregator")
    old = consortium.aggregator.signer.open_sealing_key()
    aggregator.rotate_sealing_key(SealingKey.generate(version=2).public_bytes)
    assert all(is_sound(member, listen(member, spec.task, spec.round), one) for one in reveals)
    aggregator.rotate_sealing_key(old.public_bytes)


def test_member_says_nothing_of_a_round_whose_seats_are_gone(consortium: Consortium, spec: RoundSpec) -> None:
    box, member = FolderMailbox(consortium.ground.out / "past"), consortium.validators[VALIDATORS[0]].open().party
    judged_round(consortium)
    assert leave_sound(member, box, read_past_spec(member, spec.task, spec.round)) == 0


def test_member_whose_bond_is_gone_is_not_counted(consortium: Consortium, spec: RoundSpec) -> None:
    fallen, other, _ = (consortium.ground.accounts[name] for name in VALIDATORS)
    federation, box = consortium.federation(), FolderMailbox(mailbox(consortium))
    reveal = federation.reveals(spec.task, spec.round)[OUT]
    for path in letters(consortium, spec):
        if other.address in path.read_text():
            path.unlink()
    auditing = auditor(consortium.federation("sponsor"), f"local:{consortium.ground.out / 'store'}")
    assert len(refutation(auditing, spec, reveal, box)) == 2
    votes = [attestation(federation, spec, fallen.signer.account(), bytes([kind]) * 32) for kind in (1, 2)]
    auditing.federation._send("Committee", "challengeConflict", spec.task, spec.round, fallen.address, *votes)
    assert refutation(auditing, spec, reveal, box) == ()


def attestation(federation: Federation, spec: RoundSpec, member: Any, commitment: bytes) -> tuple[bytes, bytes]:
    kind = keccak256(b"Attestation(uint32 task,uint32 round,address member,bytes32 commitment)")
    said = hash_words(kind, spec.task, spec.round, member.address, commitment)
    digest = digest_of(federation.chain_id, federation.addresses.committee, said, COMMITTEE)
    return commitment, long_signature(*sign_compactly(member, digest))
