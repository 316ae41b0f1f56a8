"""Accounts that do not belong to a task, or have not the stake for it, get nowhere near a round."""

import pytest
from typer.testing import CliRunner

from prefect_federated.cli.main import app
from prefect_federated.core.errors import InsufficientStake, UnknownParticipant
from prefect_federated.flows.members import Participant
from prefect_federated.flows.participate import participate
from prefect_federated.scenario.accounts import PASSWORD
from tests.bad_input.bad_round import BadRound, assert_says, error_of, standing
from tests.bad_input.consortium import ETHER, Consortium
from tests.bad_input.silos import HONEST


@pytest.fixture(scope="module")
def open_task(bad: BadRound) -> int:
    """A task of the honest silos, in its first round's Commit; the outsider's data were published before."""
    bad.consortium.silo("outsider")
    task = bad.consortium.task(list(HONEST))
    bad.consortium.as_("sponsor").open_round(task)
    return task


def join(town: Consortium, name: str, task: int) -> tuple[int, str]:
    """What `federated participant join` ends with, and says."""
    signer = town.account(name).signer
    where = ["--chain", town.url, "--coordinator", town.chain.coordinator, "--home", str(signer.home)]
    command = ["participant", "join", str(task), "--keystore", str(signer.keystore), *where]
    done = CliRunner().invoke(app, command, env={"FEDERATED_PASSWORD": PASSWORD})
    return done.exit_code, done.output


def test_account_that_is_not_registered_cannot_enrol(consortium: Consortium, open_task: int) -> None:
    stranger, account = consortium.as_("stranger"), consortium.account("stranger").address
    for call in (stranger.enrol, lambda task: stranger.commit(task, 1, b"c" * 32, b"g" * 32, b"e" * 32)):
        error = error_of(call, open_task)
        assert type(error) is UnknownParticipant and error.exit_code == 7
        assert_says(error, account)
    code, said = join(consortium, "stranger", open_task)
    assert code == 2
    assert_says(said, account, "not registered", "--sealing-key")
    assert standing(consortium, "stranger") == (0, 0)


def test_account_that_is_not_admitted_is_told_whom_to_ask(consortium: Consortium, open_task: int) -> None:
    consortium.register("newcomer", stake=2 * ETHER, admitted=False)
    code, said = join(consortium, "newcomer", open_task)
    account = consortium.account("newcomer").address
    assert code == 7 and "Traceback" not in said
    assert_says(said, "UnknownParticipant", account, "not admitted", "ask the registry's administrator")
    error = error_of(consortium.as_("newcomer").enrol, open_task)  # the contract says so too
    assert type(error) is UnknownParticipant
    assert not consortium.reader.enrolment(open_task, account).from_round


def test_stake_below_the_bond_is_refused_with_both_amounts(consortium: Consortium, open_task: int) -> None:
    consortium.register("poor", stake=ETHER // 2)
    error = error_of(consortium.as_("poor").enrol, open_task)
    assert type(error) is InsufficientStake and error.exit_code == 7
    assert_says(error, f"has {ETHER // 2} wei", f"{ETHER} wei are needed", "deposit the difference")
    assert consortium.reader.participant(consortium.account("poor").address).locked == 0


def test_silo_that_is_not_enrolled_cannot_commit(consortium: Consortium, open_task: int) -> None:
    silo = consortium.block("outsider").open()
    before = standing(consortium, "outsider")
    error = error_of(Participant(silo).commit, open_task, 1)
    assert type(error) is UnknownParticipant and (error.exit_code, error.stage) == (7, "commit")
    assert_says(error, silo.party.account, f"round {open_task}/1", "after enrolling")
    assert standing(consortium, "outsider") == before and not consortium.reader.round_state(open_task).committed


def test_participate_does_nothing_for_a_silo_that_is_not_enrolled(consortium: Consortium, open_task: int) -> None:
    consortium.silo("onlooker").save("onlooker", overwrite=True)
    before = standing(consortium, "onlooker")
    assert participate(silo="onlooker", task=open_task) == "nothing"
    assert standing(consortium, "onlooker") == before
