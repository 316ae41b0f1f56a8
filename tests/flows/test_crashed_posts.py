"""A poster may be killed anywhere and started again with an empty home: one root a phase, and no receipt is broken."""

import json
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

import pytest

from prefect_federated.adapters.checkpoints import CHECKPOINTS
from prefect_federated.adapters.evm.rpc import request
from prefect_federated.adapters.inclusion import broken_inclusions, keep_inclusions
from prefect_federated.adapters.mailbox import FolderMailbox
from prefect_federated.adapters.posting import post_commits
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.blocks.relayer import Relayer
from prefect_federated.core.relaying import middle
from prefect_federated.core.round import Status
from prefect_federated.flows.relay import relay
from tests.flows import standing
from tests.flows.conftest import Found
from tests.flows.crash_scene import Scene, wait_for, worker
from tests.flows.posters import begin, opened, to_reveal, wait_for_letters, with_poster

pytestmark = pytest.mark.slow


class Deaths(NamedTuple):
    """Where the poster dies in one round, again and again, in the order of its work."""

    commits: tuple[str, ...]
    openings: tuple[str, ...]


PLAN = (
    Deaths(
        ("kept-commits", "postCommits-signed", "postCommits-sent", "receipt", "receipts"),
        ("kept-openings", "postOpenings-signed", "postOpenings-sent"),
    ),
    Deaths(("posted-commits",), ("posted-openings",)),
)


@pytest.fixture(scope="module")
def scene(found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A federation with a poster, and the process that forks its players."""
    consortium = with_poster(found, tmp_path_factory.mktemp("posts") / "set-up", len(PLAN) + 2)
    poster = Relayer.load("poster")
    assert isinstance(poster, Relayer)
    with worker(tmp_path_factory.mktemp("worker"), prefect_api) as call:
        yield Scene(consortium, call, tmp_path_factory.mktemp("homes"), {"poster": poster})


@pytest.mark.parametrize("deaths", PLAN, ids=lambda deaths: "+".join(chain(*deaths)))
def test_poster_that_dies_posts_once_and_breaks_no_receipt(scene: Scene, deaths: Deaths) -> None:
    consortium, round = scene.consortium, begin(scene.consortium)
    before = standing.transactions(consortium)
    scene.play(*scene.silos)
    die(scene, deaths.commits)
    scene.play("poster")
    assert scene.play("poster", *scene.silos) == dict.fromkeys(("poster", *scene.silos), "nothing")
    assert_promised(scene, round, scene.silos)
    to_reveal(consortium)
    scene.play(*scene.silos)
    die(scene, deaths.openings)
    assert scene.play("poster") == {"poster": "nothing"}
    conclude(scene)
    happened = standing.happened(consortium, round)
    assert (happened["CommitsPosted"], happened["OpeningsPosted"]) == (1, 1)
    log = read_round_log(consortium.sponsor.open().federation, consortium.task, round)
    assert log.expected == log.committed == log.revealed == log.aggregated
    assert standing.transactions(consortium)["poster"] - before["poster"] == 2


def test_every_checkpoint_of_a_poster_is_died_at() -> None:
    died_at = {f"poster:{point}" for deaths in PLAN for point in chain(*deaths)}
    assert died_at == {point for point in CHECKPOINTS if point.startswith("poster:")}


def test_root_still_in_the_pool_when_its_sender_died_is_the_only_one_whatever_was_left_meanwhile(scene: Scene) -> None:
    consortium, w3 = scene.consortium, scene.consortium.federation().w3
    round, (first, second, third) = begin(consortium), scene.silos
    scene.play(first, second)
    state = wait_for_letters(consortium)
    request(w3, "evm_setAutomine", [False])
    scene.kill("poster", "poster:postCommits-sent")
    scene.play(third)  # with its letter, another root would be posted
    resumed = scene.start("poster")
    wait_for(resumed.has_opened_its_outbox, "the second process's outbox")
    request(w3, "evm_setAutomine", [True])
    request(w3, "evm_mine", [])
    assert resumed.done() == {"poster": "2 receipts"}
    assert_promised(scene, round, [first, second])
    consortium.federation().wait_until(middle(state))
    assert scene.play(*scene.silos) == {first: "nothing", second: "nothing", third: "commit"}
    to_reveal(consortium)
    scene.play(first, second)
    wait_for_letters(consortium)
    assert scene.play("poster") == {"poster": "2 openings in a roll"}
    consortium.federation().wait_until(middle(consortium.federation().round_state(consortium.task)))
    scene.play(third)
    conclude(scene)
    assert standing.happened(consortium, round)["CommitsPosted"] == 1


def test_root_signed_before_its_sender_died_is_sent_from_the_same_home_and_no_other(scene: Scene) -> None:
    consortium, task = scene.consortium, scene.consortium.task
    round, (first, second, third) = begin(consortium), scene.silos
    scene.play(first, second)
    wait_for_letters(consortium)
    dying = opened("poster")

    def die_once_signed(step: str, intent: str) -> None:
        if step == "signed":
            raise KeyboardInterrupt

    dying.federation._signing()._on_step = die_once_signed
    with pytest.raises(KeyboardInterrupt):
        post_commits(dying, task, round)
    scene.play(third)  # with its letter, another root is to be posted
    assert relay("poster", task) == "2 receipts"
    assert relay("poster", task) == "nothing"
    assert_promised(scene, round, [first, second])
    assert standing.happened(consortium, round)["CommitsPosted"] == 1


def assert_promised(scene: Scene, round: int, names: list[str]) -> None:
    """These silos, and nobody else, hold one receipt each, and none of them is broken."""
    consortium, poster = scene.consortium, opened("poster")
    state = consortium.federation().round_state(consortium.task)
    assert state.round == round
    box = poster.mailbox
    assert isinstance(box, FolderMailbox)
    letters = [json.loads(path.read_bytes()) for path in box.root.glob(f"*/*/{round}/inclusion/*.json")]
    accounts = [consortium.ground.accounts[name].address for name in names]
    assert sorted(letter["participant"] for letter in letters) == sorted(accounts)
    for name in names:
        party = consortium.members[name].open().party
        assert keep_inclusions(party, box, state) == [poster.federation.account]
        assert broken_inclusions(party, state) == []


def conclude(scene: Scene) -> None:
    """Aggregate and settle; everybody is in, and the poster has lost nothing."""
    consortium = scene.consortium
    scene.pass_deadline()
    scene.play("aggregator")
    scene.pass_deadline()
    scene.play("aggregator", *scene.silos)
    federation, poster = consortium.federation(), opened("poster").federation
    state = federation.round_state(consortium.task)
    assert state.status is Status.SUCCESS
    assert not {"PosterSlashed", "ParticipantSlashed", "RollVoided"} & standing.happened(consortium, state.round).keys()
    assert poster.poster_of(consortium.task, poster.account).bonded


def die(scene: Scene, points: tuple[str, ...]) -> None:
    """Start the poster over and over, to have it killed at one point after the other."""
    for point in points:
        scene.kill("poster", f"poster:{point}")
