"""A committee through the product's own flows: it reads what silos let it read, votes once, and may reject a round."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from prefect_federated.adapters.attesting import kept_opinion
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.mirroring import is_mirrored
from prefect_federated.adapters.mlflow.store import open_client
from prefect_federated.adapters.validator import Validator
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.cli.listening import Kind, Role, concerns
from prefect_federated.cli.round_record import round_record
from prefect_federated.core.errors import PolicyRefused
from prefect_federated.core.round import Phase, Status
from prefect_federated.core.scoring.score_vector import pack_scores, scores_hash
from prefect_federated.flows.attest import attest, serve
from prefect_federated.flows.cast import Cast
from prefect_federated.flows.conclude import bring_on
from prefect_federated.flows.driving import drive_round
from prefect_federated.flows.members import Participant
from prefect_federated.flows.participate import take_part
from prefect_federated.flows.sweep import sweep
from prefect_federated.scenario.adversaries import Dissenter
from prefect_federated.scenario.consortium import Consortium, mlflow_uri, set_up
from prefect_federated.scenario.money import balance_sheet, snapshot
from prefect_federated.scenario.plot import VALIDATORS, Plot
from prefect_federated.scenario.reporting import round_row
from prefect_federated.scenario.task_spec import ETHER, Terms
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.open_round import open_round
from tests.flows import standing
from tests.flows.conftest import HOSPITALS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def consortium(devnet: Devnet, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    folder = tmp_path_factory.mktemp("attest")
    plot = Plot(
        rounds=20,
        interval_s=0,
        hospitals=HOSPITALS,
        cheats=(),
        data_docs=False,
        terms=Terms(epochs=1),
        validators=VALIDATORS,
    )
    yield set_up(devnet.url, folder, LocalStore(root=folder / "store"), plot)


@pytest.fixture
def round(consortium: Consortium) -> int:
    """A round just opened, after the floors of the last one; one that nobody has committed to is void by then."""
    federation, task = consortium.federation(), consortium.task
    federation.wait_until(federation.round_state(task).deadline + 1)
    state = federation.round_state(task)
    assert state.phase.over or state.phase is Phase.NONE
    return open_round(consortium.sponsor.open(), task)


def opened(consortium: Consortium, dissenters: int = 0, round: int = 0) -> list[Validator]:
    """The validators; the first so many vote badly in a round."""
    honest = [block.open() for block in consortium.validators.values()]
    bad = [Dissenter(one.party, one.holdout, dissents_in=round) for one in honest[:dissenters]]
    return [*bad, *honest[dissenters:]]


def cast_of(consortium: Consortium, validators: list[Validator]) -> Cast:
    return Cast(
        sponsor=consortium.sponsor.open(),
        aggregator=consortium.aggregator.open(),
        members=[Participant(block.open()) for block in consortium.members.values()],
        validators=validators,
    )


def play(consortium: Consortium) -> list[str]:
    """Every hospital does what is due; what each did."""
    return [take_part(block.open(), consortium.task) for block in consortium.members.values()]


def test_each_party_does_its_own_part_and_the_median_is_published(consortium: Consortium, round: int) -> None:
    federation, task, (first, second, third) = consortium.federation(), consortium.task, opened(consortium)
    aggregator = consortium.aggregator.open()
    assert serve(first, task) == "nothing"  # the fixed block has not come
    play(consortium)
    federation.wait_for_block(federation.ballot(task).draw_block + 1)
    assert [serve(one, task) for one in (first, second)] == ["draw", "nothing"]
    play(consortium)
    assert federation.round_state(task).phase is Phase.VOTE
    assert [serve(one, task) for one in (first, second, third)] == ["cast", "cast", "cast, reveal"]
    assert [serve(one, task) for one in (first, second, third)] == ["reveal", "reveal", "nothing"]
    assert bring_on(aggregator, task) == "aggregate"
    assert [serve(first, task), serve(first, task)] == ["judge", "nothing"]
    federation.wait_until(federation.round_state(task).deadline + 1)
    assert bring_on(aggregator, task) == "settle"
    metrics = sorted(kept(one, round).metric for one in (first, second, third))
    assert federation.median_metric(task, round) == metrics[1]
    shown = {seat.member: seat.scores_hash for seat in federation.seats(task)}
    assert shown == {
        one.party.account: scores_hash(pack_scores(kept(one, round).scores)) for one in (first, second, third)
    }


def kept(validator: Validator, round: int) -> Any:
    task = 1
    return kept_opinion(validator.party, listen(validator.party, task, round))


def test_one_bad_vote_is_outvoted_and_costs_nobody_a_bond(consortium: Consortium) -> None:
    federation, task = consortium.federation(), consortium.task
    number = federation.round_state(task).round + 1
    result = drive_round(cast_of(consortium, opened(consortium, dissenters=1, round=number)), task)
    assert result.log.status is Status.SUCCESS and not result.log.slashed
    assert sorted(vote.accept is True for vote in result.log.votes) == [False, True, True]
    row = round_row(federation, result)
    honest = [vote.metric for vote in row.votes if vote.accept]
    assert row.median_metric == min(metric for metric in honest if metric is not None)
    for name in VALIDATORS:
        assert federation.participant(consortium.ground.accounts[name].address).stake == 4 * ETHER


def test_rejected_round_leaves_the_model_pays_floors_and_is_mirrored_reported_and_heard(consortium: Consortium) -> None:
    federation, task = consortium.federation(), consortium.task
    play(consortium)  # what earlier rounds earned is claimed
    before, head = snapshot(federation, standing.addresses(consortium)), federation.head(task)
    number = federation.round_state(task).round + 1
    result = drive_round(cast_of(consortium, opened(consortium, dissenters=2, round=number)), task)
    assert (result.log.status, result.log.version, result.mlflow_version) == (Status.REJECTED, None, None)
    assert federation.head(task) == head
    row = round_row(federation, result)
    assert row.status == "REJECTED" and row.model_hash == row.parent_hash and row.median_metric is None
    assert {one.reason for one in row.excluded} == {"the committee rejected the round"}
    assert_mirrored(consortium, number)
    assert_heard(consortium, number)
    after = snapshot(federation, standing.addresses(consortium))
    sheet = balance_sheet(federation, standing.addresses(consortium), before, after, {})
    assert sheet.difference_wei == "0"
    floor = ETHER // 2 // len(HOSPITALS)
    assert [int(sheet.accounts[name].earned_wei) for name in HOSPITALS] == [floor] * len(HOSPITALS)
    assert round_record(federation, task, number)["status"] == "REJECTED"


def assert_mirrored(consortium: Consortium, number: int) -> None:
    state = consortium.federation().round_state(consortium.task)
    assert is_mirrored(consortium.aggregator.open(), consortium.task, state)
    assert not is_mirrored(consortium.aggregator.open(), consortium.task, replace(state, round=number + 1))
    client = open_client(mlflow_uri(consortium.ground.out))
    experiment = client.get_experiment_by_name(consortium.spec.name)
    runs = client.search_runs([experiment.experiment_id], f"tags.`federated.round` = '{number}'")  # type: ignore[union-attr]
    assert len(runs) == 1 + len(HOSPITALS) and {run.info.status for run in runs} == {"FAILED"}
    assert "REJECTED" in {run.data.tags.get("federated.status") for run in runs}


def assert_heard(consortium: Consortium, number: int) -> None:
    """Whoever has something to do after a rejection is woken by the round's end."""
    events = consortium.federation().events(consortium.task, number)
    kinds: tuple[Kind, ...] = ("silo", "aggregator", "validator")
    for kind in kinds:
        role = Role(kind, "block", consortium.task, "flow/deployment")
        heard = [event.name for event in events if concerns(role, event, number, False)]
        assert heard[-1] == "RoundSettled", kind


