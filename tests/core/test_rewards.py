"""Rewards: never more than the pool, and no award can hide beside a proven one."""

import eth_abi
import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.rewards import SumNode, add_rewards, split_pool, sum_proof, sum_root

accounts = st.binary(min_size=20, max_size=20).map(lambda raw: "0x" + raw.hex())
owed = st.dictionaries(accounts, st.integers(0, 2**120), min_size=1, max_size=20)


def leads_to(root: bytes, total: int, account: str, amount: int, proof: list[SumNode]) -> bool:
    """SumTree.sol's `verify`, over an independent ABI encoder."""
    node, below = keccak(eth_abi.encode(["uint8", "address", "uint256"], [0, account, amount])), amount
    for step in proof:
        pair = (step.hash, step.total, node, below) if step.left else (node, below, step.hash, step.total)
        node = keccak(eth_abi.encode(["uint8", "bytes32", "uint256", "bytes32", "uint256"], [1, *pair]))
        below += step.total
    return node == root and below == total


@given(st.integers(0, 2**128 - 1), st.dictionaries(accounts, st.integers(0, 2**32 - 1), max_size=20))
def test_split_never_pays_more_than_the_pool_nor_loses_more_than_dust(pool: int, shares: dict[str, int]) -> None:
    paid = split_pool(pool, shares)
    assert set(paid) == {account for account, share in shares.items() if share}
    assert sum(paid.values()) <= pool
    if paid:
        assert pool - sum(paid.values()) < len(paid)


@given(st.integers(0, 2**128 - 1), st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1))
def test_larger_share_is_never_paid_less(pool: int, one: int, other: int) -> None:
    paid = split_pool(pool, {"a": min(one, other), "b": max(one, other)})
    assert paid["a"] <= paid["b"]


@pytest.mark.parametrize(("pool", "shares"), [(100, {"a": -1, "b": 2}), (-1, {"a": 1})])
def test_negative_share_cannot_raise_anothers_pay_above_the_pool(pool: int, shares: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        split_pool(pool, shares)


def test_nobody_aggregated_means_nobody_paid() -> None:
    assert split_pool(100, {}) == split_pool(100, {"a": 0}) == {}


@given(owed)
def test_every_account_can_prove_its_amount_and_no_other(cumulative: dict[str, int]) -> None:
    root, total = sum_root(cumulative)
    assert total == sum(cumulative.values())
    for account, amount in cumulative.items():
        proof = sum_proof(cumulative, account)
        assert leads_to(root, total, account, amount, proof)
        assert not leads_to(root, total, account, amount + 1, proof)
        assert not leads_to(root, total + 1, account, amount, proof)
        assert not leads_to(root, total, "0x" + "00" * 19 + "01", amount, proof)


@given(owed.filter(lambda leaves: len(leaves) > 1))
def test_sum_of_a_sibling_cannot_be_lowered_to_hide_an_award(cumulative: dict[str, int]) -> None:
    root, total = sum_root(cumulative)
    account = next(iter(cumulative))
    first, *rest = sum_proof(cumulative, account)
    lowered = SumNode(first.hash, first.total + 1, first.left)
    assert not leads_to(root, total + 1, account, cumulative[account], [lowered, *rest])


@pytest.mark.parametrize("count", [1, 2, 3, 5, 6, 7, 9])
def test_odd_trees_prove_their_last_leaf(count: int) -> None:
    cumulative = {f"0x{i:040x}": 10 * i for i in range(count)}
    account = f"0x{count - 1:040x}"
    root, total = sum_root(cumulative)
    assert leads_to(root, total, account, 10 * (count - 1), sum_proof(cumulative, account))


@given(owed, st.randoms())
def test_order_and_case_in_which_accounts_come_do_not_change_the_root(cumulative: dict[str, int], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(cumulative.items())
    random.shuffle(shuffled)
    upper = {"0x" + account[2:].upper(): amount for account, amount in shuffled}
    assert sum_root(dict(shuffled)) == sum_root(upper) == sum_root(cumulative)


def test_account_written_in_two_ways_does_not_get_two_leaves() -> None:
    with pytest.raises(ValueError, match="two leaves"):
        sum_root({"0x" + "ab" * 20: 1, "0x" + "AB" * 20: 1})


def test_stranger_has_no_proof() -> None:
    with pytest.raises(KeyError):
        sum_proof({"0x" + "ab" * 20: 1}, "0x" + "cd" * 20)


def test_empty_tree_is_zero() -> None:
    assert sum_root({}) == (bytes(32), 0)


def test_what_was_earned_before_is_never_forgotten() -> None:
    assert add_rewards({"a": 5, "b": 1}, {"b": 2, "c": 3}) == {"a": 5, "b": 3, "c": 3}
