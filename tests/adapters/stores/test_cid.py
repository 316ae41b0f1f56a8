"""CIDs against values that other implementations computed and published."""

import doctest
import hashlib
from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms

from prefect_federated.adapters.stores import address, cid, ipfs_endpoint, naming
from prefect_federated.adapters.stores.cid import CidFingerprint, cid_of

MIB = 1 << 20


def test_empty_file_is_an_empty_raw_leaf() -> None:
    """Kubo and js-ipfs agree on it; it is the CIDv1 of no bytes at all."""
    assert cid_of([]) == cid_of([b"", b""]) == "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"


def test_short_file_is_a_raw_leaf() -> None:
    """Source: kubo, test/cli/add_test.go, https://github.com/ipfs/kubo/blob/master/test/cli/add_test.go."""
    assert cid_of([b"hello world"]) == "bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"


def test_three_leaves_hang_under_one_node() -> None:
    """Source: `ipfs add --cid-version 1 --chunker=size-4`, https://discuss.ipfs.tech/t/member-data-of-root-node/15252."""
    assert cid_of([b"Hello World\n"], 4) == "bafybeiag43jli67lcov4ytqhpfxbodmhp6hjvjh73jrjid7zf73p7a6nqa"


@pytest.mark.parametrize(
    ("mebibytes", "expected"),
    [
        pytest.param(174, "bafybeigwduxcf2aawppv3isnfeshnimkyplvw3hthxjhr2bdeje4tdaicu", id="one-full-node"),
        pytest.param(175, "bafybeidhd7lo2n2v7lta5yamob3xwhbxcczmmtmhquwhjesi35jntf7mpu", id="two-levels"),
    ],
)
def test_long_file_has_the_tree_that_kubo_builds(mebibytes: int, expected: str) -> None:
    """Source: kubo, test/cli/add_test.go, profile test-cid-v1, seed "v1-seed"."""
    assert cid_of(_kubo_random("v1-seed", mebibytes), leaf_bytes=MIB) == expected


@pytest.mark.parametrize("piece", [1, 7, 1000, 1 << 18, 1 << 20])
def test_cid_does_not_depend_on_how_the_file_was_cut(piece: int) -> None:
    content = bytes(range(251)) * 2500
    pieces = (content[at : at + piece] for at in range(0, len(content), piece))
    assert cid_of(pieces) == cid_of([content])


def test_reading_a_cid_does_not_end_its_stream() -> None:
    fingerprint = CidFingerprint()
    fingerprint.update(b"hello ")
    fingerprint.text()
    fingerprint.update(b"world")
    assert fingerprint.text() == cid_of([b"hello world"])


@pytest.mark.parametrize("module", [address, cid, naming, ipfs_endpoint])
def test_examples_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


def _kubo_random(seed: str, mebibytes: int) -> Iterator[bytes]:
    """The stream that kubo's tests call deterministic: ChaCha20 under SHA-256 of the seed, nonce zero."""
    cipher = Cipher(algorithms.ChaCha20(hashlib.sha256(seed.encode()).digest(), bytes(16)), None).encryptor()
    for _ in range(mebibytes):
        yield cipher.update(bytes(MIB))
