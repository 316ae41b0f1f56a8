"""A holder's key is two primes that fit, and for everybody a modulus with a certificate; nothing else is one."""

from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

from prefect_federated.core.errors import KeyUnavailable, MalformedMessage
from prefect_federated.core.paillier.keys import ROOTS, SecretKey, _number, parse_key
from prefect_federated.core.paillier.numbers import ROOT_BYTES
from tests.core.paillier.sum_scene import key


def test_secret_key_is_kept_and_read_again() -> None:
    assert SecretKey.parse(key(0).encoded()) == key(0)
    with pytest.raises(KeyUnavailable, match="383 bytes are no holder's key"):
        SecretKey.parse(key(0).encoded()[1:])


def test_primes_that_are_one_too_small_or_of_no_one_plaintext_are_no_key() -> None:
    for p, q, bits in ((key(0).p, key(0).p, "30"), (3, 5, "4 bits"), (7, 7 * 2**3066 + 1, "3072 bits")):
        with pytest.raises(KeyUnavailable, match=f"make {bits}.* do not fit"):
            SecretKey(p, q)


def test_altered_certificate_or_another_modulus_is_no_key() -> None:
    content = key(0).public_bytes()
    with pytest.raises(MalformedMessage, match=f"number {ROOTS - 1} of {ROOTS} is no power of its root"):
        parse_key(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(MalformedMessage, match="number 0 of 8 is no power of its root"):
        parse_key(key(1).public_bytes()[:ROOT_BYTES] + content[ROOT_BYTES:])
    for n, bits in ((3 * 2**3070 + 3, 3072), (key(0).p, 1536)):
        with pytest.raises(MalformedMessage, match=f"has {bits} bits, or a small factor"):
            parse_key(n.to_bytes(ROOT_BYTES, "big") + content[ROOT_BYTES:])
    with pytest.raises(MalformedMessage, match="has 3456 bytes, not 3455"):
        parse_key(content[1:])


def test_root_written_beyond_the_modulus_certifies_nothing_for_a_key_has_one_hash() -> None:
    for number in count():
        content, n = key(number).public_bytes(), key(number).n
        roots = [int.from_bytes(content[at : at + ROOT_BYTES], "big") for at in range(0, len(content), ROOT_BYTES)]
        fits = [at for at, root in enumerate(roots) if at and root + n < 1 << 8 * ROOT_BYTES]
        if fits:
            break
    start, more = ROOT_BYTES * fits[0], (roots[fits[0]] + n).to_bytes(ROOT_BYTES, "big")
    with pytest.raises(MalformedMessage, match=f"number {fits[0] - 1} of {ROOTS} is no power of its root"):
        parse_key(content[:start] + more + content[start + ROOT_BYTES :])


def test_modulus_with_two_plaintexts_for_a_ciphertext_cannot_be_certified() -> None:
    drawn = generate_private_key(65537, 2048).private_numbers()
    n, order = drawn.p**2 * drawn.q, drawn.p * (drawn.p - 1) * (drawn.q - 1)
    powers = [pow(_number(n, at), order // drawn.p, n) == 1 for at in range(ROOTS)]
    assert not any(powers), "whoever knows the primes finds no root of any of the numbers: there is none"
