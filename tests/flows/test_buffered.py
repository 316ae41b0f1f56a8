"""Buffered rounds on a chain: who comes too late for one goes into the next, over the base it trained from."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from prefect_federated.adapters.carrying import carry
from prefect_federated.adapters.data.auditing import audit_with_data
from prefect_federated.adapters.data.consented import consented_view
from prefect_federated.adapters.reading import made_over, read_past_spec, read_result
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.combine import Words, add
from prefect_federated.core.errors import BufferFull
from prefect_federated.core.findings import Wrong
from prefect_federated.core.round import Phase, Status
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.schedule_spec import counted_weight
from prefect_federated.core.sealed import SealedOpening
from prefect_federated.flows.participate import take_part
from prefect_federated.learning.update import train_update
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.tasks.judge import judge
from prefect_federated.tasks.validate import validate
from tests.flows import local_scene as scene
from tests.flows.conftest import HOSPITALS, Found
from tests.flows.crash_scene import Scene, worker
from tests.flows.lies import propose

FIRST, SECOND, SLOW = HOSPITALS


@pytest.fixture
def consortium(found: Found, prefect_api: str, tmp_path: Path) -> Iterator[Consortium]:
    """Three hospitals, of which a round waits for two; no round played."""
    yield scene.found_with("fedbuff", found, tmp_path, rounds=12, quorum=2)


def commit(consortium: Consortium, spec: RoundSpec, *names: str) -> None:
    for name in names:
        scene.members(consortium)[name].commit(spec.task, spec.round)


def reveal(consortium: Consortium, spec: RoundSpec, *names: str) -> None:
    for name in names:
        scene.members(consortium)[name].reveal(spec.task, spec.round)


def missed(consortium: Consortium) -> RoundSpec:
    """A whole round of the two that are quick; the slow one has trained in it, and comes too late."""
    spec = scene.opened(consortium)
    commit(consortium, spec, FIRST, SECOND)
    with pytest.raises(BufferFull, match="ended Commit, at 2 updates or its deadline, before that of hospital-c"):
        commit(consortium, spec, SLOW)
    reveal(consortium, spec, FIRST, SECOND)
    scene.conclude(consortium, spec)
    return spec


def trained(consortium: Consortium, spec: RoundSpec, name: str) -> tuple[int, Words]:
    """Weight and words of a silo's update in a round, from the rows alone."""
    silo = scene.members(consortium)[name].silo
    data = consented_view(silo, spec, silo.consent_record()).training_data()
    update = train_update(spec, silo.party.account, scene.words_of(consortium, spec), data, b"")
    return update.weight, update.words


def account(consortium: Consortium, name: str) -> str:
    return scene.members(consortium)[name].account


def test_a_late_update_goes_into_the_next_round_and_counts_less(consortium: Consortium) -> None:
    past = missed(consortium)
    log = read_round_log(consortium.federation(), past.task, past.round)
    assert log.status is Status.SUCCESS and log.awaited == 2
    (late,) = log.participation({}).excluded
    assert (late.participant, late.stage) == (account(consortium, SLOW), "commit")
    assert late.reason == "the round took 2 updates before its own"

    spec = scene.opened(consortium)
    commit(consortium, spec, FIRST, SLOW)
    reveal(consortium, spec, FIRST, SLOW)
    by_account = {one.participant: one for one in consortium.federation().reveals(spec.task, spec.round)}
    stale, fresh = by_account[account(consortium, SLOW)], by_account[account(consortium, FIRST)]
    assert (stale.behind, fresh.behind) == (1, 0)

    weight, words = trained(consortium, past, SLOW)
    assert stale.opening.weight == weight and stale.weight == counted_weight(weight, 1) < weight
    due = weighted_mean([trained(consortium, spec, FIRST), (stale.weight, words)], d=words.size)
    scene.conclude(consortium, spec)
    assert (scene.head_words(consortium, spec) == add(scene.words_of(consortium, spec), due)).all()

    silo = scene.members(consortium)[SLOW].silo
    found = audit_with_data(silo, spec.task, spec.round, retrain=True)
    assert [finding.what for finding in found if not finding.holds] == [] and found[-1].what == "update"
    verified = verify_proposal(consortium.standby.open().party, spec)
    assert verified.read_updates and not verified.findings
    pay = read_result(consortium.aggregator.open().party, spec.task, spec.round).rewards
    before = read_result(consortium.aggregator.open().party, spec.task, past.round).rewards
    earned = {one: pay[one] - before.get(one, 0) for one in (stale.participant, fresh.participant)}
    assert earned[stale.participant] * fresh.weight == pytest.approx(earned[fresh.participant] * stale.weight)


