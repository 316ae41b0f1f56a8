"""A silo's whole update under noise: what a task with privacy of participants sends in place of the update.

update --encode--> words --held to max_norm--> + discrete Gaussian of the silo's secret --at +-limit--> words
"""

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.discrete_noise import discrete_gaussian
from prefect_federated.core.fixed_point import Encoding, encode
from prefect_federated.core.participant_privacy import ParticipantPrivacy
from prefect_federated.core.silo_noise import SiloNoise
from prefect_federated.learning.secret_noise import SecretNoise


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
