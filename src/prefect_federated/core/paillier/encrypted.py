"""A ciphertext that proves that its maker knows what is in it.

c = (1 + m n) r^n modulo n^2;   proof: a = (1 + s n) u^n, e = SHA-256(place, c, a), z = s + e m, w = u r^e
checked: (1 + z n) w^n = a c^e, that is e = SHA-256(place, c, (1 + z n) w^n c^-e)

The place is session, participant, holder and block: what is copied from elsewhere proves nothing there.
Source: Cramer, Damgard, Nielsen 2001, section 6.2, https://doi.org/10.1007/3-540-44987-6_18
"""

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from math import gcd

from prefect_federated.core.errors import MalformedMessage
from prefect_federated.core.paillier.keys import PublicKey
from prefect_federated.core.paillier.numbers import ROOT_BYTES, SQUARE_BYTES, Drawn
from prefect_federated.core.paillier.session import Session
from prefect_federated.core.words import encode_words

CHALLENGE_BYTES = 16
CIPHERTEXT_BYTES = SQUARE_BYTES + CHALLENGE_BYTES + 2 * ROOT_BYTES


@dataclass(frozen=True, slots=True)
class Place:
    """Where a ciphertext belongs: whose it is, for which of the session's holders, which block of words."""

    session: Session
    participant: str
    holder: int
    block: int

    @property
    def key(self) -> PublicKey:
        """The key it is made under."""
        return self.session.holders[self.holder].key

    @property
    def name(self) -> str:
        """For errors, and to draw numbers by."""
        return f"holder {self.holder}, block {self.block}"

    def challenge(self, c: int, a: int) -> int:
        """What the proof has to answer, 128 bits."""
        place = self.session.digest + encode_words(self.participant, self.holder, self.block)
        numbers = c.to_bytes(SQUARE_BYTES, "big") + a.to_bytes(SQUARE_BYTES, "big")
        return int.from_bytes(hashlib.sha256(b"known plaintext" + place + numbers).digest()[:CHALLENGE_BYTES], "big")


def encrypted(place: Place, plain: int, drawn: Drawn) -> bytes:
    """Ciphertext and proof, 1,552 bytes; the same for the same place, plaintext and seed.

    Args:
        plain: any integer; it counts modulo n.
        drawn: of a seed that serves these plaintexts alone: under another one it would give the update away.
    """
    n, square = place.key.n, place.key.square
    r, u = (1 + drawn.below(n - 1, f"{what} {place.name}") for what in ("root", "root of proof"))
    s = drawn.below(n, f"plain of proof {place.name}")
    c, a = ((1 + m % n * n) * pow(root, n, square) % square for m, root in ((plain, r), (s, u)))
    e = place.challenge(c, a)
    z, w = (s + e * plain) % n, u * pow(r, e, n) % n
    return _bytes(c, SQUARE_BYTES) + _bytes(e, CHALLENGE_BYTES) + _bytes(z, ROOT_BYTES) + _bytes(w, ROOT_BYTES)


def proven(place: Place, content: bytes) -> int:
    """The ciphertext, a residue modulo n^2, once its proof was checked.

    Raises:
        MalformedMessage: it is none, or its maker does not prove that it knows what is in it.
    """
    n, square = place.key.n, place.key.square
    c, e, z, w = _numbers(content)
    if not (0 < c < square and z < n and 0 < w < n and gcd(c * w, n) == 1):
        raise MalformedMessage(
            f"{place.session.place}: {place.name} of {place.participant} holds a number that is no residue of the"
            " holder's modulus; leave its sender out"
        )
    a = (1 + z * n) * pow(w, n, square) * pow(c, -e, square) % square
    if place.challenge(c, a) != e:
        raise MalformedMessage(
            f"{place.session.place}: {place.name} of {place.participant} has no proof that its sender knows what is in"
            " it: it was altered, or made of another's ciphertext; leave its sender out"
        )
    return c


def _numbers(content: bytes) -> tuple[int, int, int, int]:
    at = (0, SQUARE_BYTES, SQUARE_BYTES + CHALLENGE_BYTES, CIPHERTEXT_BYTES - ROOT_BYTES, CIPHERTEXT_BYTES)
    c, e, z, w = (int.from_bytes(content[start:end], "big") for start, end in pairwise(at))
    return c, e, z, w


def _bytes(number: int, size: int) -> bytes:
    return number.to_bytes(size, "big")
