"""Who releases or joins shares may be killed after either and started anew with an empty home: it is done once."""

import pytest

from prefect_federated.adapters.checkpoints import CHECKPOINTS
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.core.round import Phase, Status
from prefect_federated.scenario.plot import VALIDATORS
from tests.flows.conftest import HOSPITALS
from tests.flows.crash_scene import Scene, worker
from tests.flows.opening_scene import documents, letters, revealed_round, reveals_of, together

pytestmark = pytest.mark.slow
FIRST, SECOND, THIRD = VALIDATORS
POINTS = ("shares:released", "shares:joined")


def test_member_and_aggregator_that_die_over_shares_go_on_where_they_were(
    devnet: Devnet, prefect_api: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    consortium = together(devnet.url, tmp_path_factory.mktemp("shares"))
    spec, federation = revealed_round(consortium), consortium.federation()
    with worker(tmp_path_factory.mktemp("worker"), prefect_api) as call:
        scene = Scene(consortium, call, tmp_path_factory.mktemp("homes"))
        scene.kill(FIRST, POINTS[0])
        before = letters(consortium, spec)
        assert len(before) == 1
        assert scene.play(FIRST) == {FIRST: "waits"}
        scene.kill(SECOND, POINTS[1])
        assert scene.play(SECOND, FIRST, THIRD) == {SECOND: "cast", FIRST: "cast", THIRD: "release, cast, reveal"}
        scene.kill("aggregator", POINTS[1])
        assert scene.play("aggregator", FIRST, SECOND) == {"aggregator": "nothing", FIRST: "reveal", SECOND: "reveal"}
        assert federation.round_state(spec.task).phase is Phase.AGGREGATE
        scene.play("aggregator")
        scene.pass_deadline()
        scene.play("aggregator")
    assert federation.round_state(spec.task).status is Status.SUCCESS
    assert before[0] in letters(consortium, spec) and len(letters(consortium, spec)) == len(VALIDATORS)
    told = [reveal.participant for reveal in reveals_of(consortium, spec)]
    assert len(told) == len(HOSPITALS)
    assert all(one.answers(participant) for one in documents(consortium, spec).values() for participant in told)


def test_every_checkpoint_of_shares_is_died_at() -> None:
    assert set(POINTS) == {point for point in CHECKPOINTS if point.startswith("shares:")}
