"""An encrypted sum is the plain one bit for bit, or it is not opened."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from hypothesis.extra import numpy as arrays

from prefect_federated.adapters.homomorphic.library import Encryptor
from prefect_federated.adapters.homomorphic.sums import encrypt, open_total
from prefect_federated.core.discrete_noise import discrete_gaussian
from prefect_federated.core.homomorphic.parts import split, weighted
from prefect_federated.core.homomorphic.ring import DEGREE, MODULUS, RESIDUE_BYTES, unpacked
from prefect_federated.core.homomorphic.total import add
from tests.adapters.homomorphic.encrypted_cohort import (
    key,
    payloads_of,
    roots_of,
    session_of,
    summed,
    updates,
)

WHOLE = some.integers(-(2**31), 2**31 - 1)


@settings(max_examples=25, deadline=None)
@given(
    words=arrays.arrays(np.int32, some.tuples(some.just(3), some.integers(1, 40)), elements=WHOLE),
    weights=some.lists(some.integers(0, 2**31 - 1), min_size=3, max_size=3),
    holders=some.integers(1, 3),
)
def test_any_words_and_weights_sum_modulo_two_to_the_32(
    words: np.ndarray[tuple[int, int], np.dtype[np.int32]], weights: list[int], holders: int
) -> None:
    session = session_of(words.shape[1], participants=3, holders=holders)
    payloads = {index: encrypt(session, index, words[index], weights[index]) for index in range(3)}
    exact = [sum(int(words[i, k]) * weights[i] for i in range(3)) for k in range(words.shape[1])]
    assert [int(word) % 2**32 for word in summed(session, payloads)] == [word % 2**32 for word in exact]


@pytest.mark.parametrize("words", [1, 650, DEGREE - 1, DEGREE, DEGREE + 1, 2 * DEGREE + 7])
def test_sum_is_the_plain_one_whatever_the_last_block_holds(words: int) -> None:
    session = session_of(words)
    given = updates(session, 2**14)
    found = summed(session, payloads_of(session, given, weight=1000))
    assert found.dtype == np.int32
    assert (found == sum(1000 * one.astype(np.int64) for one in given.values())).all()


def test_sum_of_as_many_as_the_noise_allows_is_exact() -> None:
    session = session_of(DEGREE, participants=128)
    given = updates(session, 2**24 - 1)
    assert (summed(session, payloads_of(session, given)) == sum(one.astype(np.int64) for one in given.values())).all()


def test_who_drops_out_after_encrypting_is_left_out_at_no_cost() -> None:
    session = session_of(650, holders=2)
    given = updates(session, 1000)
    payloads = payloads_of(session, {index: given[index] for index in (0, 4, 5, 9)}, weight=7)
    exact = sum(7 * given[index].astype(np.int64) for index in payloads)
    assert (summed(session, payloads) == exact).all()


def test_noise_of_privacy_is_in_the_sum_and_exact() -> None:
    session, rng = session_of(650, participants=3), np.random.default_rng(2)
    given = updates(session, 50)
    noise = {i: discrete_gaussian(10_000, 650, lambda n: rng.integers(0, 2**64, n, np.uint64)) for i in given}
    payloads = {index: encrypt(session, index, given[index], 7, noise[index]) for index in given}
    exact = sum(7 * given[index].astype(np.int64) + noise[index] for index in given)
    assert (summed(session, payloads) == exact).all()


def test_same_payloads_give_the_same_total_to_whoever_adds_them_again() -> None:
    session = session_of(650)
    payloads = payloads_of(session, updates(session, 1000))
    roots, turned = roots_of(payloads), dict(reversed(payloads.items()))
    assert add(session, roots, payloads).message(0) == add(session, roots, turned).message(0)


def test_payload_says_nothing_of_its_words_and_differs_each_time() -> None:
    """Two payloads of one update share no residue but by chance, and their residues are spread as uniform ones are."""
    session = session_of(DEGREE)
    one, other = (encrypt(session, 0, np.zeros(DEGREE, np.int32), 1) for _ in range(2))
    first, second = (unpacked(payload[-2 * DEGREE * RESIDUE_BYTES :], "a payload") for payload in (one, other))
    assert not (first == second).any()
    assert abs(first.astype(float).mean() / MODULUS - 0.5) < 0.03


def test_one_holder_of_several_sees_uniform_words_in_its_total() -> None:
    """Its part of the sum of zeros is anything: the other holder's part takes it back."""
    session = session_of(DEGREE, holders=2)
    payloads = payloads_of(session, {i: np.zeros(DEGREE, np.int32) for i in range(3)})
    roots = roots_of(payloads)
    message = add(session, roots, payloads).message(1)
    part = np.frombuffer(open_total(session, key(1), roots, message, {})[-4 * DEGREE :], "<u4")
    assert abs(part.astype(float).mean() / 2**32 - 0.5) < 0.03
    assert not summed(session, payloads).any()
    again = payloads_of(session, {i: np.zeros(DEGREE, np.int32) for i in range(3)})
    other = open_total(session, key(1), roots_of(again), add(session, roots_of(again), again).message(1), {})
    assert not (np.frombuffer(other[-4 * DEGREE :], "<u4") == part).any(), "parts are drawn afresh for every update"


@given(some.integers(0, 2**32 - 1), some.integers(0, 4))
def test_parts_join_to_the_words_and_none_of_them_is_the_words(word: int, seeds: int) -> None:
    plain = np.full(64, word, np.uint32)
    parts = split(plain, [bytes([at]) * 32 for at in range(seeds)])
    assert (np.sum(parts, axis=0, dtype=np.uint32) == plain).all()
    assert seeds == 0 or not any((part == plain).all() for part in parts)


def test_negative_words_and_noise_wrap_as_they_do_in_the_sum() -> None:
    session = session_of(2)
    plain = weighted(session, 0, np.array([-1, 3], np.int32), 2, np.array([-5, -7], np.int64))
    assert plain.view(np.int32).tolist() == [-7, -1]


def test_noise_of_a_ciphertext_is_what_the_parameters_say() -> None:
    """Standard deviation 3.24 sqrt(1 + 4/3 2048) = 169, by the formula; measured over 40 ciphertexts."""
    decryptor = key(0).decryptor()
    encryptor = Encryptor(unpacked(key(0).public, "the key"))
    zeros = np.zeros(DEGREE, np.uint32)
    fine = np.concatenate([decryptor.decrypt(*encryptor.encrypt(zeros)) for _ in range(40)])
    noise = 4.0 * np.where(fine >= 2**45, fine.astype(np.int64) - 2**46, fine.astype(np.int64))
    expected = 3.24 * np.sqrt(1 + 4 / 3 * DEGREE)
    assert abs(noise.std() / expected - 1) < 0.03
    assert abs(noise.mean()) < 5


def test_replaced_session_has_another_digest() -> None:
    session = session_of(5)
    changes: dict[str, Any] = {
        "chain_id": 1,
        "task": 2,
        "round": 2,
        "words": 6,
        "fewest": 4,
        "participants": (0, 1, 2, 3),
    }
    digests = {replace(session, **{name: value}).digest for name, value in changes.items()}
    digests |= {session.digest, session_of(5, holders=2).digest, replace(session, coordinator="0x" + "c1" * 20).digest}
    assert len(digests) == len(changes) + 3
