"""Rolled rounds through the flows: two roots a round; who is left out of them, or opened wrongly, acts for itself."""

import logging

import pytest

from prefect_federated.adapters.evm.roll_records import RollPlace, RollState
from prefect_federated.adapters.posting import own_roll
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.core.relaying import middle
from prefect_federated.core.rolls import EMPTY, Roll
from prefect_federated.core.round import Phase, Status
from prefect_federated.flows.conclude import conclude
from prefect_federated.flows.federated_round import federated_round
from prefect_federated.flows.participate import participate
from prefect_federated.flows.relay import relay
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.tasks.open_round import open_round
from tests.flows import standing
from tests.flows.conftest import HOSPITALS, Found
from tests.flows.posters import begin, opened, settle, to_reveal, wait_for_letters, with_poster

pytestmark = pytest.mark.slow

ROUNDS = 6


@pytest.fixture(scope="module")
def consortium(found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    """Three hospitals that leave their letters for a poster."""
    return with_poster(found, tmp_path_factory.mktemp("rolled"), ROUNDS)


def test_who_has_no_bond_posts_nothing_and_everybody_sends_for_itself(
    consortium: Consortium, caplog: pytest.LogCaptureFixture
) -> None:
    task, federation = consortium.task, consortium.federation()
    open_round(consortium.sponsor.open(), task)
    assert [participate(name, task) for name in HOSPITALS] == ["leave commit"] * 3
    with caplog.at_level(logging.WARNING):
        assert relay("poster", task) == "nothing"
    assert "federated poster enlist" in caplog.text
    federation.wait_until(middle(federation.round_state(task)))
    assert [participate(name, task) for name in HOSPITALS] == ["commit", "commit", "commit, leave reveal"]
    assert [participate(name, task) for name in HOSPITALS] == ["leave reveal"] * 3
    federation.wait_until(middle(federation.round_state(task)))
    assert [participate(name, task) for name in HOSPITALS] == ["reveal"] * 3
    assert settle(consortium) == Status.SUCCESS


def test_rolled_round_is_two_roots_however_often_everybody_runs(consortium: Consortium) -> None:
    task, federation = consortium.task, consortium.sponsor.open().federation
    round = begin(consortium)
    before = standing.transactions(consortium)
    assert relay("poster", task) == "nothing"
    assert [participate(name, task) for name in HOSPITALS] == ["leave commit"] * 3
    assert relay("poster", task) == "3 commits in a roll"
    assert relay("poster", task) == "nothing"
    assert [participate(name, task) for name in HOSPITALS] == ["nothing"] * 3
    assert federation.round_state(task).phase == Phase.COMMIT  # whoever wants to may still commit for itself
    asker, account = consortium.federation("standby"), consortium.ground.accounts["poster"].address
    asker.demand_leaf(RollPlace(task, round, account, 1), openings=False)
    assert relay("poster", task) == "1 leaves shown"
    to_reveal(consortium)
    assert [participate(name, task) for name in HOSPITALS] == ["leave reveal"] * 3
    assert relay("poster", task) == "3 openings in a roll"
    assert relay("poster", task) == "nothing"
    assert [participate(name, task) for name in HOSPITALS] == ["nothing"] * 3
    assert federation.round_state(task).phase == Phase.REVEAL  # whoever gets no receipt may still leave the roll
    assert settle(consortium) == Status.SUCCESS
    log = read_round_log(federation, task, round)
    assert log.expected == log.committed == log.revealed == log.aggregated
    assert len(log.transactions["commit"]) == len(log.transactions["reveal"]) == 1
    sent = {name: count - before[name] for name, count in standing.transactions(consortium).items()}
    assert [sent[name] for name in (*HOSPITALS, "poster")] == [0, 0, 0, 3]
    closed = consortium.federation()  # without a store nobody can see who is in the rolls
    assert read_round_log(closed, task, round).committed == ()


def test_who_is_left_out_commits_for_itself_and_who_is_not_opened_lifts_and_reveals(consortium: Consortium) -> None:
    task, federation = consortium.task, consortium.sponsor.open().federation
    first, second, third = HOSPITALS
    round = begin(consortium)
    assert [participate(name, task) for name in (first, second)] == ["leave commit"] * 2
    assert relay("poster", task) == "nothing"  # it waits for the third
    state = wait_for_letters(consortium)
    assert relay("poster", task) == "2 commits in a roll"
    assert participate(third, task) == "leave commit"  # too late for the roll
    federation.wait_until(middle(state))
    assert [participate(name, task) for name in HOSPITALS] == ["nothing", "nothing", "commit"]
    to_reveal(consortium)
    assert [participate(name, task) for name in (first, third)] == ["leave reveal"] * 2
    state = wait_for_letters(consortium)
    assert relay("poster", task) == "1 openings in a roll"
    assert participate(second, task) == "leave reveal"
    assert conclude("aggregator", task) == "receipts"
    federation.wait_until(middle(state))
    assert [participate(name, task) for name in HOSPITALS] == ["nothing", "reveal", "reveal"]
    assert settle(consortium) == Status.SUCCESS
    log = read_round_log(federation, task, round)
    assert log.expected == log.committed == log.revealed == log.aggregated
    assert [event.name for event in federation.events(task, round, ("Lifted",))] == ["Lifted"]


def test_commit_that_nobody_opens_owes_nothing_and_the_round_goes_on(consortium: Consortium) -> None:
    task, federation = consortium.task, consortium.sponsor.open().federation
    round = begin(consortium)
    assert [participate(name, task) for name in HOSPITALS] == ["leave commit"] * 3
    assert relay("poster", task) == "3 commits in a roll"
    to_reveal(consortium)
    assert [participate(name, task) for name in HOSPITALS[:2]] == ["leave reveal"] * 2
    wait_for_letters(consortium)
    assert relay("poster", task) == "2 openings in a roll"
    federation.wait_until(federation.round_state(task).deadline + 1)
    assert participate(HOSPITALS[2], task) == "nothing"  # nobody asked for it: a late opening would help nobody
    assert settle(consortium) == Status.DEGRADED
    log = read_round_log(federation, task, round)
    assert (log.slashed, len(log.committed), len(log.aggregated)) == ({}, 3, 2)
    assert federation.silent(task, round) == []


def test_who_is_opened_wrongly_refutes_it_and_reveals_for_itself(consortium: Consortium) -> None:
    task, poster = consortium.task, consortium.federation("poster")
    federation = consortium.sponsor.open().federation
    round = begin(consortium)
    assert [participate(name, task) for name in HOSPITALS] == ["leave commit"] * 3
    assert relay("poster", task) == "3 commits in a roll"
    to_reveal(consortium)
    commits = own_roll(opened("poster"), task, round)
    wrong = Roll((bytes(252), *(EMPTY for _ in commits.leaves[1:])))
    poster.post_openings(task, round, wrong, consortium.ground.store.open().put([wrong.to_bytes()]))
    federation.wait_until(middle(federation.round_state(task)))
    assert [participate(name, task) for name in HOSPITALS] == ["reveal"] * 3
    assert federation.poster_of(task, poster.signer).state == RollState.COMMITTED
    assert not federation.poster_of(task, poster.signer).bonded
    assert settle(consortium) == Status.SUCCESS
    log = read_round_log(federation, task, round)
    assert log.expected == log.revealed
    assert federation.proposal(task, round).exclusions == b""


def test_simulated_round_goes_on_with_a_poster(consortium: Consortium) -> None:
    poster = consortium.federation("poster")
    if not poster.poster_of(consortium.task, poster.signer).bonded:
        poster.enlist_poster(consortium.task)
    (result,) = federated_round(consortium.task, "sponsor", "aggregator", list(HOSPITALS), relayer="poster")
    assert result.log.status == Status.SUCCESS
    assert len(result.log.transactions["commit"]) == 1