def test_an_aggregator_that_counts_a_late_update_in_full_loses_its_bond(consortium: Consortium) -> None:
    missed(consortium)
    spec = scene.opened(consortium)
    commit(consortium, spec, FIRST, SLOW)
    reveal(consortium, spec, FIRST, SLOW)
    reveals = consortium.federation().reveals(spec.task, spec.round)
    assert [one.behind for one in reveals] == [0, 1]
    proposal = propose(consortium, spec, lambda truth: truth.included(1, weight=truth.document.included[1].weight * 2))
    assert proposal.included == 2
    standby = consortium.standby.open().party
    assert {finding.wrong for finding in verify_proposal(standby, spec).findings} >= {Wrong.LEAF}
    judge(standby, spec)
    assert consortium.federation().round_state(spec.task).overturned == 1


def test_an_update_whose_base_is_too_old_is_left_and_the_silo_trains_anew(consortium: Consortium) -> None:
    past = missed(consortium)
    for _ in range(2):
        spec = scene.opened(consortium)
        commit(consortium, spec, FIRST, SECOND)
        reveal(consortium, spec, FIRST, SECOND)
        scene.conclude(consortium, spec)
    spec = scene.opened(consortium)
    assert spec.base_number - past.base_number == 3 > spec.spec.enforced.max_staleness
    commit(consortium, spec, FIRST, SLOW)
    reveal(consortium, spec, FIRST, SLOW)
    assert [one.behind for one in consortium.federation().reveals(spec.task, spec.round)] == [0, 0]


def test_an_update_too_late_twice_keeps_its_base_and_is_never_sent_twice(consortium: Consortium) -> None:
    past = missed(consortium)
    second = missed(consortium)
    silo = scene.members(consortium)[SLOW].silo
    kept = silo.party.vault.recall(second.slot("opening", silo.party.account))
    assert kept is not None and SealedOpening.from_bytes(kept).made_in == past.round
    spec = scene.opened(consortium)
    commit(consortium, spec, FIRST, SLOW)
    reveal(consortium, spec, FIRST, SLOW)
    assert [one.behind for one in consortium.federation().reveals(spec.task, spec.round)] == [0, 2]
    scene.conclude(consortium, spec)
    following = scene.opened(consortium)
    assert carry(silo, following, validate(silo, following)) is None, "it went out; the next one is trained"


def test_a_late_update_over_other_rows_or_a_base_taken_back_is_left(
    consortium: Consortium, caplog: pytest.LogCaptureFixture
) -> None:
    missed(consortium)
    silo = scene.members(consortium)[SLOW].silo
    spec = scene.opened(consortium)
    evidence = validate(silo, spec)
    assert carry(silo, spec, evidence) is not None
    with caplog.at_level(logging.WARNING):
        assert carry(silo, spec, replace(evidence, view_digest=bytes(32))) is None
    assert "rows, columns or consents have changed since" in caplog.text
    scene.pass_deadline(consortium)
    consortium.federation("sponsor").tick(spec.task)
    versions = consortium.federation().versions(spec.task)
    consortium.federation("sponsor").rollback(spec.task, [versions[1], versions[0]])
    after = scene.opened(consortium)
    assert after.base_number - spec.base_number == 1
    assert carry(silo, after, validate(silo, after)) is None


def test_the_flow_of_a_silo_waits_for_the_next_round_and_then_sends(consortium: Consortium) -> None:
    first = scene.opened(consortium)
    silo = scene.members(consortium)[SLOW].silo
    commit(consortium, first, FIRST)
    slow = scene.members(consortium)[SLOW]
    evidence = validate(silo, first)
    assert evidence.round == first.round
    commit(consortium, first, SECOND)
    with pytest.raises(BufferFull):
        slow.commit(first.task, first.round)
    assert take_part(silo, first.task) == "nothing"
    reveal(consortium, first, FIRST, SECOND)
    scene.conclude(consortium, first)
    spec = scene.opened(consortium)
    assert take_part(silo, spec.task) == "commit"
    commit(consortium, spec, FIRST)
    assert consortium.federation().round_state(spec.task).phase is Phase.REVEAL
    assert take_part(silo, spec.task) == "reveal"
    over = made_over(silo.party, spec, 1)
    assert (over.base_number, over.base_root) == (first.base_number, first.base_root)
    assert read_past_spec(silo.party, spec.task, first.round).base_version == over.base_version


def test_a_silo_that_dies_while_it_carries_commits_once(
    consortium: Consortium, prefect_api: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    missed(consortium)
    homes = tmp_path_factory.mktemp("homes")
    with worker(homes, prefect_api) as call:
        play = Scene(consortium, call, homes)
        spec = scene.opened(consortium)
        commit(consortium, spec, FIRST)
        play.kill(SLOW, "participant:carried")
        play.kill(SLOW, "participant:sealed")
        play.play(SLOW)
    assert consortium.federation().round_state(spec.task).phase is Phase.REVEAL
    reveal(consortium, spec, FIRST, SLOW)
    assert [one.behind for one in consortium.federation().reveals(spec.task, spec.round)] == [0, 1]
