"""A proof made as its definition says is taken; each of its numbers is written in one way alone."""

from hashlib import sha256

import pytest

from prefect_federated.core.errors import MalformedMessage
from prefect_federated.core.paillier.encrypted import Place, encrypted, proven
from prefect_federated.core.paillier.numbers import ROOT_BYTES, SQUARE_BYTES, Drawn
from tests.core.paillier.sum_scene import SILOS, key, session

Z_AT = SQUARE_BYTES + 32  # behind one ciphertext and the challenge; w behind z
W_AT = Z_AT + ROOT_BYTES


def place() -> Place:
    return Place(session(), SILOS[0], 0)


def written_out(plain: int, beyond: bool = False) -> tuple[int, bytes]:
    """One ciphertext with its proof, formula by formula; the ciphertext may be written n^2 beyond its residue."""
    n, square, drawn = place().key.n, place().key.square, Drawn(bytes(32))
    for number in range(1000):
        r = 1 + drawn.below(n - 1, f"r {number}")
        c = (1 + plain * n) * pow(r, n, square) % square + square * beyond
        if c < 1 << 8 * SQUARE_BYTES:
            break
    u, s = 1 + drawn.below(n - 1, "u"), drawn.below(n, "s")
    e = place().challenge([c], (1 + s * n) * pow(u, n, square) % square)
    first = int.from_bytes(sha256(e + bytes(4)).digest()[:16], "big")
    z, w = (s + first * plain) % n, u * pow(r, first, n) % n
    return c, c.to_bytes(SQUARE_BYTES, "big") + e + z.to_bytes(ROOT_BYTES, "big") + w.to_bytes(ROOT_BYTES, "big")


def test_proof_made_as_its_definition_says_is_taken_and_the_key_reads_what_is_proven() -> None:
    c, content = written_out(12345)
    assert proven(place(), content) == (c,)
    assert key(0).decrypt(c) == 12345


def test_ciphertext_beyond_the_square_is_refused_though_its_maker_proves_it() -> None:
    _, content = written_out(1, beyond=True)
    with pytest.raises(MalformedMessage, match="holds a number that is no residue"):
        proven(place(), content)


@pytest.mark.parametrize("at", [Z_AT, W_AT], ids=["z", "w"])
def test_proof_with_a_number_beyond_the_modulus_is_no_second_one(at: int) -> None:
    """1 + z n modulo n^2, and w^n, are the same with n more."""
    for number in range(1000):
        content = encrypted(place(), [1], Drawn(number.to_bytes(32, "big")))
        more = int.from_bytes(content[at : at + ROOT_BYTES], "big") + place().key.n
        if more < 1 << 8 * ROOT_BYTES:
            break
    proven(place(), content)
    with pytest.raises(MalformedMessage, match="holds a number that is no residue"):
        proven(place(), content[:at] + more.to_bytes(ROOT_BYTES, "big") + content[at + ROOT_BYTES :])
