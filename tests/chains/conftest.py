"""The places where a round is played: the embedded chain, anvil set up like each profile, Hardhat's node."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from prefect_federated.adapters.evm.devnet import Devnet, find_anvil
from prefect_federated.adapters.evm.rehearsal import rehearse
from prefect_federated.core.chains import PROFILES
from prefect_federated.core.chains import profile as profile_named
from tests.chains.hardhat_node import HardhatNode
from tests.chains.rehearsed import Place, Rehearsed, lag_blocks

ROOT = Path(__file__).parents[2]
Opened = Callable[[str], Place]


@pytest.fixture(scope="module")
def opened() -> Iterator[Opened]:
    """Start the chain of a place by name: eth-tester, hardhat, or that of a profile."""
    with ExitStack() as chains, pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)  # where anvil is looked for

        def start(name: str) -> Place:
            if name == "eth-tester":
                return Place(chains.enter_context(Devnet.start(prefer="eth-tester")), profile_named("local"))
            if name == "hardhat":
                node = chains.enter_context(HardhatNode.start())
                return Place(node, profile_named("local"))
            return Place(chains.enter_context(_rehearsal(name)), profile_named(name))

        yield start


@pytest.fixture(scope="module")
def reference(opened: Opened, tmp_path_factory: pytest.TempPathFactory) -> Rehearsed:
    """The same deployment on the embedded chain."""
    return Rehearsed(opened("eth-tester"), tmp_path_factory.mktemp("reference"))


@pytest.fixture
def final_late(opened: Opened, tmp_path: Path) -> Rehearsed:
    """A consortium on anvil set up like Ethereum, whose blocks are final after 96 more."""
    return Rehearsed(opened("ethereum"), tmp_path)


def _rehearsal(name: str) -> Devnet:
    assert name in PROFILES
    if find_anvil(ROOT) is None:
        pytest.skip("anvil is neither on the PATH nor in contracts/node_modules")
    known = profile_named(name)
    return rehearse(known, real_time=False, finality_blocks=lag_blocks(known))
