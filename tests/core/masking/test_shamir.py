"""SymPy evaluates the same polynomials and solves for the same secrets; pycryptodome knows the prime."""

import random

import pytest
from Crypto.Util.number import isPrime
from hypothesis import given
from hypothesis import strategies as st
from sympy import GF, ZZ
from sympy.polys.galoistools import gf_eval
from sympy.polys.matrices import DomainMatrix

from prefect_federated.core.masking.shamir import PRIME, join, reduced, split

words = st.integers(0, PRIME - 1).map(lambda number: number.to_bytes(32, "big"))


FIELD = GF(PRIME, symmetric=False)


def solved(shares: dict[int, bytes]) -> int:
    """f(0) by SymPy: it solves the equations of all coefficients over the same field."""
    powers = [[FIELD((i + 1) ** k) for k in range(len(shares))] for i in shares]
    values = [[FIELD(int.from_bytes(share, "big"))] for share in shares.values()]
    size = len(shares)
    found = DomainMatrix(powers, (size, size), FIELD).lu_solve(DomainMatrix(values, (size, 1), FIELD))
    return int(found.to_list()[0][0])


def test_the_modulus_is_prime_and_no_larger_one_fits_a_word() -> None:
    assert isPrime(PRIME)
    assert not [number for number in range(PRIME + 2, 2**256, 2) if isPrime(number)]


@given(words, st.lists(words, max_size=5), st.sets(st.integers(0, 2**32 - 2), min_size=6, max_size=8))
def test_shares_are_values_of_the_polynomial_and_any_threshold_of_them_give_the_secret(
    secret: bytes, rest: list[bytes], indices: set[int]
) -> None:
    shares = dict(zip(sorted(indices), split(secret, b"".join(rest), sorted(indices)), strict=True))
    coefficients = [int.from_bytes(word, "big") for word in (secret, *rest)]
    for index, share in shares.items():
        assert int.from_bytes(share, "big") == int(gf_eval(coefficients[::-1], index + 1, PRIME, ZZ))
    some = dict(random.Random(1).sample(sorted(shares.items()), len(coefficients)))
    assert join(some) == secret
    assert solved(some) == coefficients[0]


def test_of_a_hundred_and_twenty_eight_holders_any_eighty_six_give_the_secret() -> None:
    rng = random.Random(2)
    secret, rest = reduced(rng.randbytes(32)), rng.randbytes(85 * 32)
    shares = dict(enumerate(split(secret, rest, range(128))))
    for _ in range(3):
        assert join(dict(rng.sample(sorted(shares.items()), 86))) == secret
    assert join(dict(rng.sample(sorted(shares.items()), 85))) != secret


def test_altered_share_gives_another_secret() -> None:
    shares = dict(enumerate(split(b"\x01" * 32, b"\x02" * 64, range(3))))
    assert join(shares) == b"\x01" * 32
    assert join(shares | {1: b"\x03" * 32}) != b"\x01" * 32


def test_what_is_no_element_of_the_field_is_refused_and_uniform_bytes_become_one() -> None:
    for secret in (PRIME.to_bytes(32, "big"), b"\xff" * 32, b"short", bytes(33)):
        with pytest.raises(ValueError, match="32 bytes"):
            split(secret, b"", [0])
    with pytest.raises(ValueError, match="and 31 bytes of coefficients"):
        split(bytes(32), bytes(31), [0])
    assert reduced(PRIME.to_bytes(32, "big")) == bytes(32) and reduced(b"\x09" * 32) == b"\x09" * 32
