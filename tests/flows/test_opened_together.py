"""The committee opens updates together: no key alone opens one, one silent member stops nothing, two leave all shut."""

from dataclasses import replace
from pathlib import Path
from shutil import copytree, rmtree

import numpy as np
import pytest

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.gathering import gather
from prefect_federated.adapters.mailbox import FolderMailbox, place_of
from prefect_federated.adapters.payloads import fetch_words, open_own
from prefect_federated.adapters.reading import read_past_spec, read_result
from prefect_federated.adapters.releasing import join_released
from prefect_federated.adapters.signed_votes import sign_vote
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.cli.auditor import auditor
from prefect_federated.core.combine import Update, combine
from prefect_federated.core.errors import ConfigurationError, StoreUnreachable, WrongPhase
from prefect_federated.core.findings import Verification, Wrong
from prefect_federated.core.letters import read_letter
from prefect_federated.core.proposal import unpack_exclusions
from prefect_federated.core.releases import ReleaseLetter
from prefect_federated.core.round import Phase, Reason, Status
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.attest import serve
from prefect_federated.flows.cast import Cast
from prefect_federated.flows.conclude import bring_on
from prefect_federated.flows.driving import drive_round
from prefect_federated.flows.members import Participant
from prefect_federated.flows.releasing import WAITS
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.scenario.plot import VALIDATORS
from prefect_federated.scenario.task_spec import Terms
from prefect_federated.tasks.commit import recall
from tests.flows.conftest import HOSPITALS
from tests.flows.encrypted_scene import Without
from tests.flows.opening_scene import THRESHOLD, ended, keys_of, revealed_round, together
from tests.flows.vouched import attend, part
from tests.flows.vouched import letters as sound

pytestmark = pytest.mark.slow
FIRST, SECOND, THIRD = VALIDATORS


