"""Noise that hides rows: standard normal, drawn again by whoever has the secret, foretold by nobody else."""

import hashlib

import numpy as np
import pytest
import torch
from Crypto.Cipher import ChaCha20
from scipy import stats

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.learning.secret_noise import SecretNoise

SECRET = bytes(range(32))


def test_noise_is_standard_normal() -> None:
    drawn = SecretNoise(SECRET, "noise").normal(200_000)
    assert abs(drawn.std() - 1) < 0.005 and abs(drawn.mean()) < 0.01
    assert stats.kstest(drawn, "norm").pvalue > 0.01
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.01


def test_uniform_numbers_are_above_0_and_spread_evenly() -> None:
    drawn = SecretNoise(SECRET, "batches").uniform(200_000)
    assert drawn.min() > 0 and drawn.max() <= 1
    assert stats.kstest(drawn, "uniform").pvalue > 0.01


def test_bits_are_those_of_another_chacha20_under_the_labelled_secret() -> None:
    key = hashlib.sha256(b"prefect-federated noise\x00noise\x00" + SECRET).digest()
    expected = ChaCha20.new(key=key, nonce=bytes(8)).encrypt(bytes(800))
    assert SecretNoise(SECRET, "noise").words(100).tobytes() == expected


def test_stream_goes_on_and_does_not_repeat() -> None:
    whole, parts = SecretNoise(SECRET, "a"), SecretNoise(SECRET, "a")
    assert whole.words(10).tolist() == [*parts.words(3), *parts.words(7)]
    assert len(set(whole.words(10_000))) == 10_000


@pytest.mark.parametrize("bit", [0, 31, 32, 63, 255])
def test_every_bit_of_the_secret_counts(bit: int) -> None:
    """torch keeps 32 bits of a seed: noise from its generator is found by trying them all."""
    other = (int.from_bytes(SECRET, "little") ^ 1 << bit).to_bytes(32, "little")
    assert not set(SecretNoise(SECRET, "noise").words(100)) & set(SecretNoise(other, "noise").words(100))


def test_torch_forgets_the_upper_half_of_a_seed() -> None:
    """Why its generator is not used; should this fail one day, it may be."""
    first, second = (torch.randn(9, generator=torch.Generator().manual_seed(seed)) for seed in (5, 5 + 2**32))
    assert torch.equal(first, second)


def test_labels_are_independent_streams() -> None:
    one, other = SecretNoise(SECRET, "noise").normal(50_000), SecretNoise(SECRET, "batches").normal(50_000)
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.02


@pytest.mark.parametrize("secret", [b"", bytes(31), bytes(33)])
def test_secret_of_another_length_is_refused(secret: bytes) -> None:
    with pytest.raises(ConfigurationError, match=f"has {len(secret)} bytes, it needs 32"):
        SecretNoise(secret, "noise")
