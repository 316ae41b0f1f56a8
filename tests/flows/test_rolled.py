"""Rolled rounds through the flows: two roots a round; who is left out of them, or opened wrongly, acts for itself."""

import logging

import pytest

from prefect_federated.adapters.evm.roll_records import RollPlace, RollState
from prefect_federated.adapters.evm.rpc import set_balance
from prefect_federated.adapters.posting import own_roll
from prefect_federated.adapters.relayer import Relayer as OpenRelayer
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.blocks.relayer import Relayer
from prefect_federated.core.relaying import middle
from prefect_federated.core.rolls import EMPTY, Roll
from prefect_federated.core.round import Phase, RoundState, Status
from prefect_federated.flows.conclude import conclude
from prefect_federated.flows.federated_round import federated_round
from prefect_federated.flows.participate import participate
from prefect_federated.flows.relay import relay
from prefect_federated.scenario.accounts import make_account
from prefect_federated.scenario.consortium import PURSE_WEI, Consortium
from prefect_federated.scenario.task_spec import ETHER
from prefect_federated.tasks.open_round import open_round
from tests.flows import standing
from tests.flows.conftest import HOSPITALS, Found

pytestmark = pytest.mark.slow

ROUNDS = 6


@pytest.fixture(scope="module")
def consortium(found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    """Three hospitals that leave their letters for a poster."""
    folder = tmp_path_factory.mktemp("rolled")
    made = found(folder, ROUNDS, modes=7, quorum=2)
    for name in HOSPITALS:
        made.members[name] = made.members[name].model_copy(
            update={"commit_by": "rolled", "mailbox": folder / "mailbox"}
        )
    account = make_account(folder / "keys", made.ground.plot.seed, "poster")
    made.ground.accounts["poster"] = account
    set_balance(made.federation().w3, account.address, PURSE_WEI)
    poster = made.federation("poster")
    poster.register(account.signer.open_sealing_key().public_bytes)
    poster.deposit(10 * ETHER)
    blocks = {**made.members, "aggregator": made.aggregator, "sponsor": made.sponsor}
    blocks["poster"] = Relayer(
        label="poster",
        chain=made.chain,
        signer=account.signer,
        mailbox=folder / "mailbox",
        roll=True,
        store=made.ground.store,
    )
    for name, block in blocks.items():
        block.save(name, overwrite=True)
    return made


def opened(name: str) -> OpenRelayer:
    block = Relayer.load(name)
    assert isinstance(block, Relayer)
    return block.open()


def begin(consortium: Consortium) -> int:
    """Open a round in which the poster has its bond."""
    poster = consortium.federation("poster")
    if not poster.poster_of(consortium.task, poster.signer).bonded:
        poster.enlist_poster(consortium.task)
    return open_round(consortium.sponsor.open(), consortium.task)


def to_reveal(consortium: Consortium) -> None:
    federation = consortium.federation()
    federation.wait_until(federation.round_state(consortium.task).deadline + 1)
    assert federation.round_state(consortium.task).phase == Phase.REVEAL


def wait_for_letters(consortium: Consortium) -> RoundState:
    """Until the poster no longer waits."""
    federation = consortium.federation()
    state = federation.round_state(consortium.task)
    federation.wait_until(state.opens_at + 2 * (state.deadline - state.opens_at) // 5)
    return state


def settle(consortium: Consortium) -> Status:
    federation = consortium.federation()
    if federation.round_state(consortium.task).phase == Phase.REVEAL:
        federation.wait_until(federation.round_state(consortium.task).deadline + 1)
    assert conclude("aggregator", consortium.task) == "aggregate"
    federation.wait_until(federation.round_state(consortium.task).deadline + 1)
    assert conclude("aggregator", consortium.task) == "settle"
    return federation.round_state(consortium.task).status


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


def test_rolled_round_is_two_transactions_however_often_everybody_runs(consortium: Consortium) -> None:
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
