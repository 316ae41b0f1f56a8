"""Equal values have equal bytes, and what has no JSON form is refused."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.canonical import canonical, canonical_hash
from prefect_federated.core.errors import SpecError

# Appendix B of RFC 8785: the bits of a double and its one canonical text.
NUMBERS = {
    "0000000000000001": "5e-324",
    "8000000000000000": "0",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555555": "333333333.3333333",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(("bits", "text"), NUMBERS.items())
def test_numbers_are_written_as_in_the_standard(bits: str, text: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(number) == text.encode()


def test_keys_are_sorted_by_utf16_as_in_the_standard() -> None:
    ordered = ["\r", "1", "\x80", "\xf6", "\u20ac", "\U0001f600", "\ufb33"]  # section 3.2.3
    found = json.loads(canonical(dict.fromkeys(reversed(ordered), 0)), object_pairs_hook=list)
    assert [key for key, _ in found] == ordered


@given(json_values)
def test_reading_back_and_writing_again_gives_the_same_bytes(value: object) -> None:
    assert canonical(json.loads(canonical(value))) == canonical(value)


def test_order_and_spaces_of_the_source_do_not_change_the_hash() -> None:
    assert canonical_hash(json.loads('{"b": 1.0, "a": 2}')) == canonical_hash(json.loads('{"a":2,"b":1}'))


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        {"deep": [{"nan": float("nan")}]},
        [float("-inf")],
        2**53,
        {1: "a"},
        {"\ud800": 1},
        "\ud800",
        {1, 2},
        b"bytes",
    ],
    ids=["nan", "nested nan", "infinity", "2^53", "number as key", "bad key", "bad text", "set", "bytes"],
)
def test_value_without_json_form_is_refused(value: object) -> None:
    with pytest.raises(SpecError, match="no canonical JSON form"):
        canonical(value)


def test_endless_nesting_is_refused_and_not_a_crash() -> None:
    value: list[object] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(SpecError, match="recursion"):
        canonical(value)
