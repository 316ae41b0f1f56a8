"""Any process may be killed anywhere and started again with an empty home: the round ends as if nothing had been.

One federation is disturbed at every checkpoint, round after round; a second one with the same seed is left in peace.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import NamedTuple

import pytest

from prefect_federated.adapters.checkpoints import CHECKPOINTS
from prefect_federated.adapters.evm.rpc import request
from prefect_federated.core.round import Phase, Status
from prefect_federated.scenario.money import snapshot
from tests.flows import standing
from tests.flows.conftest import HOSPITALS, Found
from tests.flows.crash_scene import Scene, wait_for, worker
from tests.flows.test_masked_crashes import SHARING, UNMASKING
from tests.flows.test_masked_relayed_crashes import LEFT

pytestmark = pytest.mark.slow


class Deaths(NamedTuple):
    """Where parties die in one round, again and again: one while it commits, one while it reveals, the aggregator."""

    commit: tuple[str, ...]
    reveal: tuple[str, ...]
    aggregate: tuple[str, ...]
    settle: tuple[str, ...]


PLAN = (
    Deaths(("listened", "validated"), ("published",), ("fetched", "aggregated"), ("settle-signed",)),
    Deaths(("trained", "sealed"), ("reveal-signed",), ("propose-signed",), ("settle-sent",)),
    Deaths(("commit-signed", "commit-sent"), ("reveal-sent",), ("propose-sent",), ("settled",)),
    Deaths(("committed",), ("revealed",), ("proposed",), ("mirrored",)),
)
ROUNDS = len(PLAN) + 1


class Pair(NamedTuple):
    """The federation that is disturbed, and the one that is left in peace."""

    disturbed: Scene
    peaceful: Scene


@pytest.fixture(scope="module")
def pair(found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Two federations alike, each with chain, store and MLflow of its own; neither has played a round."""
    folders = [tmp_path_factory.mktemp(name) for name in ("disturbed", "peaceful", "worker")]
    with worker(folders.pop(), prefect_api) as call:
        yield Pair(*(Scene(found(folder / "set-up", ROUNDS), call, folder / "homes") for folder in folders))


@pytest.mark.parametrize("deaths", PLAN, ids=lambda deaths: "+".join(chain(*deaths)))
def test_round_with_deaths_in_every_stage_ends_like_one_without(pair: Pair, deaths: Deaths) -> None:
    assert_same_end(pair, lambda scene: disturbed_round(scene, deaths))


def test_commitment_still_in_the_pool_when_its_sender_died_is_not_sent_again(pair: Pair) -> None:
    assert_same_end(pair, round_with_a_commitment_in_the_pool)


def test_every_checkpoint_is_died_at() -> None:
    ours = {f"participant:{point}" for deaths in PLAN for point in deaths.commit + deaths.reveal}
    theirs = {f"aggregator:{point}" for deaths in PLAN for point in deaths.aggregate + deaths.settle}
    elsewhere = (
        "validator:",
        "shares:",
        "poster:",
        "regional:",
        "holder:",
        "relayer:",
        "participant:carried",
    )  # the last in test_buffered
    masked = {f"participant:{point}" for point in (*SHARING, *UNMASKING, *LEFT.values())}
    assert ours | theirs | masked == {point for point in CHECKPOINTS if not point.startswith(elsewhere)}


def assert_same_end(pair: Pair, disturb: Callable[[Scene], int]) -> None:
    """Play a round in both federations and compare where they stand."""
    disturbed, peaceful = (scene.consortium for scene in pair)
    before = [snapshot(one.federation(), standing.addresses(one)) for one in (disturbed, peaceful)]
    with ThreadPoolExecutor(1) as pool:
        peace = pool.submit(peaceful_round, pair.peaceful)
        round = disturb(pair.disturbed)
        assert peace.result() == round
    assert_sound(pair.disturbed, round)
    assert standing.model_roots(disturbed) == standing.model_roots(peaceful)
    assert standing.balances(disturbed, before[0]) == standing.balances(peaceful, before[1])
    assert standing.transactions(disturbed) == standing.transactions(peaceful)


def assert_sound(scene: Scene, round: int) -> None:
    """Everybody took part once, nobody was slashed, and MLflow shows the round once."""
    consortium = scene.consortium
    state = consortium.federation().round_state(consortium.task)
    assert (state.round, state.phase, state.status) == (round, Phase.SETTLED, Status.SUCCESS)
    happened = standing.happened(consortium, round)
    assert happened["UpdateCommitted"] == happened["UpdateRevealed"] == len(HOSPITALS)
    assert happened["RoundStarted"] == happened["RoundAggregated"] == happened["RoundSettled"] == 1
    assert not {"ParticipantSlashed", "RevealedLate", "RoundVoided"} & happened.keys()
    accounts = [consortium.ground.accounts[name].address.lower() for name in scene.silos]
    assert standing.mirrored_runs(consortium, round) == sorted(["", *accounts])
    assert standing.mirrored_versions(consortium) == list(range(1, round + 1))


def peaceful_round(scene: Scene) -> int:
    """A round in which nobody dies."""
    round, (first, second, last) = scene.open_round(), scene.silos
    scene.play(first, second, last)
    scene.play(first, second, "aggregator")
    scene.pass_deadline()
    scene.play("aggregator", first, second, last)
    return round


def disturbed_round(scene: Scene, deaths: Deaths) -> int:
    """A round in which parties die, and are started again with nothing but their backups."""
    round = scene.open_round()
    committer, revealer, third = cast_of(scene, round)
    scene.play(revealer, third)
    die(scene, committer, "participant", deaths.commit)
    scene.play(committer)  # nobody else is left to commit, so it reveals at once
    die(scene, revealer, "participant", deaths.reveal)
    scene.play(revealer, third)
    die(scene, "aggregator", "aggregator", deaths.aggregate)
    conclude(scene, deaths.settle)
    return round


def round_with_a_commitment_in_the_pool(scene: Scene) -> int:
    """A round in which a participant dies while its commitment is on its way to a block."""
    round, w3 = scene.open_round(), scene.consortium.federation().w3
    committer, revealer, third = cast_of(scene, round)
    scene.play(revealer, third)
    request(w3, "evm_setAutomine", [False])
    scene.kill(committer, "participant:commit-sent")
    resumed = scene.start(committer)
    wait_for(resumed.has_opened_its_outbox, "the second commit")
    request(w3, "evm_setAutomine", [True])
    request(w3, "evm_mine", [])
    assert resumed.done() == {committer: "commit, reveal"}
    scene.play(revealer, third)
    conclude(scene)
    return round


def conclude(scene: Scene, deaths: tuple[str, ...] = ()) -> None:
    """Aggregate what is left to aggregate, settle after the challenge window, claim."""
    scene.play("aggregator")
    scene.pass_deadline()
    die(scene, "aggregator", "aggregator", deaths)
    scene.play("aggregator", *scene.silos)


def die(scene: Scene, name: str, role: str, points: tuple[str, ...]) -> None:
    """Start a party over and over, to have it killed at one point after the other."""
    for point in points:
        scene.kill(name, f"{role}:{point}")


def cast_of(scene: Scene, round: int) -> list[str]:
    """Who plays which part; the parts go round."""
    turn = round % len(scene.silos)
    return scene.silos[turn:] + scene.silos[:turn]
