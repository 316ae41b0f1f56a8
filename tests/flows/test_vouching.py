"""Members say which updates they can read; an aggregator that calls one of those unreadable loses its bond."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prefect_federated.adapters.challenging import challenge
from prefect_federated.adapters.evm.compact_signatures import COMMITTEE, digest_of, sign_compactly
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.evm.structs import opening_tuple
from prefect_federated.adapters.gathering import Gathered, gather
from prefect_federated.adapters.mailbox import FolderMailbox
from prefect_federated.adapters.outcome import work_out
from prefect_federated.adapters.reading import read_past_spec
from prefect_federated.adapters.stores.base import open_store
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.adapters.vouching import is_sound, keep_sound, leave_sound, refutation
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.cli.auditor import auditor
from prefect_federated.core.canonical import canonical
from prefect_federated.core.enforced import NOBODY
from prefect_federated.core.findings import Wrong
from prefect_federated.core.receipts import long_signature
from prefect_federated.core.round import Phase, Reason, Status
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.soundness import SoundLetter
from prefect_federated.core.words import hash_words, keccak256
from prefect_federated.flows.attest import serve
from prefect_federated.flows.conclude import bring_on
from prefect_federated.flows.participate import take_part
from prefect_federated.scenario.consortium import Consortium, set_up
from prefect_federated.scenario.plot import VALIDATORS, Plot
from prefect_federated.scenario.task_spec import Terms
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.open_round import open_round
from tests.flows.conftest import HOSPITALS

pytestmark = pytest.mark.slow
FIRST, SECOND, THIRD = HOSPITALS
OUT = 1  # index of who is left out
READING = (Reason.UNAVAILABLE, Reason.UNDECRYPTABLE, Reason.ROOT_MISMATCH, Reason.MALFORMED, Reason.OUT_OF_RANGE)


@pytest.fixture(scope="module")
def consortium(devnet: Devnet, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """Three hospitals, three validators and whoever aggregates share a mailbox."""
    folder = tmp_path_factory.mktemp("vouching")
    terms = Terms(epochs=1, norm_rule=False)
    plot = Plot(20, 0, hospitals=HOSPITALS, cheats=(), data_docs=False, terms=terms, validators=VALIDATORS)
    made = set_up(devnet.url, folder, LocalStore(root=folder / "store"), plot)
    box = {"mailbox": folder / "mailbox"}
    made.members.update({name: block.model_copy(update=box) for name, block in made.members.items()})
    made.validators.update({name: block.model_copy(update=box) for name, block in made.validators.items()})
    both = {name: getattr(made, name).model_copy(update=box) for name in ("aggregator", "standby")}
    yield replace(made, **both)


@pytest.fixture
def spec(consortium: Consortium) -> RoundSpec:
    """A round that its committee has judged, with aggregator and standby in their duties."""
    on_duty(consortium)
    federation, task = consortium.federation(), consortium.task
    open_round(consortium.sponsor.open(), task)
    play(consortium)
    federation.wait_for_block(federation.ballot(task).draw_block + 1)
    members = list(consortium.validators)
    attend(consortium, members[0])
    play(consortium)
    for name in members * 2:
        attend(consortium, name)
    assert federation.round_state(task).phase is Phase.AGGREGATE
    return listen(consortium.aggregator.open().party, task, federation.round_state(task).round)


def on_duty(consortium: Consortium) -> None:
    """End the last round, and give whoever fell its bond and its place back."""
    federation, task = consortium.federation("sponsor"), consortium.task
    if federation.round_state(task).phase is Phase.AGGREGATE:
        bring_on(consortium.standby.open(), task)
    if federation.round_state(task).phase is Phase.CHALLENGE:
        federation.wait_until(federation.round_state(task).deadline + 1)
        bring_on(consortium.standby.open(), task)
    federation.wait_until(federation.round_state(task).deadline + 1)
    federation.appoint(task, *(consortium.ground.accounts[name].address for name in ("aggregator", "standby")))
    for name in ("aggregator", "standby"):
        own, on_chain = consortium.federation(name), federation.task_of(task)
        if not getattr(on_chain, f"{name}_bonded"):
            own.deposit(Terms().aggregator_bond_wei)
            own.accept_duty(task)


def play(consortium: Consortium) -> list[str]:
    return [part(consortium, name) for name in HOSPITALS]


def part(consortium: Consortium, name: str) -> str:
    return take_part(consortium.members[name].open(), consortium.task)


def attend(consortium: Consortium, name: str) -> str:
    return serve(consortium.validators[name].open(), consortium.task)


def leave_out(consortium: Consortium, spec: RoundSpec, reason: Reason, index: int = OUT) -> None:
    """Propose as the aggregator what is right but for one exclusion."""
    aggregator = consortium.aggregator.open()
    reveals = aggregator.party.federation.reveals(spec.task, spec.round)
    out = next(one.participant for one in reveals if one.index == index)
    there = tuple(one for one in gather(aggregator.party, spec, reveals).updates if one.participant != out)
    proposal = work_out(aggregator, spec, reveals, Gathered(there, {out: reason}, {out: "made up"})).proposal
    aggregator.party.federation.propose(spec.task, spec.round, proposal)


def mailbox(consortium: Consortium) -> Path:
    return consortium.ground.out / "mailbox"


def letters(consortium: Consortium, spec: RoundSpec) -> list[Path]:
    return sorted(mailbox(consortium).glob(f"*/{spec.task}/{spec.round}/sound/*/*.json"))


def assert_refuted(consortium: Consortium, spec: RoundSpec) -> None:
    federation = consortium.federation()
    assert federation.fallen(spec.task, spec.round) == [consortium.ground.accounts["aggregator"].address]
    events = [event.name for event in federation.events(spec.task, spec.round)]
    assert events.count("ExclusionRefuted") == 1 and "ProposalOverturned" in events


@pytest.mark.parametrize("reason", READING, ids=lambda reason: reason.name)
def test_who_is_called_unreadable_proves_by_itself_that_it_is_not_and_a_standby_finishes(
    reason: Reason, consortium: Consortium, spec: RoundSpec
) -> None:
    federation, task = consortium.federation(), consortium.task
    assert len(letters(consortium, spec)) == len(HOSPITALS) * len(VALIDATORS)
    assert play(consortium) == ["nothing"] * 3  # each keeps what was said of it
    for path in letters(consortium, spec):
        path.unlink()  # whoever shares the folder may do that
    leave_out(consortium, spec, reason)
    assert [part(consortium, name) for name in (FIRST, THIRD)] == ["nothing"] * 2
    assert part(consortium, SECOND) == "object"
    assert_refuted(consortium, spec)
    assert bring_on(consortium.standby.open(), task) == "aggregate"
    assert [part(consortium, name) for name in HOSPITALS] == ["nothing"] * 3
    federation.wait_until(federation.round_state(task).deadline + 1)
    assert bring_on(consortium.standby.open(), task) == "settle"
    assert federation.round_state(task).status is Status.SUCCESS


def test_members_say_it_again_where_their_letters_are_gone_and_prove_it(
    consortium: Consortium, spec: RoundSpec
) -> None:
    for path in letters(consortium, spec):
        path.unlink()
    leave_out(consortium, spec, Reason.MALFORMED)
    first, second, _ = VALIDATORS
    assert attend(consortium, first) == "judge"
    assert consortium.federation().round_state(spec.task).phase is Phase.CHALLENGE  # one of three
    assert attend(consortium, second) == "judge"
    assert_refuted(consortium, spec)


def test_standby_judges_by_what_members_said(consortium: Consortium, spec: RoundSpec) -> None:
    leave_out(consortium, spec, Reason.UNDECRYPTABLE)
    assert bring_on(consortium.standby.open(), spec.task) == "judge"
    assert_refuted(consortium, spec)


def test_auditor_with_the_mailbox_names_it_and_one_without_does_not(consortium: Consortium, spec: RoundSpec) -> None:
    leave_out(consortium, spec, Reason.MALFORMED)
    outsider = auditor(consortium.federation("sponsor"), f"local:{consortium.ground.out / 'store'}")
    assert not verify_proposal(outsider, spec).findings
    (finding,) = verify_proposal(outsider, spec, FolderMailbox(mailbox(consortium))).findings
    assert finding.wrong is Wrong.EXCLUSION and finding.provable
    assert f"index {OUT} is left out for MALFORMED, 3 members found its update sound" in finding.detail
    challenge(outsider, spec, finding)
    assert_refuted(consortium, spec)


def test_exclusion_stands_where_fewer_than_two_thirds_spoke(consortium: Consortium, spec: RoundSpec) -> None:
    for path in letters(consortium, spec):
        if consortium.ground.accounts[VALIDATORS[0]].address not in path.read_text():
            path.unlink()
    leave_out(consortium, spec, Reason.MALFORMED)
    assert play(consortium) == ["nothing"] * 3
    assert bring_on(consortium.standby.open(), spec.task) == "judge"
    assert consortium.federation().round_state(spec.task).phase is Phase.CHALLENGE


def test_letters_that_members_did_not_sign_for_this_update_are_not_kept(
    consortium: Consortium, spec: RoundSpec
) -> None:
    party, federation = consortium.members[FIRST].open().party, consortium.federation()
    reveals = {one.participant: one for one in federation.reveals(spec.task, spec.round)}
    mine, other = reveals[party.account], next(one for who, one in reveals.items() if who != party.account)
    members = [consortium.ground.accounts[name].address for name in VALIDATORS]
    true = [consortium.federation(name).sign_sound(spec.task, spec.round, mine, who) for name, who in own(members)]
    (place,) = {path.parent for path in letters(consortium, spec) if party.account in path.read_text()}
    relative = str(place.relative_to(mailbox(consortium)))
    stranger = consortium.ground.accounts["sponsor"].address
    wrong = replace(mine, opening=replace(mine.opening, weight=mine.opening.weight + 1))
    signer = consortium.federation(VALIDATORS[1])
    false: list[bytes] = [
        b"no letter at all",
        true[0].model_copy(update={"member": members[1]}).to_bytes(),  # another member signed it
        consortium.federation("sponsor").sign_sound(spec.task, spec.round, mine, stranger).to_bytes(),  # has no seat
        signer.sign_sound(spec.task, spec.round, wrong, members[1]).to_bytes(),
        signer.sign_sound(spec.task, spec.round, other, members[1]).to_bytes(),
        signer.sign_sound(spec.task, spec.round + 1, mine, members[1]).to_bytes(),
        signed_for_another(signer.sign_sound(spec.task, spec.round, wrong, members[1]), mine).to_bytes(),
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


def own(members: list[str]) -> list[tuple[str, str]]:
    return list(zip(VALIDATORS, members, strict=True))


def signed_for_another(letter: SoundLetter, reveal: Reveal) -> SoundLetter:
    """The words of one letter under the signature of another."""
    return letter.model_copy(update={"weight": reveal.opening.weight})


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
    assert leave_sound(member, box, read_past_spec(member, spec.task, spec.round - 1)) == 0  # its seats are gone
    silo = consortium.members[FIRST].open().party
    assert keep_sound(silo, box, spec) == [member.account]  # what was said of others is theirs to keep
    mine = next(one for one in member.federation.reveals(spec.task, spec.round) if one.participant == silo.account)
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


def test_member_whose_bond_is_gone_is_not_counted(consortium: Consortium, spec: RoundSpec) -> None:
    federation, fallen, other, _ = consortium.federation(), *(consortium.ground.accounts[name] for name in VALIDATORS)
    reveal, box = federation.reveals(spec.task, spec.round)[OUT], FolderMailbox(mailbox(consortium))
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
