"""The chain block with a profile: what it fills in, and what it does not take."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.blocks import EvmChain
from prefect_federated.core.chains import profile
from prefect_federated.core.enforced import NOBODY
from prefect_federated.core.errors import ChainIdMismatch

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def devnet() -> Iterator[Devnet]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        running = Devnet.start()
    with running:
        yield running


def test_a_profile_brings_chain_id_and_the_rule_for_final_blocks(devnet: Devnet) -> None:
    block = EvmChain(profile="local", rpc_url=devnet.url, coordinator=NOBODY)
    federation = block.connect()
    assert (federation.chain_id, federation.profile) == (31337, profile("local"))


def test_an_endpoint_of_another_chain_than_the_profile_is_refused_with_both_ids(devnet: Devnet) -> None:
    block = EvmChain(profile="base", rpc_url=devnet.url, coordinator=NOBODY)
    with pytest.raises(ChainIdMismatch, match="serves chain 31337, the configuration names chain 8453"):
        block.connect()


def test_a_chain_id_that_contradicts_the_profile_is_refused_with_both_ids() -> None:
    with pytest.raises(ValidationError, match="optimism is chain 10, the configuration names chain 8453"):
        EvmChain(profile="optimism", chain_id=8453, rpc_url="http://node", coordinator=NOBODY)


def test_a_block_that_pins_no_chain_at_all_is_refused() -> None:
    with pytest.raises(ValidationError, match="neither a chain profile nor a chain id"):
        EvmChain(rpc_url="http://node", coordinator=NOBODY)


def test_without_a_profile_the_block_is_as_it_was(devnet: Devnet) -> None:
    federation = EvmChain(rpc_url=devnet.url, chain_id=31337, coordinator=NOBODY).connect()
    assert (federation.profile, federation.confirmations) == (None, 0)
    assert federation.final_block() == federation.block_number()
