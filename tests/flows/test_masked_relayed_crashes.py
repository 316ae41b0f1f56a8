"""A silo or the relayer of a masked round may be killed anywhere and started again with an empty home."""

import pytest

from prefect_federated.adapters.checkpoints import CHECKPOINTS
from prefect_federated.core.round import Phase
from tests.flows import local_scene as scene
from tests.flows.conftest import Found
from tests.flows.crash_scene import Scene, worker
from tests.flows.masked_relayers import HOSPITALS, with_relayer
from tests.flows.test_masked import due

pytestmark = pytest.mark.slow

LEFT = {"share": "left-dealing", "commit": "left-commit", "reveal": "left-opening", "unmask": "left-shown"}
BRINGING = {
    "share": ("dealMany-signed", "dealMany-sent", "dealt"),
    "commit": ("commitMany-signed", "commitMany-sent", "committed"),
    "reveal": ("revealMany-signed", "revealMany-sent", "revealed"),
    "unmask": ("showMany-signed", "showMany-sent", "shown"),
}
FIRST, *OTHERS = HOSPITALS


def test_silo_and_relayer_that_die_in_every_step_leave_the_exact_mean(
    found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder, homes = tmp_path_factory.mktemp("relayed"), tmp_path_factory.mktemp("homes")
    consortium, relayer = with_relayer(found, folder)
    federation = consortium.federation("sponsor")
    with worker(homes, prefect_api) as call:
        play = Scene(consortium, call, homes, {"relayer": relayer})
        for deaths in (slice(2), slice(2, 3)):  # what is sent can be died over once
            spec = scene.opened(consortium)
            for step, left in LEFT.items():
                play.kill(FIRST, f"participant:{left}")
                assert set(play.play(FIRST, *OTHERS).values()) == {f"leave {step}"}
                for point in BRINGING[step][deaths]:
                    play.kill("relayer", f"relayer:{point}")
                assert play.play("relayer") == {"relayer": "nothing"}, "it is there, and the next phase not open"
                federation.wait_until(federation.round_state(spec.task).opens_at)
            assert federation.round_state(spec.task).phase is Phase.AGGREGATE
            assert len(federation.dealt(spec.task, spec.round)) == len(HOSPITALS)
            expected = due(consortium, spec, *HOSPITALS)
            scene.conclude(consortium, spec)
            assert (scene.head_words(consortium, spec) == expected).all()


def test_every_checkpoint_of_the_relayer_is_died_at() -> None:
    ours = {f"relayer:{point}" for points in BRINGING.values() for point in points}
    assert ours == {point for point in CHECKPOINTS if point.startswith("relayer:")}