def test_rejection_that_nobody_drove_is_mirrored_and_its_floors_are_fetched(consortium: Consortium, round: int) -> None:
    federation, task, judges = consortium.federation(), consortium.task, opened(consortium, 2, round)
    play(consortium)
    federation.wait_for_block(federation.ballot(task).draw_block + 1)
    serve(judges[0], task)
    play(consortium)
    for one in judges * 2:
        serve(one, task)
    assert federation.round_state(task).status is Status.REJECTED
    aggregator = consortium.aggregator.open()
    assert not is_mirrored(aggregator, task, federation.round_state(task))
    bring_on(aggregator, task)
    assert is_mirrored(aggregator, task, federation.round_state(task))
    assert len(standing_runs(consortium, round)) == 1 + len(HOSPITALS)
    assert [play(consortium), play(consortium)] == [["floor"] * len(HOSPITALS), ["nothing"] * len(HOSPITALS)]


def standing_runs(consortium: Consortium, number: int) -> list[Any]:
    client = open_client(mlflow_uri(consortium.ground.out))
    experiment = client.get_experiment_by_name(consortium.spec.name)
    return list(client.search_runs([experiment.experiment_id], f"tags.`federated.round` = '{number}'"))  # type: ignore[union-attr]


def test_round_after_a_rejection_opens_once_floors_were_to_be_had(consortium: Consortium) -> None:
    federation, task = consortium.federation(), consortium.task
    federation.wait_until(federation.round_state(task).deadline + 1)
    result = drive_round(cast_of(consortium, opened(consortium)), task)
    assert result.log.status is Status.SUCCESS


def test_silent_member_loses_a_tenth_once_somebody_closes_the_ballot(consortium: Consortium) -> None:
    federation, task = consortium.federation(), consortium.task
    present = opened(consortium)[1:]
    result = drive_round(cast_of(consortium, present), task)
    absent = consortium.ground.accounts[VALIDATORS[0]].address
    assert result.log.status is Status.SUCCESS
    assert [vote.accept for vote in result.log.votes if vote.member == absent] == [None]
    assert [serve(one, task) for one in present] == ["close", "nothing"]
    assert federation.participant(absent).stake == 4 * ETHER - ETHER // 10
    assert federation.ballot(task).closed


def test_validator_that_the_silo_does_not_name_keeps_it_out_of_the_round(consortium: Consortium, round: int) -> None:
    silo = consortium.members[HOSPITALS[0]].open()
    stranger = consortium.ground.accounts[VALIDATORS[2]].address
    named = tuple(reader for reader in silo.policy.readers if reader != stranger)
    wary = replace(silo, policy=silo.policy.model_copy(update={"readers": named}))
    with pytest.raises(PolicyRefused, match=f"asks for readers {stranger.lower()}"):
        take_part(wary, consortium.task)


def test_flow_and_sweep_load_the_block_and_do_the_same_part(consortium: Consortium, round: int) -> None:
    federation, task, name = consortium.federation(), consortium.task, VALIDATORS[0]
    consortium.validators[name].save(name, overwrite=True)
    assert attest(name, task) == "nothing"
    federation.wait_for_block(federation.ballot(task).draw_block + 1)
    assert sweep(task, validator=name) == {"validator": "draw"}
    assert attest(name, task) == "nothing" and federation.ballot(task).drawn
