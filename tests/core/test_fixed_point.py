"""Fixed point: the same word on every machine, and nothing that is no number gets through."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.errors import NonFiniteUpdate, ShapeMismatch, SpecError
from prefect_federated.core.fixed_point import _BLOCK, Encoding, decode, decode_single, encode

singles = st.floats(width=32, allow_nan=False, allow_infinity=False)
doubles = st.floats(allow_nan=False, allow_infinity=False)
encodings = st.builds(Encoding, st.integers(0, 30), st.integers(1, 2**31 - 1))


def reference(value: float, encoding: Encoding) -> tuple[int, bool]:
    """The word in exact fractions; Python rounds halves to even."""
    word = round(Fraction(value) * 2**encoding.frac_bits)
    return max(-encoding.limit, min(encoding.limit, word)), abs(word) > encoding.limit


@pytest.mark.parametrize(("numbers", "dtype"), [(singles, np.float32), (doubles, np.float64)])
def test_words_are_those_of_exact_fractions(numbers: st.SearchStrategy[float], dtype: type) -> None:
    @given(st.lists(numbers, max_size=30), encodings)
    def check(values: list[float], encoding: Encoding) -> None:
        words, clipped = encode(np.array(values, dtype), encoding)
        expected = [reference(value, encoding) for value in values]
        assert words.dtype == np.int32
        assert words.tolist() == [word for word, _ in expected]
        assert clipped == sum(out for _, out in expected)

    check()


@given(st.lists(singles, max_size=30), encodings)
def test_float32_and_float64_of_one_value_give_one_word(values: list[float], encoding: Encoding) -> None:
    single = np.array(values, np.float32)
    assert encode(single, encoding)[0].tolist() == encode(single.astype(np.float64), encoding)[0].tolist()


@given(st.lists(st.integers(-(2**31) + 1, 2**31 - 1), max_size=30), st.integers(0, 30))
def test_decoding_loses_nothing(words: list[int], frac_bits: int) -> None:
    encoding = Encoding(frac_bits, 2**31 - 1)
    array = np.array(words, np.int32)
    reals = decode(array, encoding)
    assert [Fraction(real) for real in reals] == [Fraction(word, 2**frac_bits) for word in words]
    assert encode(reals, encoding) == (pytest.approx(array, abs=0), 0)


@pytest.mark.parametrize("frac_bits", [0, 16, 30])
def test_single_precision_is_the_nearest_to_the_exact_value_across_blocks(frac_bits: int) -> None:
    words = np.random.default_rng(frac_bits).integers(-(2**31), 2**31, _BLOCK + 77).astype(np.int32)
    encoding = Encoding(frac_bits, 2**31 - 1)
    found = decode_single(words, encoding)
    assert found.dtype == np.float32
    assert found.tobytes() == decode(words, encoding).astype(np.float32).tobytes()


@pytest.mark.parametrize(("value", "word"), [(0.5, 0), (1.5, 2), (2.5, 2), (-0.5, 0), (-1.5, -2), (-2.5, -2)])
def test_halves_go_to_the_even_neighbour(value: float, word: int) -> None:
    assert encode(np.array([value]), Encoding(0, 100))[0].tolist() == [word]


@pytest.mark.parametrize("value", [-0.0, 5e-324, -5e-324, 1e-45, 2.0**-126])
def test_minus_zero_and_denormals_are_zero(value: float) -> None:
    assert encode(np.array([value]), Encoding(30, 100)) == (np.zeros(1, np.int32), 0)


def test_the_last_word_inside_the_range_is_not_counted_as_clipped() -> None:
    words, clipped = encode(np.array([7.49, 7.5, -7.49, -7.5]), Encoding(0, 7))
    assert words.tolist() == [7, 7, -7, -7]
    assert clipped == 2  # 7.5 rounds to 8


@pytest.mark.parametrize("value", [1e38, 1.7e308, -1.7e308])
@pytest.mark.filterwarnings("error")
def test_huge_numbers_are_clipped_silently_also_where_scaling_overflows(value: float) -> None:
    words, clipped = encode(np.array([value, 1.0]), Encoding(30, 2**31 - 1))
    assert words.tolist() == [math.copysign(2**31 - 1, value), 2**30]
    assert clipped == 1


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("at", [0, 16_383, 16_384, 39_999])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_one_coordinate_that_is_no_number_is_named(bad: float, at: int, dtype: type) -> None:
    values = np.zeros(40_000, dtype)
    values[at] = bad
    with pytest.raises(NonFiniteUpdate, match=rf"1 of 40000 .* {bad} at index {at};"):
        encode(values, Encoding(16, 100))


def test_all_that_are_no_numbers_are_counted() -> None:
    with pytest.raises(NonFiniteUpdate, match=r"^3 of 4 .* nan at index 1"):
        encode(np.array([0, np.nan, np.inf, -np.inf]), Encoding(16, 100))


def test_long_and_strided_vectors_give_the_words_of_short_ones() -> None:
    values = np.random.default_rng(1).normal(0, 100, (50_000, 2))[:, 1]
    encoding = Encoding(20, 2**26)
    words, clipped = encode(values, encoding)
    scaled = np.rint(values * 2**20)
    assert clipped == np.count_nonzero(np.abs(scaled) > 2**26) > 0
    assert words.tolist() == np.clip(scaled, -(2**26), 2**26).astype(int).tolist()


def test_the_values_are_left_as_they_were() -> None:
    values = np.array([0.3, 1e9])
    encode(values, Encoding(4, 10))
    assert values.tolist() == [0.3, 1e9]


@pytest.mark.parametrize("frac_bits", [-1, 31, 1.0, True, "8"])
def test_a_scale_outside_its_range_is_refused(frac_bits: object) -> None:
    with pytest.raises(SpecError, match=r"frac_bits=.*from 0 to 30"):
        Encoding(frac_bits, 1)  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [0, -1, 2**31, 1.5, True])
def test_a_clip_range_outside_int32_is_refused(limit: object) -> None:
    with pytest.raises(SpecError, match=r"limit=.*from 1 to 2147483647"):
        Encoding(0, limit)  # type: ignore[arg-type]


@pytest.mark.parametrize("values", [np.zeros(2, np.int32), np.zeros(2, np.float16), np.zeros((2, 2)), np.float64(1)])
def test_other_arrays_than_vectors_of_floats_are_refused(values: np.ndarray) -> None:
    with pytest.raises(ShapeMismatch, match=r"float32 or float64 \[d\]"):
        encode(values, Encoding(0, 1))
