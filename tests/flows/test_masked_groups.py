"""Masked rounds in groups on a chain: a group that cheats or is lost is left out, and the others go on."""

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from prefect_federated.adapters import masked_proof, unmasking
from prefect_federated.adapters.masking import masked, own_seeds, sessions_of
from prefect_federated.adapters.reading import read_past_spec, read_result, rewards_before
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.adapters.unmasking import gather_masked
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.core.aggregation.median import coordinate_median
from prefect_federated.core.combine import Words, add
from prefect_federated.core.errors import StoreUnreachable
from prefect_federated.core.findings import Wrong
from prefect_federated.core.relaying import middle
from prefect_federated.core.round import Phase, Reason, Status
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.conclude import bring_on
from prefect_federated.learning.update import EncodedUpdate
from prefect_federated.scenario import breast_cancer
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.scenario.task_spec import Terms
from tests.flows import local_scene as scene
from tests.flows.choosy import Choosy
from tests.flows.conftest import Found
from tests.flows.lies import propose, without, word_of_the_aggregate
from tests.flows.test_masked import STEPS, blown_up, do, trained

NINE = tuple(f"hospital-{letter}" for letter in "abcdefghi")
CHEAT = NINE[4]


@pytest.fixture
def consortium(found: Found, prefect_api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Consortium:
    """Nine hospitals that mask in three groups of three; the median looks across the groups' means."""
    monkeypatch.setattr(breast_cancer, "HOSPITALS", NINE)
    monkeypatch.setattr(breast_cancer, "SHARES", {breast_cancer.HELD_OUT: (0.1, 0.1)} | dict.fromkeys(NINE, (0.1, 0.1)))
    return scene.found_with("masked in groups", found, tmp_path, rounds=2, hospitals=NINE)


def teams(consortium: Consortium, spec: RoundSpec) -> list[list[str]]:
    """The groups of a round, by the hospitals' names."""
    names = {member.account: name for name, member in scene.members(consortium).items()}
    some = sessions_of(consortium.standby.open().party, spec)
    return [[names[member.account] for member in one.members] for one in some]


def act(consortium: Consortium, spec: RoundSpec, step: str, names: Sequence[str]) -> None:
    """A step of these, and the end of its phase."""
    everybody = set(names) == set(NINE)
    do(consortium, spec, step, *names, last=everybody)
    federation = consortium.federation("sponsor")
    if federation.round_state(spec.task).phase.name == step.upper():
        scene.pass_deadline(consortium)
        federation.tick(spec.task)
    federation.wait_until(federation.round_state(spec.task).opens_at)


def mean_of(consortium: Consortium, spec: RoundSpec, names: Sequence[str]) -> Words:
    """floor(sum of weight * word / sum of weights), from the rows alone."""
    updates = [trained(consortium, spec, name) for name in names]
    total = sum((weight * words.astype(np.int64) for weight, words in updates), np.int64(0))
    mean: Words = np.floor_divide(total, sum(weight for weight, _ in updates)).astype(np.int32)
    return mean


def due(consortium: Consortium, spec: RoundSpec, some: Sequence[Sequence[str]]) -> Words:
    """The next model: the base and the median of the means of these groups."""
    return add(scene.words_of(consortium, spec), coordinate_median([mean_of(consortium, spec, one) for one in some]))


def ends_without(consortium: Consortium, spec: RoundSpec, lost: Sequence[str], reason: Reason) -> None:
    """The round settles with the other groups; the lost one is named on chain, is paid nothing, and nobody objects."""
    others = [one for one in teams(consortium, spec) if set(one) != set(lost)]
    expected = due(consortium, spec, others)
    revealed = {one.participant for one in consortium.federation().reveals(spec.task, spec.round)}
    scene.conclude(consortium, spec)
    assert (scene.head_words(consortium, spec) == expected).all()
    log, accounts = read_round_log(consortium.federation(), spec.task, spec.round), scene.members(consortium)
    gone = {accounts[name].account for name in lost} & revealed
    assert log.status is Status.DEGRADED and log.left_out == dict.fromkeys(gone, reason)
    party = consortium.standby.open().party
    before, after = rewards_before(party, spec.task, spec.round), read_result(party, spec.task, spec.round).rewards
    paid = {account for account, wei in after.items() if wei != before.get(account, 0)}
    assert paid and not gone & paid
    assert not verify_proposal(party, read_past_spec(party, spec.task, spec.round)).findings


def bonded(consortium: Consortium, spec: RoundSpec, names: Sequence[str]) -> list[bool]:
    members = scene.members(consortium)
    return [consortium.federation().enrolment(spec.task, members[name].account).bonded for name in names]


def test_the_median_of_the_groups_means_is_the_aggregate_and_another_is_named(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    for step in STEPS:
        act(consortium, spec, step, NINE)
    some = teams(consortium, spec)
    assert [len(one) for one in some] == [3, 3, 3]
    expected = due(consortium, spec, some)
    scene.conclude(consortium, spec)
    assert (scene.head_words(consortium, spec) == expected).all()
    log = read_round_log(consortium.federation(), spec.task, spec.round)
    assert log.status is Status.SUCCESS and len(log.aggregated) == 9
    assert not verify_proposal(consortium.standby.open().party, spec).findings
    spec = scene.opened(consortium)
    assert {frozenset(one) for one in teams(consortium, spec)} != {frozenset(one) for one in some}, "drawn anew"
    for step in STEPS:
        act(consortium, spec, step, NINE)
    propose(consortium, spec, word_of_the_aggregate)
    (found,) = verify_proposal(consortium.standby.open().party, spec).findings
    assert found.wrong is Wrong.SUM and "the median of the 9 masked updates in 3 groups is" in found.detail
    refuted(consortium, spec)


def refuted(consortium: Consortium, spec: RoundSpec) -> None:
    """The standby proves by itself that the proposal is false, and its proposer's bond is gone."""
    standby, federation = consortium.standby.open(), consortium.federation()
    proposer = consortium.ground.accounts["aggregator"].address
    assert bring_on(standby, spec.task) == "judge"
    assert federation.round_state(spec.task).phase is Phase.AGGREGATE
    assert federation.fallen(spec.task, spec.round) == [proposer]
    assert federation.pending_bounty_of(standby.party.account) == Terms().aggregator_bond_wei // 2


@pytest.mark.slow
def test_a_group_that_is_included_in_part_costs_the_bond(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    for step in STEPS:
        act(consortium, spec, step, NINE)
    propose(consortium, spec, without(scene.members(consortium)[CHEAT].account))
    found = verify_proposal(consortium.standby.open().party, spec).provable[0]
    assert found is not None and found.wrong is Wrong.SUM and "who revealed too, are not" in found.detail
    refuted(consortium, spec)
    assert len(consortium.federation().events(spec.task, spec.round, ("GroupsRefuted",))) == 1


@pytest.mark.slow
def test_a_group_that_no_honest_updates_come_to_costs_the_bond_as_soon_as_it_is_shown(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = scene.opened(consortium)
    act(consortium, spec, "share", NINE)
    cheat = next(one for one in teams(consortium, spec) if NINE[-1] not in one)[0]
    do(consortium, spec, "commit", *(name for name in NINE if name != cheat), last=True)
    with monkeypatch.context() as patch:
        patch.setattr(import_module("prefect_federated.tasks.train"), "train_on", blown_up(10_000, 2**20))
        act(consortium, spec, "commit", [cheat])
    for step in STEPS[2:]:
        act(consortium, spec, step, NINE)
    with monkeypatch.context() as patch:
        patch.setattr(unmasking, "require_honest_sum", lambda spec, words, weight, parts: None)
        propose(consortium, spec, lambda truth: (truth.document, {}))
    found = verify_proposal(consortium.standby.open().party, spec).provable[0]
    assert found is not None and found.wrong is Wrong.SUM and "is included, and has a word of" in found.detail
    monkeypatch.setattr(masked_proof, "MOST_BYTES", 1)  # one update a transaction
    refuted(consortium, spec)
    events = consortium.federation().events(spec.task, spec.round, ("SumOutOfRange", "SumTallied"))
    assert [one.name for one in events].count("SumOutOfRange") == 1 and len(events) < len(NINE)


def test_an_update_a_hundred_times_too_long_takes_its_group_out_alone(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    for factor, within, told in (
        (100, 2**30, "the mean of 3 updates has a norm of"),
        (10_000, 2**20, "the sum has a word of"),
    ):
        spec = scene.opened(consortium)
        act(consortium, spec, "share", NINE)
        do(consortium, spec, "commit", *(name for name in NINE if name != CHEAT), last=True)
        with monkeypatch.context() as patch:
            patch.setattr(import_module("prefect_federated.tasks.train"), "train_on", blown_up(factor, within))
            act(consortium, spec, "commit", [CHEAT])
        for step in STEPS[2:]:
            act(consortium, spec, step, NINE)
        (lost,) = [one for one in teams(consortium, spec) if CHEAT in one]
        party = consortium.aggregator.open().party
        gathered = gather_masked(party, spec, consortium.federation().reveals(spec.task, spec.round))
        assert len(gathered.groups) == 2 and len(gathered.details) == 3
        for why in gathered.details.values():
            assert why.startswith("group ") and " of 3, participants " in why and told in why
        ends_without(consortium, spec, lost, Reason.OUT_OF_RANGE)


def test_a_group_in_which_too_few_dealt_is_lost_and_its_honest_member_keeps_its_bond(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    lost, *_ = teams(consortium, spec)
    stay = [name for name in NINE if name not in lost[1:]]
    for step in STEPS:
        act(consortium, spec, step, stay)
    assert consortium.federation().round_state(spec.task).phase is Phase.AGGREGATE
    ends_without(consortium, spec, lost, Reason.UNDECRYPTABLE)
    consortium.federation("sponsor").slash_unmasked(spec.task, spec.round)
    assert all(bonded(consortium, spec, NINE)), "who dealt nothing owed nothing, and who dealt did all it could"


def test_who_withholds_its_message_takes_no_bonds_of_its_group(consortium: Consortium) -> None:
    spec, federation = scene.opened(consortium), consortium.federation("sponsor")
    act(consortium, spec, "share", NINE)
    lost, *_ = teams(consortium, spec)
    cheat, *honest = lost
    account = scene.members(consortium)[cheat].account
    (dealt,) = [one for one in federation.dealt(spec.task, spec.round) if one.participant == account]
    (body,) = (consortium.ground.out / "store").rglob(dealt.uri.rsplit("/", 1)[-1])
    hidden = body.read_bytes()
    do(consortium, spec, "commit", *(name for name in NINE if name not in honest), last=True)
    body.unlink()
    with pytest.raises(StoreUnreachable, match="is not to be had"):
        own_seeds(scene.members(consortium)[honest[0]].silo.party, spec)
    federation.wait_until(middle(federation.round_state(spec.task)))
    act(consortium, spec, "commit", honest)
    body.write_bytes(hidden)  # nothing that is opened later says anything of the honest
    for name in honest:
        party = scene.members(consortium)[name].silo.party
        assert own_seeds(party, spec).alone
        words, _ = masked(party, spec, EncodedUpdate(np.array([7, -7], np.int32), 1, {}))
        assert (words == masked(party, spec, EncodedUpdate(np.array([0, 0], np.int32), 1, {}))[0]).all()
    for step in STEPS[2:]:
        act(consortium, spec, step, NINE)
    ends_without(consortium, spec, lost, Reason.UNDECRYPTABLE)
    federation.slash_unmasked(spec.task, spec.round)
    assert all(bonded(consortium, spec, NINE))


def test_a_group_none_of_whose_payloads_can_be_asked_for_is_lost_alone(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    for step in STEPS:
        act(consortium, spec, step, NINE)
    party, reveals = consortium.standby.open().party, consortium.federation().reveals(spec.task, spec.round)
    accounts = {scene.members(consortium)[name].account for name in teams(consortium, spec)[0]}
    for hidden, groups in ((accounts, 2), ({one.participant for one in reveals}, 0)):
        down = {one.uri for one in reveals if one.participant in hidden}
        blind = replace(party, store=Choosy(party.store, down, StoreUnreachable("down")))
        with pytest.raises(StoreUnreachable, match="down"):  # there is time to try again
            gather_masked(blind, spec, reveals)
        if groups:
            assert len(gather_masked(blind, spec, reveals, last_try=True).groups) == groups
        else:  # the fault is on this side
            with pytest.raises(StoreUnreachable, match="down"):
                gather_masked(blind, spec, reveals, last_try=True)


@pytest.mark.slow
def test_a_group_in_which_too_few_answer_is_lost_and_only_who_is_silent_pays(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    for step in STEPS[:3]:
        act(consortium, spec, step, NINE)
    _, lost, _ = teams(consortium, spec)
    act(consortium, spec, "unmask", [name for name in NINE if name != lost[0]])
    ends_without(consortium, spec, lost, Reason.UNDECRYPTABLE)
    consortium.federation("sponsor").slash_unmasked(spec.task, spec.round)
    assert bonded(consortium, spec, NINE) == [name != lost[0] for name in NINE]


@pytest.mark.slow
def test_two_survivors_of_a_group_show_nothing_and_keep_their_bonds(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    for step in STEPS[:2]:
        act(consortium, spec, step, NINE)
    lost, *_ = teams(consortium, spec)
    stay = [name for name in NINE if name != lost[0]]
    for step in STEPS[2:]:
        act(consortium, spec, step, stay)
    assert len(consortium.federation().shown_shares(spec.task, spec.round)) == 8
    ends_without(consortium, spec, lost, Reason.UNDECRYPTABLE)
    consortium.federation("sponsor").slash_unmasked(spec.task, spec.round)
    assert all(bonded(consortium, spec, lost[1:]))


@pytest.mark.slow
def test_where_half_is_left_out_nobody_is_included_and_the_round_is_void(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    for step in STEPS[:3]:
        act(consortium, spec, step, NINE)
    first, second, _ = teams(consortium, spec)
    act(consortium, spec, "unmask", [name for name in NINE if name not in (first[0], second[0])])
    scene.conclude(consortium, spec)
    log = read_round_log(consortium.federation(), spec.task, spec.round)
    assert log.status is Status.VOIDED and not log.aggregated and len(log.left_out) == 9
