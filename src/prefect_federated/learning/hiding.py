"""A silo's whole update under noise: what a task with privacy of participants sends in place of the update.

update --encode--> words --held to max_norm--> + discrete Gaussian of the silo's secret --at +-limit--> words
"""

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.discrete_noise import discrete_gaussian
from prefect_federated.core.fixed_point import Encoding, encode
from prefect_federated.core.participant_privacy import ParticipantPrivacy, part_of_sum
from prefect_federated.core.silo_noise import SiloNoise
from prefect_federated.learning.secret_noise import SecretNoise


def parted(
    delta: NDArray[np.float32], encoding: Encoding, privacy: ParticipantPrivacy, max_weight: int, secret: bytes
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """In a masked task: the words of an update, held to max_norm, and the part of the sum's noise that goes with them.

    Args:
        delta: trained minus base, `[d]`; longer than max_norm it is shortened in words.
        max_weight: the largest weight of a silo; the noise is for the weighted sum.
        secret: as in `hidden`.

    Returns:
        Words int32 `[d]`, which leave under masks alone, and noise int64 `[d]` to be added to weight * words.

    Raises:
        ConfigurationError: the secret has not 32 bytes.
        NonFiniteUpdate: training diverged.
    """
    noise = SiloNoise.of(privacy.noise_multiplier, privacy.max_norm, encoding.frac_bits)
    words, _ = encode(delta, encoding)
    part = part_of_sum(privacy, encoding.frac_bits, max_weight)
    return noise.held(words), discrete_gaussian(part, words.size, SecretNoise(secret, "part of a sum").words)


def hidden(
    delta: NDArray[np.float32], encoding: Encoding, privacy: ParticipantPrivacy, secret: bytes
) -> tuple[NDArray[np.int32], int]:
    """Noisy words of an update, int32 `[d]`, and how many the limit cut after the noise.

    Args:
        delta: trained minus base, `[d]`; longer than max_norm it is shortened in words.
        secret: 32 bytes that only the silo can derive, bound to task, round, base model and rows.

    Raises:
        ConfigurationError: the secret has not 32 bytes.
        NonFiniteUpdate: training diverged.
    """
    noise = SiloNoise.of(privacy.noise_multiplier, privacy.max_norm, encoding.frac_bits)
    words, _ = encode(delta, encoding)
    drawn = discrete_gaussian(noise.sigma, words.size, SecretNoise(secret, "silo").words)
    return noise.added(noise.held(words), drawn, encoding.limit)
