"""Shamir's secret sharing of 32 bytes, in a prime field whose numbers fit one word of the EVM.

secret = f(0), f of degree t - 1 --f(index + 1)--> shares --t of them, Lagrange at 0--> secret

The prime is 2^256 - 189, the largest below 2^256: a contract can join shares by `mulmod`, and a share is 32 bytes. The
field of 2^128 that libraries use would need two polynomials a secret, and products without carries, slow on both sides.
Source: Shamir 1979, https://doi.org/10.1145/359168.359176
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache

PRIME = 2**256 - 189
SHARE_BYTES = 32


def reduced(secret: bytes) -> bytes:
    """32 uniform bytes as an element of the field; but for a chance of 2^-248 they stay as they are."""
    return (int.from_bytes(secret, "big") % PRIME).to_bytes(SHARE_BYTES, "big")


def split(secret: bytes, coefficients: bytes, indices: Sequence[int]) -> list[bytes]:
    """One share for each participant: f(index + 1), 32 bytes, big-endian.

    Args:
        secret: 32 bytes, below the prime as a number.
        coefficients: 32 uniform, secret bytes for each of the t - 1 coefficients after the first.
        indices: dense participant indices.

    Raises:
        ValueError: the secret is no element of the field, or the coefficients are cut.

    >>> [share[-1] for share in split(bytes(31) + b"\\x07", bytes(31) + b"\\x02", [0, 1, 4])]
    [9, 11, 17]
    """
    constant = int.from_bytes(secret, "big")
    if len(secret) != SHARE_BYTES or constant >= PRIME or len(coefficients) % SHARE_BYTES:
        raise ValueError(
            f"a secret of {len(secret)} bytes and {len(coefficients)} bytes of coefficients; the secret is 32 bytes"
            " below the prime, coefficients are 32 bytes each"
        )
    highest_first = [
        int.from_bytes(coefficients[at : at + SHARE_BYTES], "big")
        for at in range(len(coefficients) - SHARE_BYTES, -1, -SHARE_BYTES)
    ]
    shares = []
    for index in indices:
        point, value = index + 1, 0
        for coefficient in highest_first:
            value = (value * point + coefficient) % PRIME
        shares.append(((value * point + constant) % PRIME).to_bytes(SHARE_BYTES, "big"))
    return shares


def join(shares: Mapping[int, bytes]) -> bytes:
    """The secret that exactly these shares give: f(0) of the one polynomial through all of them.

    Args:
        shares: 32 bytes by participant index; as many as the threshold.

    >>> join({0: bytes(31) + b"\\x09", 4: bytes(31) + b"\\x11"})[-1]
    7
    """
    order = tuple(sorted(shares))
    terms = zip(_at_zero(order), order, strict=True)
    total = sum(weight * int.from_bytes(shares[index], "big") for weight, index in terms)
    return (total % PRIME).to_bytes(SHARE_BYTES, "big")


@lru_cache(maxsize=512)  # on the complete graph one set of holders serves for every secret
def _at_zero(indices: tuple[int, ...]) -> tuple[int, ...]:
    """Lagrange's coefficients at 0: prod_j x_j / (x_j - x_i) over j != i."""
    points = [index + 1 for index in indices]
    weights = []
    for point in points:
        above, below = 1, 1
        for other in points:
            if other != point:
                above, below = above * other % PRIME, below * (other - point) % PRIME
        weights.append(above * pow(below, -1, PRIME) % PRIME)
    return tuple(weights)
