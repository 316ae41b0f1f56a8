"""A holder's key: two primes for itself, their product and a certificate for everybody.

primes --product--> modulus --an n-th root of each of 8 numbers that nobody chose--> certificate, 3,456 bytes with it

Where n has a factor in common with the order of its group, an n-th root of a random number exists with a chance of
1/2^16 at most, n having no smaller prime factor: of 8 with 2^-128. Where it has none, a ciphertext has one plaintext.
Source: Goldberg, Reyzin, Sagga, Baldimtsi 2019, https://eprint.iacr.org/2018/057
"""

import hashlib
from dataclasses import dataclass, field
from functools import cache, lru_cache
from math import gcd, prod

from prefect_federated.core.errors import KeyUnavailable, MalformedMessage
from prefect_federated.core.paillier.numbers import BITS, ROOT_BYTES

ROOTS = 8
SMALL = 1 << 16  # no prime below it divides a modulus
KEY_BYTES = ROOT_BYTES * (1 + ROOTS)
_LABEL = b"prefect-federated/1 paillier key"


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A modulus that was certified."""

    n: int = field(repr=False)
    hash: bytes  # SHA-256 of modulus and certificate

    @property
    def square(self) -> int:
        """Ciphertexts are residues of it."""
        return self.n * self.n


@lru_cache(maxsize=64)
def parse_key(content: bytes) -> PublicKey:
    """Read a public key and check its certificate; about a third of a second, once.

    Raises:
        MalformedMessage: it is none, or is not certified.
    """
    if len(content) != KEY_BYTES:
        raise MalformedMessage(f"a holder's public key has {KEY_BYTES} bytes, not {len(content)}; ask for it again")
    n, *roots = (int.from_bytes(content[at : at + ROOT_BYTES], "big") for at in range(0, KEY_BYTES, ROOT_BYTES))
    what = f"the modulus 0x{content[:8].hex()}..."
    if n.bit_length() != BITS or gcd(n, _small_primes()) != 1:
        raise MalformedMessage(
            f"{what} of a holder has {n.bit_length()} bits, or a small factor; {BITS} bits and none are needed; ask for"
            " another key"
        )
    for at, root in enumerate(roots):
        if not 0 < root < n or pow(root, n, n) != _number(n, at):
            raise MalformedMessage(
                f"{what} of a holder is not certified: number {at} of {ROOTS} is no power of its root, so a sum might"
                " be opened as more than one; ask for another key"
            )
    return PublicKey(n, hashlib.sha256(content).digest())


@dataclass(frozen=True, slots=True)
class SecretKey:
    """Two primes of 1,536 bits; whoever has those of all holders reads every update of their tasks."""

    p: int = field(repr=False)
    q: int = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse numbers that are no such key.

        Raises:
            KeyUnavailable: the product has another size, or ciphertexts would have no one plaintext.
        """
        n = self.n
        if self.p == self.q or n.bit_length() != BITS or gcd(n, (self.p - 1) * (self.q - 1)) != 1:
            raise KeyUnavailable(
                f"the primes of a holder's key make {n.bit_length()} bits, or do not fit; make another"
            )

    @property
    def n(self) -> int:
        """The modulus."""
        return self.p * self.q

    def public_bytes(self) -> bytes:
        """Modulus and certificate, 3,456 bytes; checked as openings are (`opened.open_sum`).

        Raises:
            MalformedMessage: this machine reckoned wrongly, or the numbers that it keeps are no primes.
        """
        n = self.n
        numbers = n, *(self.root(_number(n, at)) for at in range(ROOTS))
        content = b"".join(one.to_bytes(ROOT_BYTES, "big") for one in numbers)
        parse_key(content)
        return content

    def encoded(self) -> bytes:
        """Both primes, 384 bytes: to be kept as a secret is kept."""
        return b"".join(one.to_bytes(ROOT_BYTES // 2, "big") for one in (self.p, self.q))

    @classmethod
    def parse(cls, content: bytes) -> "SecretKey":
        """The key that `encoded` wrote.

        Raises:
            KeyUnavailable: it is none.
        """
        if len(content) != ROOT_BYTES:
            raise KeyUnavailable(f"{len(content)} bytes are no holder's key, which has {ROOT_BYTES}; restore it")
        half = ROOT_BYTES // 2
        return cls(int.from_bytes(content[:half], "big"), int.from_bytes(content[half:], "big"))

    def root(self, number: int) -> int:
        """The n-th root of a unit modulo n."""
        return self._joined(*(pow(number, pow(self.n, -1, one - 1), one) for one in (self.p, self.q)))

    def decrypt(self, ciphertext: int) -> int:
        """The plaintext, from 0 to n - 1."""
        return self._joined(*(self._modulo(ciphertext, one) for one in (self.p, self.q)))

    def _modulo(self, ciphertext: int, prime: int) -> int:
        """The plaintext modulo one of the primes: L(c^(p-1)) / L((1+n)^(p-1)), L(x) = (x - 1) / p."""
        square = prime * prime
        over = (pow(ciphertext, prime - 1, square) - 1) // prime
        under = (pow(1 + self.n, prime - 1, square) - 1) // prime
        return over * pow(under, -1, prime) % prime

    def _joined(self, modulo_p: int, modulo_q: int) -> int:
        """The number modulo n of which these are the remainders."""
        return modulo_p + self.p * ((modulo_q - modulo_p) * pow(self.p, -1, self.q) % self.q)


def _number(n: int, at: int) -> int:
    """The number of which the certificate has a root; it follows from the modulus."""
    seed = _LABEL + n.to_bytes(ROOT_BYTES, "big") + at.to_bytes(4, "big")
    return int.from_bytes(hashlib.shake_256(seed).digest(ROOT_BYTES + 16), "big") % n


@cache
def _small_primes() -> int:
    """Their product."""
    sieve = bytearray([1]) * SMALL
    for one in range(2, 256):
        if sieve[one]:
            sieve[one * one :: one] = bytes(len(range(one * one, SMALL, one)))
    return prod(one for one in range(2, SMALL) if sieve[one])
