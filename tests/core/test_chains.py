"""The table of chains: complete, sourced, without contradictions; and what it refuses."""

from dataclasses import fields
from pathlib import Path
from typing import get_args

import pytest

from prefect_federated.blocks.chain import ProfileName
from prefect_federated.core.chain_profile import BlockTag, ChainProfile, Prevrandao
from prefect_federated.core.chains import PROFILES, profile, profile_of_chain, settled
from prefect_federated.core.errors import ConfigurationError, SpecError

EVERY = list(PROFILES.values())
OURS = {"name", "randomness", "native_evm", "sources", "doubts"}  # not facts about the chain
FACTS = {field.name for field in fields(ChainProfile)} - OURS


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_every_fact_of_a_chain_has_the_address_of_its_source(one: ChainProfile) -> None:
    assert set(one.sources) == FACTS
    assert all(address.startswith("https://") for address in one.sources.values())


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_every_doubt_names_the_facts_that_it_is_about(one: ChainProfile) -> None:
    assert all(set(doubt.partition(":")[0].split(", ")) <= FACTS for doubt in one.doubts)


def test_no_two_chains_share_a_name_or_an_id() -> None:
    assert len({one.chain_id for one in EVERY}) == len(EVERY) == 7
    assert [one.name for one in EVERY] == list(PROFILES) == list(get_args(ProfileName))


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_a_chain_that_takes_time_to_be_final_says_so_by_a_tag(one: ChainProfile) -> None:
    assert (one.final_tag is BlockTag.LATEST) == (one.finality_s == 0) == (one.finality_blocks == 0)


def test_where_prevrandao_is_no_randomness_something_else_is_named() -> None:
    assert {one.name for one in EVERY if one.prevrandao is Prevrandao.CONSTANT} == {"arbitrum", "zksync"}
    assert all("salts" in one.randomness for one in EVERY)


def test_a_gap_shorter_than_finality_is_refused_with_both_values() -> None:
    profile("base").check_gap(1_800)
    with pytest.raises(
        SpecError, match=r"finality_gap is 1799 s, blocks of base \(chain 8453\) are final after 1800 s"
    ):
        profile("base").check_gap(1_799)


def test_a_name_that_nobody_knows_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ConfigurationError, match=r"'solana'; choose one of ethereum, arbitrum, .*local"):
        profile("solana")


def test_a_profile_and_another_chain_id_contradict_each_other_by_both_values() -> None:
    with pytest.raises(ConfigurationError, match=r"base is chain 8453, the configuration names chain 10;"):
        settled("base", 10)
    with pytest.raises(ConfigurationError, match="neither"):
        settled(None, None)
    assert settled("base", 8453) == (8453, profile("base"))


def test_a_chain_is_recognised_by_its_id() -> None:
    assert [profile_of_chain(one.chain_id) for one in EVERY] == EVERY


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_the_documented_table_is_the_table(one: ChainProfile) -> None:
    pace = f"{one.block_time_s:g} s" if one.block_time_s else "at once"
    evm = one.hardfork if one.native_evm else f"{one.hardfork}, interpreted"
    facts = (one.chain_id, pace, f"{one.finality_s} s", one.fees, evm, f"{one.tx_gas_cap:,}", one.prevrandao)
    row = f"| `{one.name}` | " + " | ".join(map(str, facts)) + " |"
    assert row in (Path(__file__).parents[2] / "docs" / "chains.md").read_text().splitlines()
