"""What cannot be summed exactly is refused when a task or a session is made; residues are packed without loss."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from prefect_federated.core.errors import MalformedMessage, SpecError, Undecryptable, WeightOverflow
from prefect_federated.core.homomorphic.headroom import require_summable
from prefect_federated.core.homomorphic.opened import words_of
from prefect_federated.core.homomorphic.ring import (
    DEGREE,
    KEY_BYTES,
    MODULUS,
    MOST_SUMMED,
    RESIDUE_BYTES,
    blocks_of,
    packed,
    residues_of,
    unpacked,
)
from prefect_federated.core.homomorphic.session import MOST_HOLDERS, MOST_WORDS, Session

KEYS = tuple(bytes([number]) * KEY_BYTES for number in range(1, MOST_HOLDERS + 2))
PLAIN = Session(31337, "0x" + "c0" * 20, 1, 1, tuple(range(10)), KEYS[:1], 650)


def test_task_whose_sum_could_wrap_is_refused_with_both_numbers() -> None:
    require_summable(limit=21_474, max_weight=1000, participants=100)
    with pytest.raises(WeightOverflow, match=r"= 2147500000 reaches 2147483648.*lower the limit to 21474"):
        require_summable(limit=21_475, max_weight=1000, participants=100)


def test_task_of_more_than_the_noise_allows_is_refused_with_both_numbers() -> None:
    require_summable(limit=1, max_weight=1, participants=MOST_SUMMED)
    with pytest.raises(SpecError, match="129 participants, the noise of encrypted payloads leaves room for 128"):
        require_summable(limit=1, max_weight=1, participants=129)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"participants": (0, 1)}, "sums of 3 or more of 2 participants"),
        ({"participants": tuple(range(129))}, "sums of 3 or more of 129 participants"),
        ({"participants": (0, 2, 1)}, r"indices \(0, 2, 1\)"),
        ({"participants": (0, 0, 1)}, r"indices \(0, 0, 1\)"),
        ({"participants": (-1, 0, 1)}, r"indices \(-1, 0, 1\)"),
        ({"participants": (0, 1, 2**32)}, "indices"),
        ({"fewest": 2}, "sums of 2 or more of 10"),
        ({"fewest": 11}, "sums of 11 or more of 10"),
        ({"words": 0}, "updates of 0 words"),
        ({"words": MOST_WORDS + 1}, f"updates of {MOST_WORDS + 1} words"),
        ({"holders": ()}, "0 key holders"),
        ({"holders": KEYS}, "9 key holders, 9 keys; give 1 to 8"),
        ({"holders": KEYS[:1] * 2}, "2 key holders, 1 keys"),
        ({"holders": (KEYS[0][1:],)}, f"holder 0 has {KEY_BYTES - 1} bytes, not {KEY_BYTES}"),
        ({"holders": (KEYS[0], bytes([255]) * KEY_BYTES)}, f"holder 1: residue {2**48 - 1} at place 0"),
    ],
)
def test_session_outside_its_limits_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        replace(PLAIN, **changes)


@given(some.lists(some.integers(0, MODULUS - 1), max_size=40))
def test_residues_come_back_from_their_bytes(numbers: list[int]) -> None:
    octets = packed(np.array(numbers, np.uint64))
    assert octets == b"".join(number.to_bytes(RESIDUE_BYTES, "little") for number in numbers)
    assert unpacked(octets, "a test").tolist() == numbers


@given(some.integers(MODULUS, 2 ** (8 * RESIDUE_BYTES) - 1), some.integers(0, 9))
def test_number_that_is_no_residue_is_found_wherever_it_stands(number: int, at: int) -> None:
    octets = bytes(6 * at) + number.to_bytes(6, "little") + bytes(6 * (9 - at))
    with pytest.raises(MalformedMessage, match=f"residue {number} at place {at}"):
        unpacked(octets, "a test")


@given(some.integers(1, 5 * DEGREE))
def test_blocks_cover_every_word_and_every_residue_once(words: int) -> None:
    blocks = list(blocks_of(words))
    assert [k for at in blocks for k in range(at.words.start, at.words.stop)] == list(range(words))
    covered = [k for at in blocks for part in (at.c1, at.c0) for k in range(part.start, part.stop)]
    assert covered == list(range(residues_of(words)))
    assert all(at.c0.stop - at.c0.start == at.words.stop - at.words.start for at in blocks)
    assert all(at.c1.stop - at.c1.start == DEGREE for at in blocks)


@given(some.integers(0, 2**32 - 1), some.integers(-4095, 4095))
def test_words_are_read_through_the_noise_that_sums_have(word: int, noise: int) -> None:
    fine = np.array([((word << 14) + noise) % 2**46], np.uint64)
    assert words_of(fine, "a test").tolist() == [word]


@given(some.integers(0, 2**32 - 1), some.integers(4096, 8192), some.sampled_from([-1, 1]))
def test_words_in_more_noise_are_not_read(word: int, noise: int, sign: int) -> None:
    fine = np.array([((word << 14) + sign * noise) % 2**46], np.uint64)
    with pytest.raises(Undecryptable, match="at word 0, a sum that opens has less than 16384"):
        words_of(fine, "a test")


def test_modulus_is_the_largest_prime_below_two_to_the_48_that_the_ring_can_use() -> None:
    def prime(number: int) -> bool:
        return all(number % divisor for divisor in range(3, int(number**0.5) + 1, 2))

    assert MODULUS % (2 * DEGREE) == 1 and prime(MODULUS)
    assert not any(prime(other) for other in range(MODULUS + 2 * DEGREE, 2**48, 2 * DEGREE))
