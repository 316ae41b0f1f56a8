"""An encrypted sum is the plain one, and nobody in it has to be believed."""

import json
from dataclasses import replace
from math import gcd
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from prefect_federated.core.errors import (
    ContentMismatch,
    ContentMissing,
    KeyUnavailable,
    MalformedMessage,
    PayloadError,
    ShapeMismatch,
    SpecError,
    Undecryptable,
)
from prefect_federated.core.paillier.encrypted import PROOF_BYTES
from prefect_federated.core.paillier.keys import PublicKey, SecretKey
from prefect_federated.core.paillier.numbers import BITS, PART_BITS, ROOT_BYTES, SQUARE_BYTES, Drawn, packed, unpacked
from prefect_federated.core.paillier.opened import added, check_opening, join, open_sum, read_opening
from prefect_federated.core.paillier.payload import encrypt, parse_payload, payload_words, split
from prefect_federated.core.paillier.session import Holder, Session
from tests.core.paillier.sum_scene import ASSOCIATION, NOTARY, SILOS, WEIGHT, key, payload, session, summed, words_of

HALF = 2**31
FIRST = (SQUARE_BYTES + PROOF_BYTES) // 4  # words for the first holder


def altered(words: np.ndarray[tuple[int], np.dtype[np.int32]], at: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    other = words.copy()
    other[at] ^= 1
    return other


def test_sum_of_encrypted_updates_is_the_plain_one() -> None:
    found = summed()
    for holder in (NOTARY, ASSOCIATION):
        told = read_opening(found.openings[holder].to_bytes())
        check_opening(session(), holder, found.total, found.roots, told)
    expected = sum(WEIGHT * words_of(silo).astype(np.int64) for silo in SILOS)
    assert (join(session(), found.openings) == expected).all()


@given(
    some.lists(
        some.lists(some.integers(-HALF // 4 + 1, HALF // 4 - 1), min_size=95, max_size=95), min_size=1, max_size=3
    )
)
def test_packed_words_add_up_word_by_word(updates: list[list[int]]) -> None:
    rows = [packed(np.array(words, np.int64)) for words in updates]
    assert (unpacked([sum(column) for column in zip(*rows, strict=True)], 95) == np.sum(updates, axis=0)).all()


@given(some.integers(-(2**2944), 2**2944), some.integers(2, 8), some.binary(min_size=32, max_size=32))
def test_parts_add_up_and_fit_sums_of_ten_thousand(plain: int, holders: int, seed: bytes) -> None:
    parts = split(plain, holders, Drawn(seed), 0)
    assert sum(parts) == plain and len(parts) == holders
    assert all(0 <= part < 2**PART_BITS for part in parts[1:])
    assert 10_000 * max(abs(part) for part in parts) < 2 ** (BITS - 2), "below half of any modulus"


def test_first_part_says_nothing_of_the_words_for_the_others_cover_it() -> None:
    parts = [split(plain, 2, Drawn(bytes([seed]) * 32), 0)[0] for seed in range(50) for plain in (-(2**2943), 2**2943)]
    assert all(part.bit_length() > PART_BITS - 20 for part in parts), "far wider than 2,944 bits"


def test_payload_is_made_again_from_its_seed_and_differs_with_it() -> None:
    again = encrypt(session(), SILOS[0], words_of(SILOS[0]), WEIGHT, (1).to_bytes(32, "big"))
    other = encrypt(session(), SILOS[0], words_of(SILOS[0]), WEIGHT, bytes(32))
    assert (again == payload(SILOS[0])).all()
    assert (other != again).mean() > 0.99


@pytest.mark.parametrize("at", [0, FIRST - 1, FIRST, SQUARE_BYTES // 4])
def test_altered_ciphertext_or_proof_is_refused(at: int) -> None:
    with pytest.raises(MalformedMessage, match="leave its sender out"):
        parse_payload(session(), SILOS[0], altered(payload(SILOS[0]), at))


def test_what_another_sent_is_refused_for_its_proof_is_that_ones() -> None:
    with pytest.raises(MalformedMessage, match="has no proof that its sender knows"):
        parse_payload(session(), SILOS[1], payload(SILOS[0]))


def test_what_was_sent_in_an_earlier_round_is_refused_so_that_no_later_sum_opens_it() -> None:
    later = replace(session(), round=2)
    with pytest.raises(MalformedMessage, match=r"round 1/2: what .* encrypted for holder 0 has no proof"):
        parse_payload(later, SILOS[0], payload(SILOS[0]))


def test_parts_for_one_holder_are_none_for_another() -> None:
    rows = payload(SILOS[0]).reshape(2, -1)
    with pytest.raises(MalformedMessage, match="leave its sender out"):
        parse_payload(session(), SILOS[0], np.concatenate([rows[1], rows[0]]))


@pytest.mark.parametrize("number", [0, 1])
def test_number_that_is_no_residue_is_refused_before_it_is_reckoned_with(number: int) -> None:
    n = session().holders[0].key.n
    bad = payload(SILOS[0]).tobytes()
    first = (number * n).to_bytes(SQUARE_BYTES, "big")
    with pytest.raises(MalformedMessage, match="no residue"):
        parse_payload(session(), SILOS[0], np.frombuffer(first + bad[SQUARE_BYTES:], "<i4"))


def test_payload_of_another_length_is_refused() -> None:
    with pytest.raises(MalformedMessage, match=r"3132 bytes of .*, expected 3136"):
        parse_payload(session(), SILOS[0], payload(SILOS[0])[:-1])
    assert payload(SILOS[0]).size == payload_words(3, 2)


@pytest.mark.parametrize("lie", ["value", "root"])
def test_holder_that_says_another_value_is_found_out_by_anybody(lie: str) -> None:
    found = summed()
    told = found.openings[NOTARY]
    (block,) = told.blocks
    false = block.model_copy(update={lie: getattr(block, lie) + 1})
    with pytest.raises(ContentMismatch, match="block 0 of the sum decrypts to another value than it says"):
        check_opening(session(), NOTARY, found.total, found.roots, told.model_copy(update={"blocks": (false,)}))


def test_value_beyond_the_modulus_is_no_second_opening_of_the_same_sum() -> None:
    found = summed()
    told = found.openings[NOTARY]
    (block,) = told.blocks
    same = block.model_copy(update={"value": block.value + session().holders[0].key.n})
    with pytest.raises(ContentMismatch, match="is false"):
        check_opening(session(), NOTARY, found.total, found.roots, told.model_copy(update={"blocks": (same,)}))
    with pytest.raises(ContentMismatch, match="has 0 blocks, the sum 1"):
        check_opening(session(), NOTARY, found.total, found.roots, told.model_copy(update={"blocks": ()}))


def test_opening_of_other_payloads_names_whose() -> None:
    found = summed()
    fewer = {silo: root for silo, root in found.roots.items() if silo != SILOS[1]}
    with pytest.raises(ContentMismatch, match=f"is of 2 payloads, 1 could be read here; they differ in {SILOS[1]}"):
        check_opening(session(), NOTARY, found.total, fewer, found.openings[NOTARY])


def test_opening_of_thousands_that_nobody_knows_is_refused_in_one_short_sentence() -> None:
    found, strangers = summed(), {f"0x{number:040x}": bytes(32) for number in range(100, 4100)}
    told = found.openings[NOTARY].model_copy(update={"payloads": strangers | found.roots})
    with pytest.raises(ContentMismatch, match=f"they differ in 0x{100:040x}, .* and 3992 more: the round") as refused:
        check_opening(session(), NOTARY, found.total, found.roots, read_opening(told.to_bytes()))
    assert len(str(refused.value)) < 1000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("payloads", {"a" * 1000: "0x" + "00" * 32}),
        ("payloads", {"0x" + "A1" * 20: "0x" + "00" * 32}),
        ("payloads", {SILOS[0]: "0x00"}),
        ("blocks", [{"value": "-1", "root": "1"}]),
        ("blocks", [{"value": "1", "root": "1" + "0" * 2 * ROOT_BYTES}]),
        ("blocks", [{"value": 10**2000, "root": "1"}]),
        ("blocks", [{"value": "word", "root": "1"}]),
        ("format", "federated-sum-opening/2"),
        ("more", 1),
    ],
)
def test_what_is_no_opening_is_refused(name: str, value: Any) -> None:
    content = json.loads(summed().openings[NOTARY].to_bytes())
    with pytest.raises(MalformedMessage, match=r"no opening of a sum: .*; ask for it again"):
        read_opening(json.dumps({**content, name: value}).encode())


def test_sum_needs_every_holder() -> None:
    found = summed()
    with pytest.raises(ContentMissing, match=f"key holder {ASSOCIATION} opened no sum"):
        join(session(), {NOTARY: found.openings[NOTARY]})


def test_numbers_follow_from_a_seed_of_32_bytes_and_from_no_other() -> None:
    with pytest.raises(ValueError, match="a seed has 32 bytes, not 31"):
        Drawn(bytes(31))


def test_what_holds_more_than_words_spoils_the_sum_instead_of_wrapping() -> None:
    with pytest.raises(Undecryptable, match="somebody encrypted no words"):
        unpacked([1 << 32 * 3], 3)


class Slipping(SecretKey):
    """On a machine that got one half of a root, or of a plaintext, wrong; hardware does so too rarely to wait for."""

    def root(self, number: int) -> int:
        return (super().root(number) + self.p) % self.n


class Misreading(SecretKey):
    def decrypt(self, ciphertext: int) -> int:
        return (super().decrypt(ciphertext) + self.p) % self.n


@pytest.mark.parametrize("machine", [Slipping, Misreading])
def test_what_was_reckoned_wrongly_modulo_one_prime_is_not_opened_for_it_would_give_both_away(
    machine: type[SecretKey],
) -> None:
    found, faulty = summed(), machine(key(0).p, key(0).q)
    (c,) = found.total[0]
    if machine is Slipping:
        n = faulty.n
        assert gcd(pow(faulty.root(c % n), n, n) - c, n) in (faulty.p, faulty.q), "whoever reads it has the key"
        with pytest.raises(MalformedMessage, match="number 0 of 8 is no power of its root"):
            faulty.public_bytes()
    with pytest.raises(ContentMismatch, match="is false: block 0 of the sum decrypts to another value"):
        open_sum(session(), NOTARY, faulty, found.total, found.roots)


def test_key_of_somebody_else_opens_nothing() -> None:
    found = summed()
    with pytest.raises(KeyUnavailable, match="not the one in the task's spec"):
        open_sum(session(), NOTARY, key(1), found.total, found.roots)
    with pytest.raises(KeyUnavailable, match="none of its key holders"):
        open_sum(session(), SILOS[0], key(0), found.total, found.roots)


def test_one_holder_twice_or_alone_and_nine_are_refused() -> None:
    one = session().holders[0]
    for holders in (
        (one,),
        (one, one),
        (one, replace(one, account=ASSOCIATION)),
        (one, replace(session().holders[1], account=NOTARY)),
        (one, replace(session().holders[1], account=NOTARY.lower())),
        tuple(Holder(f"0x{at:040x}", PublicKey(one.key.n + at, bytes(32))) for at in range(9)),
    ):
        with pytest.raises(SpecError, match="each with its own: one alone would read every update"):
            replace(session(), holders=holders)


@pytest.mark.parametrize("words", [0, 2049])
def test_sum_of_more_words_than_a_small_model_has_is_refused(words: int) -> None:
    with pytest.raises(SpecError, match=f"{words} words are to be encrypted, 2048 are the most"):
        replace(session(), words=words)


def test_update_of_another_shape_or_too_heavy_is_not_encrypted() -> None:
    words = words_of(SILOS[0])
    with pytest.raises(ShapeMismatch, match=r"words int32 \[2\], the session's are int32 \[3\]"):
        encrypt(session(), SILOS[0], words[:2], 1, bytes(32))
    wide: Any = words.astype(np.int64)
    with pytest.raises(ShapeMismatch, match=r"words int64 \[3\], the session's are int32 \[3\]"):
        encrypt(session(), SILOS[0], wide, 1, bytes(32))
    with pytest.raises(PayloadError, match="2147483648 is to be encrypted"):
        encrypt(session(), SILOS[0], np.array([2**30, 0, 0], np.int32), 2, bytes(32))


@pytest.mark.parametrize("weight", [-1, 2**31, 2**34])
def test_weight_under_which_words_would_come_round_to_small_ones_is_refused(weight: int) -> None:
    """2^34 times a word of 2^30 is 2^64: 0 in 64 bits."""
    with pytest.raises(PayloadError, match=f"weight {weight} of {SILOS[0]}; give one from 0 to 2147483647"):
        encrypt(session(), SILOS[0], np.array([2**30, 0, 0], np.int32), weight, bytes(32))


@pytest.mark.parametrize("noise", [np.zeros(1, np.int64), np.zeros(3, np.float64)], ids=["one for all", "floats"])
def test_noise_that_is_not_one_whole_number_a_word_is_refused(noise: Any) -> None:
    with pytest.raises(ShapeMismatch, match=rf"noise {noise.dtype} \[{noise.size}\], the session's are int64 \[3\]"):
        encrypt(session(), SILOS[0], words_of(SILOS[0]), 1, bytes(32), noise)


def test_noise_is_in_the_sum() -> None:
    noise = np.array([-3, 2**20, 7])
    sent = encrypt(session(), SILOS[0], words_of(SILOS[0]), WEIGHT, bytes(32), noise)
    total = added(session(), [parse_payload(session(), SILOS[0], sent)])
    openings = {who: open_sum(session(), who, key(at), total, {}) for at, who in enumerate((NOTARY, ASSOCIATION))}
    assert (join(session(), openings) == WEIGHT * words_of(SILOS[0]).astype(np.int64) + noise).all()


def test_sessions_differ_in_everything_that_they_are_bound_to() -> None:
    one = session()
    others: list[Session] = [
        replace(one, chain_id=1),
        replace(one, coordinator="0x" + "c1" * 20),
        replace(one, task=2),
        replace(one, round=2),
        replace(one, words=4),
        replace(one, holders=one.holders[::-1]),
    ]
    assert len({each.digest for each in (one, *others)}) == 7
