"""Many transactions at once: all take effect in their order, and the first that is refused is told in words."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.core.enforced import NOBODY
from prefect_federated.core.errors import FederatedError
from prefect_federated.scenario.simulation.bulk import Call, send_all
from tests.adapters.evm.consortium import Consortium

ROOT = Path(__file__).parents[2]
ETHER = 10**18


@pytest.fixture(scope="module", params=["anvil", "eth-tester"])
def town(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # where anvil is looked for
        devnet = Devnet.start(prefer=request.param)
    with devnet:
        yield Consortium(devnet, tmp_path_factory.mktemp("town"), silos=1)


def calls_of(town: Consortium, count: int) -> list[Call]:
    accounts = [town.account() for _ in range(count)]
    key, registry = SealingKey.generate().public_bytes, "ParticipantRegistry"
    return [
        call
        for one in accounts
        for call in (
            Call(one, registry, "register", (key, NOBODY)),
            Call(one, registry, "deposit", (ETHER,), ETHER),
            Call(one, registry, "deposit", (2 * ETHER,), 2 * ETHER),
        )
    ]


def test_everybodys_calls_take_effect_in_their_order(town: Consortium) -> None:
    calls = calls_of(town, 40)  # more receipts than one message asks for
    send_all(town.sponsor, calls)
    assert {town.sponsor.participant(call.account.address).stake for call in calls} == {3 * ETHER}


def test_refused_call_is_told_in_the_contracts_words(town: Consortium) -> None:
    calls = calls_of(town, 2)
    stranger = Call(town.account(), "ParticipantRegistry", "deposit", (ETHER,), ETHER)
    with pytest.raises(FederatedError, match="register"):
        send_all(town.sponsor, [*calls, stranger])
    assert {town.sponsor.participant(call.account.address).stake for call in calls} == {3 * ETHER}
