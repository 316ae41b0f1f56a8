"""Masked rounds that a relayer brings: the exact sum of who stayed, and nobody is kept out."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from prefect_federated.adapters.bringing import bring_dealings, bring_shown
from prefect_federated.adapters.evm.relaying import skipped
from prefect_federated.adapters.mailbox import place_of
from prefect_federated.adapters.relayer import Relayer as OpenRelayer
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.adapters.waiting_shares import waiting_dealings, waiting_shown
from prefect_federated.core.relaying import middle
from prefect_federated.core.round import Phase, Status
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.cast import Cast
from prefect_federated.flows.driving import drive_round
from prefect_federated.flows.relay import bring
from prefect_federated.scenario.consortium import Consortium
from tests.flows import local_scene as scene
from tests.flows import standing
from tests.flows.conftest import Found
from tests.flows.masked_relayers import HOSPITALS, STEPS, brought, leave, with_relayer
from tests.flows.test_masked import due

LAST, STAY = HOSPITALS[3], HOSPITALS[:3]


class Relayed(NamedTuple):
    """The federation, and who brings its letters."""

    consortium: Consortium
    relayer: OpenRelayer


@pytest.fixture
def relayed(found: Found, prefect_api: str, tmp_path: Path) -> Iterator[Relayed]:
    """Four hospitals that leave all they do to a relayer."""
    consortium, block = with_relayer(found, tmp_path)
    yield Relayed(consortium, block.open())


def put(relayed: Relayed, spec: RoundSpec, kind: str, content: bytes) -> None:
    relayed.relayer.mailbox.leave(place_of(spec.chain_id, spec.coordinator, spec.task, spec.round, kind), content)


def test_relayer_brings_all_of_a_masked_round_and_who_drops_out_after_commit_is_not_missed(relayed: Relayed) -> None:
    consortium, relayer = relayed
    before, spec = standing.transactions(consortium), scene.opened(consortium)
    assert leave(consortium, spec, *STAY) == ["leave share"] * 3
    assert bring(relayer, spec.task) == "nothing", "it waits for the letter that is missing"
    assert leave(consortium, spec, LAST, LAST) == ["leave share"] * 2
    assert brought(consortium, relayer, spec) == "4 dealings"
    assert leave(consortium, spec) == ["leave commit"] * 4
    assert brought(consortium, relayer, spec) == "4 commits"
    assert leave(consortium, spec, *STAY) == ["leave reveal"] * 3
    assert brought(consortium, relayer, spec) == "3 openings"
    assert leave(consortium, spec, *STAY) == ["leave unmask"] * 3
    assert brought(consortium, relayer, spec) == "3 shown shares"
    assert bring(relayer, spec.task) == "nothing"
    sent = {name: count - before[name] for name, count in standing.transactions(consortium).items()}
    assert [sent[name] for name in HOSPITALS] == [0] * 4, "who brings pays"
    expected = due(consortium, spec, *STAY)
    scene.conclude(consortium, spec)
    assert (scene.head_words(consortium, spec) == expected).all()
    log = read_round_log(consortium.federation(), spec.task, spec.round)
    assert log.status is Status.DEGRADED and len(log.dealt) == 4 and len(log.aggregated) == len(log.shown) == 3


@pytest.mark.slow
def test_who_waited_in_vain_acts_directly_in_the_middle_of_each_window(relayed: Relayed) -> None:
    consortium, spec = relayed.consortium, scene.opened(relayed.consortium)
    federation = consortium.federation("sponsor")
    for step in STEPS:
        assert leave(consortium, spec) == [f"leave {step}"] * 4
        federation.wait_until(middle(federation.round_state(spec.task)))
        assert leave(consortium, spec, *HOSPITALS[1:]) == [step] * 3
        assert brought(consortium, relayed.relayer, spec) == f"1 {STEPS[step]}", "only the first still waits"
    expected = due(consortium, spec, *HOSPITALS)
    scene.conclude(consortium, spec)
    assert (scene.head_words(consortium, spec) == expected).all()


@pytest.mark.slow
def test_driven_round_is_brought_by_its_relayer_and_by_who_was_left_out(relayed: Relayed) -> None:
    consortium, relayer = relayed
    members = list(scene.members(consortium).values())
    before = standing.transactions(consortium)
    cast = Cast(consortium.sponsor.open(), consortium.aggregator.open(), members, relayer=relayer)
    result = drive_round(cast, consortium.task)
    assert result.log.status is Status.SUCCESS and len(result.log.aggregated) == 4
    sent = {name: count - before[name] for name, count in standing.transactions(consortium).items()}
    assert [sent[name] for name in HOSPITALS] == [0] * 4


def test_relayer_drops_shares_that_the_chain_would_skip_and_the_chain_skips_them(relayed: Relayed) -> None:
    consortium, relayer = relayed
    spec = scene.opened(consortium)
    parties = {name: scene.members(consortium)[name].silo.party for name in HOSPITALS}
    task, round, first = spec.task, spec.round, parties[HOSPITALS[0]]
    grants = {name: scene.members(consortium)[name].silo.consent_record().grant_id for name in HOSPITALS}
    leave(consortium, spec, HOSPITALS[0])
    (good,) = waiting_dealings(relayer, task, round).letters
    astray = good.model_copy(update={"uri": "file:///nowhere"})
    ungranted = parties[LAST].federation.sign_dealing(task, round, bytes(32), b"\1" * 32, b"\2" * 32, "")
    rootless = parties[LAST].federation.sign_dealing(task, round, grants[LAST], b"\1" * 32, bytes(32), "")
    outside = consortium.federation("aggregator").sign_dealing(task, round, bytes(32), b"\1" * 32, b"\2" * 32, "")
    for letter in (astray, ungranted, rootless, outside):
        put(relayed, spec, "dealing", letter.to_bytes())
    put(relayed, spec, "dealing", b"{}")
    bag = waiting_dealings(relayer, task, round)
    assert bag.letters == [good]
    assert {sentence.split(":")[0] for sentence in bag.dropped} == {
        f"participant {first.account} did not sign its letter",
        f"participant {parties[LAST].account} has no grant that covers the round",
        f"participant {parties[LAST].account} names no masking key or no root",
        f"participant {outside.participant} is not in the cohort of round {task}/{round}",
        "no DealingLetter",
    }
    sent = relayer.federation.deal_many(task, round, [astray, ungranted, rootless, outside])
    assert len(sent.events) == 4 and not relayer.federation.dealt(task, round)
    assert list(skipped(sent)) == [first.account, parties[LAST].account, outside.participant]
    assert "did not sign this entry" in skipped(sent)[first.account]
    assert "names no masking key or no root" in skipped(sent)[parties[LAST].account], "the last of its two"
    assert bring_dealings(relayer, task, round).count == 1
    assert bring_dealings(relayer, task, round).count == 0
    assert f"participant {first.account} has dealt its shares" in waiting_dealings(relayer, task, round).dropped


@pytest.mark.slow
def test_relayer_drops_shown_shares_that_the_chain_would_skip(relayed: Relayed) -> None:
    consortium, relayer = relayed
    spec = scene.opened(consortium)
    task, round = spec.task, spec.round
    for _ in range(2):
        leave(consortium, spec)
        brought(consortium, relayer, spec)
    leave(consortium, spec, *STAY)
    brought(consortium, relayer, spec)
    assert consortium.federation().round_state(task).phase is Phase.UNMASK
    parties = {name: scene.members(consortium)[name].silo.party for name in HOSPITALS}
    leave(consortium, spec, HOSPITALS[0])
    (good,) = waiting_shown(relayer, task, round).letters
    second, gone = parties[HOSPITALS[1]], parties[LAST]
    for letter in (
        good.model_copy(update={"root": b"\1" * 32}),
        second.federation.sign_shown(task, round, bytes(32), ""),
        gone.federation.sign_shown(task, round, b"\1" * 32, ""),
    ):
        put(relayed, spec, "shown", letter.to_bytes())
    bag = waiting_shown(relayer, task, round)
    assert bag.letters == [good]
    assert set(bag.dropped) == {
        f"participant {good.participant} did not sign its letter",
        f"participant {second.account} names no root",
        f"participant {gone.account} does not survive round {task}/{round}",
    }
    assert bring_shown(relayer, task, round).count == 1
    assert bring_shown(relayer, task, round).count == 0
    assert f"participant {good.participant} has shown its shares" in waiting_shown(relayer, task, round).dropped


@pytest.mark.slow
def test_relayer_drops_the_commit_of_who_has_dealt_nothing(relayed: Relayed) -> None:
    consortium, relayer = relayed
    spec = scene.opened(consortium)
    leave(consortium, spec, *STAY)
    brought(consortium, relayer, spec)
    silo = scene.members(consortium)[LAST].silo
    grant = silo.consent_record().grant_id
    late = silo.party.federation.sign_commit(spec.task, spec.round, b"\1" * 32, grant, b"\2" * 32)
    put(relayed, spec, "commit", late.to_bytes())
    assert leave(consortium, spec) == ["leave commit"] * 3 + ["nothing"]
    assert brought(consortium, relayer, spec) == "3 commits"
    assert consortium.federation().round_state(spec.task).phase is Phase.REVEAL
    assert not consortium.federation().has_committed(spec.task, spec.round, silo.party.account)
