"""Merkle trees: nobody can show a chunk that is not there, or one at another place."""

import hashlib
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.merkle import (
    EMPTY_ROOT,
    buffer_leaves,
    chunks_of,
    leaf_hash,
    leaf_hashes,
    proof,
    root,
    root_of_leaves,
    verify,
)

# Leaves and roots of the reference tests of Certificate Transparency (RFC 6962).
CT_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]

trees = st.lists(st.binary(max_size=8), min_size=1, max_size=40).map(leaf_hashes)


def rfc6962(leaves: list[bytes]) -> bytes:
    """MTH of RFC 6962 section 2.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + rfc6962(leaves[:split]) + rfc6962(leaves[split:])).digest()


@pytest.mark.parametrize("count", range(1, 9))
def test_roots_are_those_of_certificate_transparency(count: int) -> None:
    assert root([bytes.fromhex(leaf) for leaf in CT_LEAVES[:count]]).hex() == CT_ROOTS[count - 1]


@given(trees)
def test_tree_has_the_shape_of_the_standard(leaves: list[bytes]) -> None:
    assert root_of_leaves(leaves) == rfc6962(leaves)


@pytest.mark.parametrize("count", [31, 32, 33, 63, 64, 65, 127, 200, 1025])
def test_large_tree_has_the_same_shape(count: int) -> None:
    leaves = leaf_hashes([i.to_bytes(4, "big") for i in range(count)])
    assert root_of_leaves(leaves) == rfc6962(leaves)


@given(st.binary(max_size=300), st.integers(1, 70))
def test_leaves_of_a_whole_buffer_are_those_of_its_chunks(buffer: bytes, size: int) -> None:
    assert [bytes(row) for row in buffer_leaves(buffer, size)] == leaf_hashes(chunks_of(buffer, size))


@given(trees, st.data())
def test_proof_holds_for_its_leaf_and_place_alone(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    top, path = root_of_leaves(leaves), proof(leaves, index)
    assert verify(top, leaves[index], index, len(leaves), path)
    for place in range(len(leaves)):
        same = leaves[place] == leaves[index] and proof(leaves, place) == path
        assert verify(top, leaves[index], place, len(leaves), path) == (place == index) or same


@given(trees, st.data())
def test_altered_proof_is_refused(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    top, path = root_of_leaves(leaves), proof(leaves, index)
    assert not verify(top, leaf_hash(b"something else"), index, len(leaves), path)
    assert not verify(top, leaves[index], index, len(leaves), [*path, bytes(32)])
    if path:
        assert not verify(top, leaves[index], index, len(leaves), path[:-1])
        assert not verify(top, leaves[index], index, len(leaves), [*path[:-1], bytes(32)])


def test_inner_node_cannot_pass_as_a_leaf() -> None:
    leaves = leaf_hashes([b"a", b"b", b"c", b"d"])
    inner = hashlib.sha256(b"\x01" + leaves[0] + leaves[1]).digest()
    sibling = hashlib.sha256(b"\x01" + leaves[2] + leaves[3]).digest()
    assert not verify(root_of_leaves(leaves), inner, 0, 4, [sibling])
    assert leaf_hash(leaves[0] + leaves[1]) != inner


def test_leaf_cannot_borrow_bytes_from_its_sibling() -> None:
    first, second = leaf_hashes([b"a", b"b"])
    assert not verify(root_of_leaves([first, second]), first + second[:1], 0, 2, [second[1:]])


def test_odd_leaf_cannot_be_counted_twice() -> None:
    leaves = leaf_hashes([b"a", b"b", b"c"])
    assert root_of_leaves(leaves) != root_of_leaves([*leaves, leaves[-1]])


@pytest.mark.parametrize("index", [-1, 3])
def test_no_proof_is_made_of_a_leaf_that_does_not_exist(index: int) -> None:
    leaves = leaf_hashes([b"a", b"b", b"c"])
    with pytest.raises(IndexError, match=r"leaf .* of 3"):
        proof(leaves, index)
    assert not verify(root_of_leaves(leaves), leaves[0], index, 3, [])


def test_empty_stream_has_the_hash_of_nothing() -> None:
    assert root([]) == root(chunks_of(b"")) == EMPTY_ROOT


@given(st.binary(max_size=300), st.integers(1, 70))
def test_chunks_join_to_the_buffer_and_only_the_last_is_short(buffer: bytes, size: int) -> None:
    chunks = [bytes(chunk) for chunk in chunks_of(buffer, size)]
    assert b"".join(chunks) == buffer
    assert all(len(chunk) == size for chunk in chunks[:-1])


def test_root_of_a_large_buffer_does_not_copy_it() -> None:
    buffer = bytearray(8 << 20)
    tracemalloc.start()
    root(chunks_of(buffer))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < len(buffer) / 4
