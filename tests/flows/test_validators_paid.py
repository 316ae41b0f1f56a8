"""Validators are paid for showing votes, whatever these say: by the reward tree, or in a round that pays no rewards."""

from collections.abc import Iterator

import pytest

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.core.pay import seat_pay
from prefect_federated.core.round import Status
from prefect_federated.flows.attest import serve
from prefect_federated.flows.driving import drive_round
from prefect_federated.scenario.consortium import Consortium, set_up
from prefect_federated.scenario.plot import VALIDATORS, Plot
from prefect_federated.scenario.task_spec import ETHER, Terms
from tests.flows.conftest import HOSPITALS
from tests.flows.test_attest import cast_of, opened

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def paid(devnet: Devnet, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    folder = tmp_path_factory.mktemp("paid")
    terms = Terms(epochs=1, committee_bps=600)
    plot = Plot(
        rounds=3, interval_s=0, hospitals=HOSPITALS, cheats=(), data_docs=False, terms=terms, validators=VALIDATORS
    )
    yield set_up(devnet.url, folder, LocalStore(root=folder / "store"), plot)


def purses(consortium: Consortium) -> list[int]:
    """What the contracts have paid to each validator in all, wei."""
    federation, task = consortium.federation(), consortium.task
    accounts = [consortium.ground.accounts[name].address for name in VALIDATORS]
    paid = dict.fromkeys(accounts, 0)
    for event in federation.events(task, names=("Claimed", "PayPaid")):
        account = event.args.get("account") or event.args.get("member")
        if account in paid:
            paid[account] += event.args["amount"]
    return list(paid.values())


def test_dissent_earns_what_agreement_does(paid: Consortium) -> None:
    federation, task, part = paid.federation(), paid.task, seat_pay(paid.spec.enforced)
    assert part == ETHER * 600 // 30_000
    result = drive_round(cast_of(paid, opened(paid, dissenters=1, round=1)), task)
    assert result.log.status is Status.SUCCESS
    assert [serve(one, task) for one in opened(paid)] == ["claim"] * 3
    assert [serve(one, task) for one in opened(paid)] == ["nothing"] * 3
    assert purses(paid) == [part] * 3
    rejected = drive_round(cast_of(paid, opened(paid, dissenters=2, round=2)), task)
    assert rejected.log.status is Status.REJECTED
    assert [serve(one, task) for one in opened(paid)] == ["nothing"] * 3  # fetched when the round was driven
    assert purses(paid) == [2 * part] * 3
    assert federation.pay_due(task, 2, opened(paid)[0].party.account) is None
