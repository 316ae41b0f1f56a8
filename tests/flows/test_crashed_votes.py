"""A validator may be killed anywhere and started again with an empty home: it votes once, and as it first measured."""

from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

import pytest

from prefect_federated.adapters.attesting import keep_opinion, kept_opinion
from prefect_federated.adapters.checkpoints import CHECKPOINTS
from prefect_federated.core.opinion import Opinion
from prefect_federated.core.round import Status
from prefect_federated.core.scoring.score_vector import pack_scores, scores_hash
from prefect_federated.scenario.plot import VALIDATORS
from prefect_federated.tasks.listen import listen
from tests.flows import standing
from tests.flows.conftest import Found
from tests.flows.crash_scene import Scene, worker

pytestmark = pytest.mark.slow
VICTIM, *OTHERS = VALIDATORS


class Deaths(NamedTuple):
    """Where the victim dies in one round, again and again, in the order of its work."""

    draw: tuple[str, ...]
    cast: tuple[str, ...]
    show: tuple[str, ...]


PLAN = (
    Deaths(("drawn",), ("measured", "sealed", "castVote-signed", "castVote-sent"), ("revealVote-signed",)),
    Deaths((), ("cast",), ("revealVote-sent",)),
    Deaths((), (), ("shown",)),
)


@pytest.fixture(scope="module")
def scene(found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A federation with a committee of three, and the process that forks its players."""
    consortium = found(tmp_path_factory.mktemp("votes") / "set-up", len(PLAN), VALIDATORS)
    with worker(tmp_path_factory.mktemp("worker"), prefect_api) as call:
        yield Scene(consortium, call, tmp_path_factory.mktemp("homes"))


@pytest.mark.parametrize("deaths", PLAN, ids=lambda deaths: "+".join(chain(*deaths)))
def test_validator_that_dies_votes_once_and_as_it_first_measured(scene: Scene, deaths: Deaths) -> None:
    federation, task = scene.consortium.federation(), scene.consortium.task
    before, round = standing.transactions(scene.consortium), scene.open_round()
    scene.play(*scene.silos)
    federation.wait_for_block(federation.ballot(task).draw_block + 1)
    die(scene, deaths.draw)
    scene.play(VICTIM)
    scene.play(*scene.silos)
    die(scene, deaths.cast)
    scene.play(VICTIM, *OTHERS)
    die(scene, deaths.show)
    scene.play(VICTIM, *OTHERS)
    assert_voted_once(scene, round)
    sent = {name: count - before[name] for name, count in standing.transactions(scene.consortium).items()}
    assert (sent[VICTIM], *(sent[name] for name in OTHERS)) == (3, 2, 2)  # draw, cast, show; the others cast and show
    scene.play("aggregator")
    scene.pass_deadline()
    scene.play("aggregator")
    assert federation.round_state(task).status is Status.SUCCESS


def test_every_checkpoint_of_a_validator_is_died_at() -> None:
    died_at = {f"validator:{point}" for deaths in PLAN for point in chain(*deaths)}
    assert died_at == {point for point in CHECKPOINTS if point.startswith("validator:")}


def assert_voted_once(scene: Scene, round: int) -> None:
    """Everybody cast and showed one vote, with the scores that were sealed; nobody lost anything."""
    federation, task = scene.consortium.federation(), scene.consortium.task
    happened = standing.happened(scene.consortium, round)
    assert (happened["CommitteeDrawn"], happened["VoteCast"], happened["VoteRevealed"]) == (1, 3, 3)
    assert not {"ValidatorSlashed", "VoteVoided", "DrawMoved"} & happened.keys()
    party = scene.consortium.validators[VICTIM].open().party
    spec = listen(party, task, round)
    kept = kept_opinion(party, spec)
    shown = next(seat for seat in federation.seats(task) if seat.member == party.account)
    assert kept is not None and (shown.metric, shown.scores_hash) == (
        kept.metric,
        scores_hash(pack_scores(kept.scores)),
    )
    assert keep_opinion(party, spec, Opinion(False, 0, 0, ())) == kept  # whatever is measured later


def die(scene: Scene, points: tuple[str, ...]) -> None:
    """Start the victim over and over, to have it killed at one point after the other."""
    for point in points:
        scene.kill(VICTIM, f"validator:{point}")
