"""Proposals: exclusions are packed as the contract reads them, and no other way."""

import json
from dataclasses import fields
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.errors import PayloadError
from prefect_federated.core.proposal import Proposal, pack_exclusions, unpack_exclusions
from prefect_federated.core.round import Reason

exclusions = st.dictionaries(st.integers(0, 2**16 - 1), st.sampled_from(Reason))


@given(exclusions)
def test_unpacking_gives_back_what_was_packed(reasons: dict[int, Reason]) -> None:
    packed = pack_exclusions(reasons)
    assert len(packed) == 3 * len(reasons)
    assert unpack_exclusions(packed) == reasons
    assert list(unpack_exclusions(packed)) == sorted(reasons)


@given(st.binary(max_size=30))
def test_only_one_packing_of_the_same_exclusions_is_accepted(packed: bytes) -> None:
    try:
        reasons = unpack_exclusions(packed)
    except PayloadError:
        return
    assert pack_exclusions(reasons) == packed


@pytest.mark.parametrize(
    ("packed", "words"),
    [
        ("0001", "2 bytes, no multiple of 3"),
        ("000100", "0 is not a valid Reason"),
        ("000108", "8 is not a valid Reason"),
        ("000201000101", "do not ascend"),
        ("000101000102", "do not ascend"),
    ],
)
def test_malformed_exclusions_are_refused(packed: str, words: str) -> None:
    with pytest.raises(PayloadError, match=words):
        unpack_exclusions(bytes.fromhex(packed))


@pytest.mark.parametrize("index", [-1, 2**16])
def test_index_that_two_bytes_cannot_hold_is_refused(index: int) -> None:
    with pytest.raises(OverflowError):
        pack_exclusions({index: Reason.RULE})


def test_fields_are_the_contracts_in_its_order() -> None:
    abi = json.loads(files("prefect_federated.contracts").joinpath("abi/Coordinator.json").read_text())["abi"]
    (propose,) = (entry for entry in abi if entry.get("name") == "propose")
    theirs = [part["name"] for part in propose["inputs"][2]["components"]]
    assert [field.name.replace("_", "") for field in fields(Proposal)] == [name.lower() for name in theirs]
