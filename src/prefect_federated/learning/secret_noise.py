"""Randomness that nobody but the silo can foretell, and that the silo can draw again: a ChaCha20 key stream.

secret, label --ChaCha20--> bits --> uniform (0, 1] --Box-Muller--> normal

torch's generator would not do: its CPU seed keeps 32 bits, so whoever tries them all finds the noise and takes it off.
"""

import hashlib
import math

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20
from numpy.typing import NDArray

from prefect_federated.core.errors import ConfigurationError

SECRET_BYTES = 32


class SecretNoise:
    """One stream of numbers; different labels of one secret are independent streams."""

    def __init__(self, secret: bytes, label: str) -> None:
        """Start the stream.

        Raises:
            ConfigurationError: the secret has not 32 bytes.
        """
        if len(secret) != SECRET_BYTES:
            raise ConfigurationError(
                f"the secret behind private training has {len(secret)} bytes, it needs {SECRET_BYTES}; derive it from"
                " the silo's sealing key"
            )
        key = hashlib.sha256(b"prefect-federated noise\x00" + label.encode() + b"\x00" + secret).digest()
        self._stream = Cipher(ChaCha20(key, bytes(16)), mode=None).encryptor()

    def words(self, count: int) -> NDArray[np.uint64]:
        """Random words of 64 bits, uint64 [count]."""
        return np.frombuffer(self._stream.update(bytes(8 * count)), "<u8").astype(np.uint64)

    def uniform(self, count: int) -> NDArray[np.float64]:
        """Multiples of 2^-53 above 0 and at most 1, float64 [count]."""
        return ((self.words(count) >> np.uint64(11)) + np.uint64(1)).astype(np.float64) * 2.0**-53

    def normal(self, count: int) -> NDArray[np.float64]:
        """Standard normals, float64 [count]; each is a sum of four over two, whose last digits lie densely.

        Sources: Box and Muller 1958; the sum against attacks on floating-point noise: Section 5.1 of Holohan and
        Braghin 2021, https://arxiv.org/abs/2107.10138, as in opacus' secure mode.
        """
        pairs = 2 * count
        radius, angle = np.sqrt(-2 * np.log(self.uniform(pairs))), 2 * math.pi * self.uniform(pairs)
        single = np.concatenate([radius * np.cos(angle), radius * np.sin(angle)]).reshape(4, count)
        summed: NDArray[np.float64] = single.sum(axis=0) / 2
        return summed
