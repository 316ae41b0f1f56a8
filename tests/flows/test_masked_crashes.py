"""A silo of a masked round may be killed anywhere and started again with an empty home: its mask stays the same."""

import pytest

from prefect_federated.core.round import Phase
from prefect_federated.scenario.consortium import Consortium
from tests.flows import local_scene as scene
from tests.flows.conftest import Found
from tests.flows.crash_scene import Scene, worker
from tests.flows.test_masked import HOSPITALS, do, due

pytestmark = pytest.mark.slow

SHARING = ("shared", "dealShares-signed", "dealShares-sent", "dealt")
UNMASKING = ("answered", "showShares-signed", "showShares-sent", "shown")
FIRST, SECOND, *OTHERS = HOSPITALS


@pytest.fixture(scope="module")
def consortium(found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    """Four hospitals whose updates are masked."""
    return scene.found_with("masked", found, tmp_path_factory.mktemp("masked"), rounds=2, hospitals=HOSPITALS)


def test_silo_that_dies_in_every_step_of_a_masked_round_leaves_the_exact_mean(
    consortium: Consortium, prefect_api: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    federation, homes = consortium.federation("sponsor"), tmp_path_factory.mktemp("homes")
    with worker(homes, prefect_api) as call:
        play, spec = Scene(consortium, call, homes), scene.opened(consortium)

        def die(who: str, *points: str) -> None:
            for point in points:
                play.kill(who, f"participant:{point}")
            play.play(who)

        for step, points, after in (
            ("share", SHARING[:3], SHARING[3]),
            ("commit", ("trained",), "sealed"),
            ("reveal", ("published",), "revealed"),
            ("unmask", UNMASKING[:3], UNMASKING[3]),
        ):
            die(FIRST, *points)
            die(SECOND, after)  # what it sent stands, whatever it knows of it
            do(consortium, spec, step, *OTHERS, last=True)
            federation.wait_until(federation.round_state(spec.task).opens_at)
    assert federation.round_state(spec.task).phase is Phase.AGGREGATE
    expected = due(consortium, spec, *HOSPITALS)
    scene.conclude(consortium, spec)
    assert (scene.head_words(consortium, spec) == expected).all()
    assert len(federation.dealt(spec.task, spec.round)) == len(HOSPITALS)
    stored = [one.read_bytes() for one in (consortium.ground.out / "store").rglob("*") if one.is_file()]
    noted = [one for one in stored if one.startswith(b'{"body":') and b'"masks":' in one]
    assert len(noted) == len(HOSPITALS), "who published twice published the same bytes, its note among them"
