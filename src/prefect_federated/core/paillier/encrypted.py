"""Ciphertexts for one holder, with one proof that their maker knows what is in all of them.

c_j = (1 + m_j n) r_j^n modulo n^2;   a = (1 + s n) u^n,   e = SHA-256(place, c_1 .. c_k, a),   e_j = SHA-256(e, j)
proof: e, z = s + sum of e_j m_j, w = u times the product of r_j^(e_j)
checked: e = SHA-256(place, c_1 .. c_k, (1 + z n) w^n times the product of c_j^(-e_j))

The place is session, participant and holder: what is copied from elsewhere proves nothing there. Whoever answers k + 1
independent challenges of 128 bits knows every m_j, for their differences are smaller than the primes of an honest
holder's n. A holder that made n of small ones reads what is under it anyway.
Source: Cramer, Damgard, Nielsen 2001, https://doi.org/10.1007/3-540-44987-6_18, for one ciphertext; many under one
proof as Gennaro, Leigh, Sundaram, Yerazunis do with Schnorr's (Batching Schnorr Identification Scheme, Asiacrypt 2004).
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd

from prefect_federated.core.errors import MalformedMessage
from prefect_federated.core.paillier.keys import PublicKey
from prefect_federated.core.paillier.numbers import ROOT_BYTES, SQUARE_BYTES, Drawn
from prefect_federated.core.paillier.session import Session
from prefect_federated.core.words import encode_words

CHALLENGE_BYTES, WEIGHT_BYTES = 32, 16
PROOF_BYTES = CHALLENGE_BYTES + 2 * ROOT_BYTES


@dataclass(frozen=True, slots=True)
class Place:
    """Where ciphertexts belong: whose they are, and for which of the session's holders."""

    session: Session
    participant: str
    holder: int

    @property
    def key(self) -> PublicKey:
        """The key they are made under."""
        return self.session.holders[self.holder].key

    @property
    def name(self) -> str:
        """For errors."""
        return f"{self.session.place}: what {self.participant} encrypted for holder {self.holder}"

    def challenge(self, ciphertexts: Sequence[int], a: int) -> bytes:
        """What the proof has to answer, 32 bytes."""
        place = self.session.digest + encode_words(self.participant, self.holder, len(ciphertexts))
        numbers = b"".join(_bytes(one, SQUARE_BYTES) for one in (*ciphertexts, a))
        return hashlib.sha256(b"known plaintexts" + place + numbers).digest()


def encrypted(place: Place, plains: Sequence[int], drawn: Drawn) -> bytes:
    """Ciphertexts, 768 bytes each, and their proof, 800 bytes; the same for the same place, plaintexts and seed.

    Args:
        plains: any integers; they count modulo n.
        drawn: of a seed that serves these plaintexts alone: under another one it would give the update away.
    """
    n, square = place.key.n, place.key.square
    roots = [1 + drawn.below(n - 1, f"root {at} for holder {place.holder}") for at in range(len(plains))]
    u = 1 + drawn.below(n - 1, f"root of the proof for holder {place.holder}")
    s = drawn.below(n, f"plaintext of the proof for holder {place.holder}")
    *ciphertexts, a = (
        (1 + m % n * n) * pow(r, n, square) % square for m, r in zip([*plains, s], [*roots, u], strict=True)
    )
    e = place.challenge(ciphertexts, a)
    z, w = s, u
    for weight, m, r in zip(_weights(e, len(plains)), plains, roots, strict=True):
        z, w = (z + weight * m) % n, w * pow(r, weight, n) % n
    return b"".join(_bytes(c, SQUARE_BYTES) for c in ciphertexts) + e + _bytes(z, ROOT_BYTES) + _bytes(w, ROOT_BYTES)


def proven(place: Place, content: bytes) -> tuple[int, ...]:
    """The ciphertexts, residues modulo n^2, once their proof was checked.

    Args:
        content: what `encrypted` made: ciphertexts, 768 bytes each, then the proof, 800.

    Raises:
        MalformedMessage: one is none, or their maker does not prove that it knows what is in them.
    """
    n, square = place.key.n, place.key.square
    body, proof = content[:-PROOF_BYTES], content[-PROOF_BYTES:]
    ciphertexts = tuple(_number(body[at : at + SQUARE_BYTES]) for at in range(0, len(body), SQUARE_BYTES))
    e, z, w = proof[:CHALLENGE_BYTES], _number(proof[CHALLENGE_BYTES:-ROOT_BYTES]), _number(proof[-ROOT_BYTES:])
    units = (*ciphertexts, w)
    if z >= n or w >= n or any(one >= square or gcd(one, n) != 1 for one in units):
        raise MalformedMessage(
            f"{place.name} holds a number that is no residue of the holder's modulus; leave its sender out"
        )
    a = (1 + z * n) * pow(w, n, square) % square
    for weight, c in zip(_weights(e, len(ciphertexts)), ciphertexts, strict=True):
        a = a * pow(c, -weight, square) % square
    if place.challenge(ciphertexts, a) != e:
        raise MalformedMessage(
            f"{place.name} has no proof that its sender knows what is in it: it was altered, or made of another's"
            " ciphertexts; leave its sender out"
        )
    return ciphertexts


def _weights(e: bytes, count: int) -> list[int]:
    """How much each ciphertext counts in the proof, 128 bits."""
    return [_number(hashlib.sha256(e + at.to_bytes(4, "big")).digest()[:WEIGHT_BYTES]) for at in range(count)]


def _bytes(number: int, size: int) -> bytes:
    return number.to_bytes(size, "big")


def _number(content: bytes) -> int:
    return int.from_bytes(content, "big")
