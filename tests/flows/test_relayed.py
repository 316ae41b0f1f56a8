"""Relayed rounds through the flows: letters, the relayer, and who no longer waits for it."""

import pytest

from prefect_federated.adapters.evm.rpc import set_balance
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.blocks.relayer import Relayer
from prefect_federated.core.relaying import middle
from prefect_federated.core.round import Phase, Status
from prefect_federated.flows.conclude import conclude
from prefect_federated.flows.federated_round import federated_round
from prefect_federated.flows.participate import participate
from prefect_federated.flows.relay import relay
from prefect_federated.scenario.accounts import make_account
from prefect_federated.scenario.consortium import PURSE_WEI, Consortium
from prefect_federated.tasks.open_round import open_round
from tests.flows import standing
from tests.flows.conftest import HOSPITALS, Found

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def consortium(found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    """Three hospitals; two leave their letters in the relayer's mailbox, the third sends for itself."""
    folder = tmp_path_factory.mktemp("relayed")
    made = found(folder, 3)
    for name in HOSPITALS[:2]:
        made.members[name] = made.members[name].model_copy(
            update={"commit_by": "relayed", "mailbox": folder / "mailbox"}
        )
    account = make_account(folder / "keys", made.ground.plot.seed, "relayer")
    set_balance(made.federation().w3, account.address, PURSE_WEI)
    carrier = Relayer(label="relayer", chain=made.chain, signer=account.signer, mailbox=folder / "mailbox")
    for name, block in {
        **made.members,
        "relayer": carrier,
        "aggregator": made.aggregator,
        "sponsor": made.sponsor,
    }.items():
        block.save(name, overwrite=True)
    return made


def test_relayed_round_takes_effect_once_however_often_everybody_runs(consortium: Consortium) -> None:
    task, federation = consortium.task, consortium.federation()
    before = standing.transactions(consortium)
    round = open_round(consortium.sponsor.open(), task)
    first, second, third = HOSPITALS
    assert relay("relayer", task) == "nothing"
    assert participate(first, task) == participate(first, task) == "leave commit"
    assert relay("relayer", task) == "nothing"  # it waits for the others' letters
    assert participate(third, task) == "commit"
    assert participate(second, task) == "leave commit"
    assert relay("relayer", task) == "2 commits"
    assert federation.round_state(task).phase == Phase.REVEAL
    assert relay("relayer", task) == "nothing"
    assert [participate(name, task) for name in HOSPITALS] == ["leave reveal", "leave reveal", "reveal"]
    assert relay("relayer", task) == "2 openings"
    assert [participate(name, task) for name in HOSPITALS] == ["nothing"] * 3
    assert conclude("aggregator", task) == "aggregate"
    federation.wait_until(federation.round_state(task).deadline + 1)
    assert conclude("aggregator", task) == "settle"
    assert federation.round_state(task).status == Status.SUCCESS
    log = read_round_log(federation, task, round)
    assert log.expected == log.committed == log.aggregated
    sent = {name: count - before[name] for name, count in standing.transactions(consortium).items()}
    assert sent[first] == sent[second] == 0 and sent[third] == 2  # only who sends for itself pays


def test_who_waited_in_vain_sends_directly_in_the_middle_of_the_window(consortium: Consortium) -> None:
    task, federation = consortium.task, consortium.federation()
    round = open_round(consortium.sponsor.open(), task)
    assert [participate(name, task) for name in HOSPITALS] == ["leave commit", "leave commit", "commit"]
    federation.wait_until(middle(federation.round_state(task)))
    assert participate(HOSPITALS[0], task) == "commit"
    assert relay("relayer", task) == "1 commits"  # it wakes up: only the second still waits
    assert [participate(name, task) for name in HOSPITALS] == ["leave reveal", "leave reveal", "reveal"]
    federation.wait_until(middle(federation.round_state(task)))
    assert [participate(name, task) for name in HOSPITALS] == ["reveal", "reveal", "nothing"]
    assert relay("relayer", task) == "nothing"
    log = read_round_log(federation, task, round)
    assert log.expected == log.committed == log.revealed


def test_simulated_round_goes_on_without_a_relayer(consortium: Consortium) -> None:
    task, federation = consortium.task, consortium.federation()
    assert conclude("aggregator", task) == "aggregate"
    federation.wait_until(federation.round_state(task).deadline + 1)
    assert conclude("aggregator", task) == "settle"
    (result,) = federated_round(task, "sponsor", "aggregator", list(HOSPITALS))
    assert result.log.status == Status.SUCCESS
