"""Masked rounds on a chain: the exact sum of all who stayed, whoever drops out, and of nobody else."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from prefect_federated.adapters import unmasking
from prefect_federated.adapters.data.auditing import audit_with_data
from prefect_federated.adapters.data.consented import consented_view
from prefect_federated.adapters.data.training import train_on
from prefect_federated.adapters.data.view import ConsentView
from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.gathering import gather
from prefect_federated.adapters.masking import own_answer, session_of
from prefect_federated.adapters.reading import read_result
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.adapters.silo import Silo
from prefect_federated.adapters.unmasking import gather_masked
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.cli.round_record import round_record
from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.combine import Words, add
from prefect_federated.core.errors import ChainUnreachable, UnmaskRefused, WrongPhase
from prefect_federated.core.findings import Wrong
from prefect_federated.core.round import Phase, Reason, Status
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.conclude import bring_on
from prefect_federated.flows.participate import take_part
from prefect_federated.learning.update import EncodedUpdate, train_update
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.scenario.exact_sum import Witness
from prefect_federated.tasks.retract import retract_withdrawn
from tests.flows import local_scene as scene
from tests.flows.conftest import Found
from tests.flows.lies import propose

HOSPITALS = ("hospital-a", "hospital-b", "hospital-c", "hospital-d")
LAST = HOSPITALS[3]
STEPS = ("share", "commit", "reveal", "unmask")


@pytest.fixture
def consortium(found: Found, prefect_api: str, tmp_path: Path) -> Iterator[Consortium]:
    """Four hospitals whose updates are masked; three shares open a secret, three updates make a round."""
    yield scene.found_with("masked", found, tmp_path, rounds=6, hospitals=HOSPITALS)


def do(consortium: Consortium, spec: RoundSpec, step: str, *names: str, last: bool = False) -> None:
    """A step of these silos; where others did not do it, its phase then ends at its deadline.

    Args:
        last: the others have done it.
    """
    for name in names or HOSPITALS:
        getattr(scene.members(consortium)[name], step)(spec.task, spec.round)
    federation = consortium.federation("sponsor")
    state = federation.round_state(spec.task)
    if names and not last and set(names) != set(HOSPITALS) and state.phase.name == step.upper():
        scene.pass_deadline(consortium)
        federation.tick(spec.task)
    federation.wait_until(federation.round_state(spec.task).opens_at)


def trained(consortium: Consortium, spec: RoundSpec, name: str) -> tuple[int, Words]:
    """Weight and words of a silo's update in a round, from the rows alone: no mask."""
    silo = scene.members(consortium)[name].silo
    data = consented_view(silo, spec, silo.consent_record()).training_data()
    update = train_update(spec, silo.party.account, scene.words_of(consortium, spec), data, b"")
    return update.weight, update.words


def due(consortium: Consortium, spec: RoundSpec, *names: str) -> Words:
    updates = [trained(consortium, spec, name) for name in names]
    return add(scene.words_of(consortium, spec), weighted_mean(updates, d=updates[0][1].size))


def bonds(consortium: Consortium) -> dict[str, bool]:
    """Who still has its bond."""
    federation = consortium.federation()
    return {
        name: federation.enrolment(consortium.task, member.account).bonded
        for name, member in scene.members(consortium).items()
    }


def phase(consortium: Consortium) -> Phase:
    return consortium.federation().round_state(consortium.task).phase