@pytest.fixture(scope="module")
def consortium(devnet: Devnet, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    return together(devnet.url, tmp_path_factory.mktemp("together"))


def conclude(consortium: Consortium, name: str = "aggregator") -> str:
    return bring_on(getattr(consortium, name).open(), consortium.task)


def wait_for_half(consortium: Consortium) -> None:
    federation = consortium.federation()
    state = federation.round_state(consortium.task)
    federation.wait_until(state.opens_at + (state.deadline - state.opens_at) // 2 + 1)


def end_phase(consortium: Consortium) -> None:
    federation = consortium.federation()
    federation.wait_until(federation.round_state(consortium.task).deadline + 1)


def settled(consortium: Consortium, name: str = "aggregator") -> Status:
    end_phase(consortium)
    conclude(consortium, name)
    return consortium.federation().round_state(consortium.task).status


def bonds(consortium: Consortium) -> dict[str, int]:
    federation = consortium.federation()
    names = ("aggregator", "standby", *HOSPITALS, *VALIDATORS)
    return {name: federation.participant(consortium.ground.accounts[name].address).stake for name in names}


def test_members_release_wait_for_each_other_read_and_vote(consortium: Consortium) -> None:
    spec, task = revealed_round(consortium), consortium.task
    federation, aggregator = consortium.federation(), consortium.aggregator.open()
    assert keys_of(aggregator.party, spec) == 0
    assert attend(consortium, FIRST) == "release, waits"
    assert attend(consortium, FIRST) == "waits"
    assert conclude(consortium) == "nothing"  # one member's shares open nothing
    assert attend(consortium, SECOND) == "release, cast"
    assert_copied_letters_keep_nobody_waiting(consortium, spec)
    assert conclude(consortium) == "keys" and keys_of(aggregator.party, spec) == len(HOSPITALS)
    assert conclude(consortium) == "nothing"
    assert attend(consortium, THIRD) == "release, cast"
    assert attend(consortium, FIRST) == "cast, reveal"
    assert [attend(consortium, name) for name in (SECOND, THIRD)] == ["reveal", "reveal"]
    assert conclude(consortium) == "aggregate"
    bare = consortium.standby.model_copy(update={"mailbox": None}).open()
    with pytest.raises(ConfigurationError, match="standby has no mailbox"):  # not a demand for all that seems withheld
        bring_on(bare, task)
    assert [attend(consortium, FIRST), conclude(consortium, "standby")] == ["judge", "judge"]
    assert federation.round_state(task).phase is Phase.CHALLENGE
    assert settled(consortium) is Status.SUCCESS
    assert_right_sum(consortium, spec)
    assert_stays_readable(consortium, spec)


def assert_copied_letters_keep_nobody_waiting(consortium: Consortium, spec: RoundSpec) -> None:
    """Anybody may leave a member's letter again, with a place that never answers."""
    mailbox, party = FolderMailbox(consortium.ground.out / "mailbox"), consortium.standby.open().party
    place = place_of(spec.chain_id, spec.coordinator, spec.task, spec.round, "release")
    dead = {f"cas://sha256/{number:064x}": StoreUnreachable("nobody answers") for number in range(100)}
    for content in mailbox.read(place).letters:
        letter = read_letter(ReleaseLetter, content)
        for uri in dead:
            mailbox.leave(place, letter.model_copy(update={"document_uri": uri}).to_bytes())
    store = Without(party.store, dict(dead))
    assert join_released(replace(party, store=store), mailbox, spec).joined == len(HOSPITALS)
    assert not dead.keys() & {*store.asked}, "the place that names the document's hash is asked first"


def assert_stays_readable(consortium: Consortium, spec: RoundSpec) -> None:
    """By who it was for, from its vault or from the releases; to anybody else a round looks as any other does."""
    moved = (consortium.ground.out / "mailbox").rename(consortium.ground.out / "emptied")
    reader = consortium.aggregator.open().party
    past = read_past_spec(reader, spec.task, spec.round)
    assert verify_proposal(reader, past) == Verification((), read_updates=True)
    outsider = auditor(consortium.federation(), f"local:{consortium.ground.out / 'store'}")
    assert verify_proposal(outsider, past) == Verification((), read_updates=False)
    forgetful = replace(reader, store=LocalStore(root=without_names(consortium)).open())
    assert any(finding.wrong is Wrong.RULE for finding in verify_proposal(forgetful, past).findings)
    assert verify_proposal(forgetful, past, FolderMailbox(moved)) == Verification((), read_updates=True)
    moved.rename(consortium.ground.out / "mailbox")


def without_names(consortium: Consortium) -> Path:
    """A copy of the store in which no vault finds anything again."""
    root = Path(copytree(consortium.ground.out / "store", consortium.ground.out / "copied"))
    rmtree(root / "links")
    return root


def assert_right_sum(consortium: Consortium, spec: RoundSpec) -> None:
    """The aggregate is the rule's over what the silos themselves keep, whatever readers were given."""
    updates = [own_update(consortium, name, spec) for name in HOSPITALS]
    party = consortium.aggregator.open().party
    uri = read_result(party, spec.task, spec.round).aggregate_uri
    root = party.federation.proposal(spec.task, spec.round).aggregate_root
    found = fetch_words(party.store, spec, "aggregate", uri, root)
    assert np.array_equal(found, combine(spec.spec.rule, updates).aggregate) and np.any(found)


def own_update(consortium: Consortium, name: str, spec: RoundSpec) -> Update:
    party = consortium.members[name].open().party
    sealed = recall(party, spec)
    assert sealed is not None
    words = np.asarray(open_own(party.store, spec, party.account, party.sealing_key, sealed))
    return Update(party.account, sealed.opening.weight, words)


def test_one_silent_member_stops_nothing(consortium: Consortium) -> None:
    spec, before = revealed_round(consortium), bonds(consortium)
    assert [attend(consortium, name) for name in (FIRST, SECOND)] == ["release, waits", "release, cast"]
    assert attend(consortium, FIRST) == "cast"
    end_phase(consortium)
    assert [attend(consortium, name) for name in (FIRST, SECOND)] == ["reveal", "reveal"]
    assert conclude(consortium) == "aggregate"
    assert conclude(consortium, "standby") == "judge"
    assert [part(consortium, name) for name in HOSPITALS] == ["nothing"] * 3
    assert settled(consortium) is Status.SUCCESS
    assert_right_sum(consortium, spec)
    attend(consortium, FIRST)
    silent, lost = consortium.ground.accounts[THIRD].address, Terms().validator_bond_wei // 10
    assert validator_bond(consortium, silent) == Terms().validator_bond_wei - lost  # as for any vote not shown
    assert bonds(consortium) == before | {THIRD: before[THIRD] - lost}


def validator_bond(consortium: Consortium, account: str) -> int:
    validators = consortium.federation().validators(consortium.task)
    return next(one.bonded for one in validators if one.account == account)


def test_two_members_that_release_nothing_leave_updates_shut_and_cost_nobody_anything(
    consortium: Consortium, tmp_path: Path
) -> None:
    """Two vote and leave their shares where nobody looks: the others wait, then say what they could not read."""
    spec, before, task = revealed_round(consortium), bonds(consortium), consortium.task
    federation, aggregator = consortium.federation(), consortium.aggregator.open()
    away = [
        consortium.validators[name].model_copy(update={"mailbox": tmp_path / name}).open() for name in (SECOND, THIRD)
    ]
    assert attend(consortium, FIRST) == "release, waits"
    assert [serve(one, task) for one in away] == ["release, waits"] * 2
    wait_for_half(consortium)
    assert [attend(consortium, FIRST), *(serve(one, task) for one in away)] == ["cast", "cast", "cast, reveal"]
    assert [attend(consortium, FIRST), serve(away[0], task)] == ["reveal", "reveal"]
    assert conclude(consortium) == WAITS
    state = federation.round_state(task)
    federation.wait_until(state.opens_at + (state.deadline - state.opens_at) // 4 + 1)
    reveals = federation.reveals(spec.task, spec.round)
    seen = gather(aggregator.party, spec, reveals)
    assert not seen.updates and set(seen.reasons.values()) == {Reason.UNDECRYPTABLE}
    assert all(f"fewer than {THRESHOLD} good shares" in detail for detail in seen.details.values())
    assert conclude(consortium) == "aggregate"
    assert federation.proposal(task, spec.round).included == 0
    assert set(unpack_exclusions(federation.proposal(task, spec.round).exclusions).values()) == {Reason.UNDECRYPTABLE}
    for name in (SECOND, THIRD):  # too late: who was rightly left out is not called sound now
        copytree(tmp_path / name, consortium.ground.out / "mailbox", dirs_exist_ok=True)
    assert attend(consortium, FIRST) == "judge" and conclude(consortium, "standby") == "judge"
    assert keys_of(consortium.validators[FIRST].open().party, spec) == len(HOSPITALS) and not sound(consortium, spec)
    assert settled(consortium) is Status.VOIDED
    for name in HOSPITALS:
        part(consortium, name)
    assert bonds(consortium) == before


def test_member_without_money_for_gas_signs_its_vote_once_others_have_released(consortium: Consortium) -> None:
    spec, task = revealed_round(consortium), consortium.task
    opened, box = consortium.validators[FIRST].open(), FolderMailbox(consortium.ground.out / "mailbox")
    with pytest.raises(ConfigurationError, match="has no mailbox to leave or find their shares in"):
        sign_vote(opened.party, task, opened.holdout)
    state = consortium.federation().round_state(task)
    half = state.opens_at + (state.deadline - state.opens_at) // 2 + 1
    with pytest.raises(
        WrongPhase,
        match=f"of 3 updates the shares of fewer than 2 members are there; come back .* at chain time {half}",
    ):
        sign_vote(opened.party, task, opened.holdout, box)
    assert attend(consortium, SECOND) == "release, cast"  # the first has released, though it could not vote yet
    assert sign_vote(opened.party, task, opened.holdout, box).member == opened.party.account
    assert keys_of(opened.party, spec) == len(HOSPITALS)
    wait_for_half(consortium)
    attend(consortium, FIRST)


def test_one_process_drives_such_rounds_and_waits_no_longer_than_half_of_vote_for_who_is_silent(
    consortium: Consortium,
) -> None:
    task = consortium.task
    ended(consortium)
    everybody = Cast(
        sponsor=consortium.sponsor.open(),
        aggregator=consortium.aggregator.open(),
        standby=consortium.standby.open(),
        members=[Participant(block.open()) for block in consortium.members.values()],
        validators=[consortium.validators[name].open() for name in VALIDATORS],
    )
    assert drive_round(everybody, task).log.status is Status.SUCCESS
    without = replace(everybody, validators=everybody.validators[:2])
    assert drive_round(without, task).log.status is Status.SUCCESS
    alone = replace(everybody, validators=everybody.validators[:1])
    result = drive_round(alone, task)
    assert result.log.status is Status.VOIDED and not result.log.slashed
