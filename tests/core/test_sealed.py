"""The sealed opening survives a lost machine, to the last bit."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.canonical import canonical
from prefect_federated.core.commitment import Grounds, RoundContext
from prefect_federated.core.errors import PayloadError, SpecError
from prefect_federated.core.sealed import SealedOpening, SealedUpdate, seal

KEY, GROUNDS = b"\x01" * 32, Grounds(b"\x0f" * 32, b"\x0e" * 32)
UPDATE = SealedUpdate("cas://sha256/00", b"\x02" * 16, b"\x03" * 32, b"\x04" * 32, b"\x05" * 32, 120, {"loss": 0.5})


def test_opening_says_what_was_trained_and_checked(context: RoundContext) -> None:
    opening = seal(UPDATE, GROUNDS, KEY, context, 1).opening
    assert (opening.payload_root, opening.sealed_root) == (UPDATE.payload_root, UPDATE.sealed_root)
    assert (opening.weight, opening.grounds_hash) == (120, GROUNDS.hash)


def test_lost_salt_can_be_derived_again_and_by_nobody_else(context: RoundContext) -> None:
    sealed = seal(UPDATE, GROUNDS, KEY, context, 1)
    assert seal(UPDATE, GROUNDS, KEY, context, 1) == sealed
    assert seal(UPDATE, GROUNDS, b"\x09" * 32, context, 1).opening.salt != sealed.opening.salt


@given(
    st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), st.floats(allow_nan=False, allow_infinity=False))
)
def test_reading_back_gives_the_same_opening_and_the_same_bytes(metrics: dict[str, float]) -> None:
    context = RoundContext(1, "0x" + "11" * 20, 1, 1, bytes(32), "0x" + "22" * 20)
    sealed = seal(replace(UPDATE, metrics=metrics), GROUNDS, KEY, context, 1)
    found = SealedOpening.from_bytes(sealed.to_bytes())
    assert found == sealed
    assert found.to_bytes() == sealed.to_bytes()


def test_metric_that_is_no_number_is_refused_at_sealing(context: RoundContext) -> None:
    with pytest.raises(SpecError, match="nan"):
        seal(replace(UPDATE, metrics={"loss": float("nan")}), GROUNDS, KEY, context, 1).to_bytes()


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"[]", b"null", b"\xff", canonical({"body_uri": "x"})],
    ids=["nothing", "empty", "list", "null", "bytes", "one field"],
)
def test_bytes_that_are_no_opening_are_named_as_such(content: bytes) -> None:
    with pytest.raises(PayloadError, match="restore the silo's store"):
        SealedOpening.from_bytes(content)


@pytest.mark.parametrize(
    "change",
    [
        {"weight": 1.5},
        {"weight": "7"},
        {"salt": "zz"},
        {"salt": None},
        {"metrics": [1]},
        {"metrics": {"a": None}},
    ],
    ids=str,
)
def test_opening_with_a_field_of_the_wrong_type_is_refused(change: dict[str, object], context: RoundContext) -> None:
    raw = json.loads(seal(UPDATE, GROUNDS, KEY, context, 1).to_bytes())
    with pytest.raises(PayloadError):
        SealedOpening.from_bytes(json.dumps(raw | change).encode())