def test_a_masked_round_ends_with_the_exact_mean_and_shows_nobodys_update(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    assert phase(consortium) is Phase.SHARE
    for step in STEPS:
        do(consortium, spec, step)
    assert phase(consortium) is Phase.AGGREGATE
    reader = consortium.aggregator.open().party
    seen = gather(reader, spec, consortium.federation().reveals(spec.task, spec.round)).updates
    assert len(seen) == 4
    for one in seen:
        words = one.words[:].astype(np.float64)
        assert abs(words).max() > 2**30, "words all over int32, not below the limit of 2^18"
    expected = due(consortium, spec, *HOSPITALS)
    scene.conclude(consortium, spec)
    assert (scene.head_words(consortium, spec) == expected).all()
    log = read_round_log(consortium.federation(), spec.task, spec.round)
    assert log.status is Status.SUCCESS and len(log.aggregated) == 4
    verified = verify_proposal(consortium.standby.open().party, spec)
    assert verified.read_updates and not verified.findings
    silo = scene.members(consortium)[LAST].silo
    found = audit_with_data(silo, spec.task, spec.round, retrain=True)
    assert [finding.what for finding in found if not finding.holds] == [] and found[-1].what == "update"


@pytest.mark.parametrize("lost", ["share", "commit", "reveal", "unmask"])
def test_who_drops_out_in_a_phase_leaves_the_exact_mean_of_the_others(consortium: Consortium, lost: str) -> None:
    spec = scene.opened(consortium)
    stay = HOSPITALS[:3]
    for step in STEPS:
        late = STEPS.index(step) >= STEPS.index(lost)
        do(consortium, spec, step, *(stay if late else ()))
    survivors = HOSPITALS if lost == "unmask" else stay
    expected = due(consortium, spec, *survivors)
    scene.conclude(consortium, spec)
    assert (scene.head_words(consortium, spec) == expected).all()
    log = read_round_log(consortium.federation(), spec.task, spec.round)
    assert len(log.aggregated) == len(survivors)
    gone = scene.members(consortium)[LAST].account
    assert consortium.federation().enrolment(spec.task, gone).bonded is (lost == "share")
    pay = read_result(consortium.aggregator.open().party, spec.task, spec.round).rewards
    assert (gone in pay) is (lost == "unmask"), "its update is in the sum, so it is paid, and its bond is gone"


def test_the_flow_of_a_silo_does_each_step_in_its_time(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    silos = [scene.members(consortium)[name].silo for name in HOSPITALS]
    federation, told = consortium.federation("sponsor"), {name: list[str]() for name in HOSPITALS}
    for _ in range(len(STEPS) + 1):
        for name, silo in zip(HOSPITALS, silos, strict=True):
            told[name] += [step for step in take_part(silo, spec.task).split(", ") if step != "nothing"]
        federation.wait_until(federation.round_state(spec.task).opens_at)
    assert told == {name: list(STEPS) for name in HOSPITALS}
    assert phase(consortium) is Phase.AGGREGATE


def test_who_did_not_share_sits_the_round_out(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    accounts = [scene.members(consortium)[name].account for name in HOSPITALS]
    assert round_record(consortium.federation(), spec.task, spec.round)["awaited"] == accounts
    do(consortium, spec, "share", *HOSPITALS[:3])
    assert phase(consortium) is Phase.COMMIT
    assert round_record(consortium.federation(), spec.task, spec.round)["awaited"] == accounts[:3]
    late = scene.members(consortium)[LAST].silo
    assert take_part(late, spec.task) == "nothing"
    do(consortium, spec, "commit", *HOSPITALS[:3])
    assert phase(consortium) is Phase.REVEAL, "nobody is waited for who could not commit"
    do(consortium, spec, "reveal", *HOSPITALS[:3], last=True)
    do(consortium, spec, "unmask", HOSPITALS[0], last=True)
    found = round_record(consortium.federation(), spec.task, spec.round)
    assert (found["phase"], found["awaited"], found["shown"]) == ("UNMASK", accounts[1:3], accounts[:1])
    do(consortium, spec, "unmask", *HOSPITALS[1:3], last=True)
    scene.conclude(consortium, spec)
    (left,) = read_round_log(consortium.federation(), spec.task, spec.round).participation({}).excluded
    assert (left.participant, left.stage, left.reason) == (accounts[3], "share", "it dealt no shares in time")


def test_below_the_threshold_nothing_opens_and_nobody_is_blamed(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    for step in STEPS[:3]:
        do(consortium, spec, step)
    do(consortium, spec, "unmask", *HOSPITALS[:2])
    assert phase(consortium) is Phase.VOIDED
    log = read_round_log(consortium.federation(), spec.task, spec.round)
    assert log.status is Status.VOIDED and not log.aggregated
    witness = Witness()
    witness.compare(consortium.standby.open().party, log)
    assert witness.exact == {}, "no sum was settled, so none is said to be exact"
    scene.opened(consortium)
    assert all(bonds(consortium).values())


def test_a_silo_never_answers_for_other_survivors_in_the_same_round(
    consortium: Consortium, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = scene.opened(consortium)
    for step in STEPS[:3]:
        do(consortium, spec, step)
    silo = scene.members(consortium)[HOSPITALS[0]].silo
    revealed = consortium.federation().reveals(spec.task, spec.round)
    with monkeypatch.context() as patch:
        patch.setattr(type(silo.party.federation), "reveals", lambda self, task, round: revealed[:3])
        with pytest.raises(ChainUnreachable, match="the node shows 3 openings of round 1/1, the contract counts 4"):
            own_answer(silo.party, spec)
    silo.party.vault.keep(spec.slot("turnout", silo.party.account), bytes(32))  # as if another chain had shown others
    with pytest.raises(UnmaskRefused, match="answer once"):
        do(consortium, spec, "unmask", HOSPITALS[0])
    assert not consortium.federation().has_shown(spec.task, spec.round, silo.party.account)


def test_consent_withdrawn_after_share_takes_the_shares_back_and_costs_no_bond(consortium: Consortium) -> None:
    spec = scene.opened(consortium)
    do(consortium, spec, "share")
    gone = scene.members(consortium)[LAST]
    grant = gone.silo.consent_record().grant_id
    do(consortium, spec, "commit", *HOSPITALS[:2], last=True)  # masked with the last before it was taken out
    consortium.federation(f"{LAST}-dpo").withdraw_grant(grant)
    assert retract_withdrawn(consortium.aggregator.open().party, spec.task) == 1
    assert retract_withdrawn(consortium.aggregator.open().party, spec.task) == 0
    do(consortium, spec, "commit", HOSPITALS[2])
    for step in STEPS[2:]:
        do(consortium, spec, step, *HOSPITALS[:3], last=True)
    expected = due(consortium, spec, *HOSPITALS[:3])
    scene.conclude(consortium, spec)
    assert (scene.head_words(consortium, spec) == expected).all()
    assert consortium.federation().enrolment(spec.task, gone.account).bonded


def blown_up(factor: int, within: int) -> Callable[[Silo, RoundSpec, ConsentView], EncodedUpdate]:
    """Training whose update is so many times too long, and cut there."""

    def train(silo: Silo, spec: RoundSpec, view: ConsentView) -> EncodedUpdate:
        update = train_on(silo, spec, view)
        words = np.clip(update.words.astype(np.int64) * factor, -within, within)
        return replace(update, words=words.astype(np.int32))

    return train


def unmasked_with_a_cheat(consortium: Consortium, factor: int, within: int) -> RoundSpec:
    """A round up to Aggregate whose last hospital sends an update so many times too long."""
    spec = scene.opened(consortium)
    do(consortium, spec, "share")
    do(consortium, spec, "commit", *HOSPITALS[:3], last=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(import_module("prefect_federated.tasks.train"), "train_on", blown_up(factor, within))
        do(consortium, spec, "commit", LAST, last=True)
    for step in STEPS[2:]:
        do(consortium, spec, step)
    return spec


def test_rubbish_under_a_mask_voids_the_round(found: Found, prefect_api: str, tmp_path: Path) -> None:
    consortium = scene.found_with("masked and clipped", found, tmp_path, rounds=2, hospitals=HOSPITALS)
    for factor, within, told in (
        (100, 2**18, "the mean of 4 updates has a norm of"),  # each word is within the limit
        (10_000, 2**22, "the sum has a word of"),
    ):
        spec = unmasked_with_a_cheat(consortium, factor, within)
        reader, reveals = consortium.aggregator.open().party, consortium.federation().reveals(spec.task, spec.round)
        gathered = gather_masked(reader, spec, reveals)
        assert gathered.total is None and len(gathered.details) == 4
        for why in gathered.details.values():
            assert told in why and "somebody masked something else, and nobody can tell who" in why
        scene.conclude(consortium, spec)
        log = read_round_log(consortium.federation(), spec.task, spec.round)
        assert log.status is Status.VOIDED and not log.aggregated
        assert log.left_out == dict.fromkeys((one.participant for one in reveals), Reason.OUT_OF_RANGE)
        assert all(bonds(consortium).values()), "nobody can tell whose it was"


def test_who_proposes_a_sum_that_is_too_long_is_named_by_every_reader_and_keeps_its_bond(
    found: Found, prefect_api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    consortium = scene.found_with("masked and clipped", found, tmp_path, rounds=1, hospitals=HOSPITALS)
    spec = unmasked_with_a_cheat(consortium, 100, 2**18)
    with monkeypatch.context() as patch:
        patch.setattr(unmasking, "require_honest_sum", lambda spec, words, weight, parts: None)
        propose(consortium, spec, lambda truth: (truth.document, {}))
    standby, federation = consortium.standby.open(), consortium.federation()
    verified = verify_proposal(standby.party, spec)
    assert verified.read_updates and not verified.provable, "no contract looks at the norm of a sum"
    assert [one.wrong for one in verified.findings] == [Wrong.RULE] * 4
    for one in verified.findings:
        assert "is proposed as included, recomputed as left out for OUT_OF_RANGE: the mean of 4 updates" in one.detail
    assert bring_on(standby, spec.task) == "judge" and not federation.fallen(spec.task, spec.round)
    scene.pass_deadline(consortium)
    assert bring_on(consortium.aggregator.open(), spec.task) == "settle"
    assert read_round_log(federation, spec.task, spec.round).status is Status.SUCCESS


def test_nobody_deals_before_the_opening_is_final_and_the_masks_are_bound_to_its_block(
    found: Found, prefect_api: str, tmp_path: Path
) -> None:
    consortium = scene.found_with("masked, final late", found, tmp_path, rounds=1, hospitals=HOSPITALS)
    spec, federation = scene.opened(consortium), consortium.federation("sponsor")
    with pytest.raises(WrongPhase, match="opened in a block that is final from chain time"):
        scene.members(consortium)[LAST].share(spec.task, spec.round)
    assert take_part(scene.members(consortium)[LAST].silo, spec.task) == "nothing"
    federation.wait_until(federation.deals_from(federation.round_state(spec.task)))
    for name in HOSPITALS[1:]:
        assert take_part(scene.members(consortium)[name].silo, spec.task) == "share"
    (opened,) = federation.events(spec.task, spec.round, ("RoundStarted",))
    seeds = {session_of(member.silo.party, spec).seed for member in scene.members(consortium).values()}
    assert seeds == {bytes.fromhex(rpc.block(federation.w3, opened.block)["hash"][2:])} != {bytes(32)}
