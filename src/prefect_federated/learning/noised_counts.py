"""What a silo counts, under noise: what a statistics task with privacy sends in place of its counts.

rows --plan.tally--> words --+ discrete Gaussian of the silo's secret--> words   masked: words and a part of the noise
"""

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.discrete_noise import discrete_gaussian
from prefect_federated.core.errors import TrainingFailed
from prefect_federated.core.spec import Query, StatisticsPrivacy, TaskSpec
from prefect_federated.core.statistics.cell_noise import CellNoise
from prefect_federated.core.statistics.tally import words_of
from prefect_federated.learning.plan import TrainingData, load_private_counting
from prefect_federated.learning.secret_noise import SecretNoise


def noised_counts(
    agreed: TaskSpec, query: Query, privacy: StatisticsPrivacy, data: TrainingData, secret: bytes
) -> tuple[NDArray[np.int32], NDArray[np.int64] | None]:
    """Words of a silo's counts and, in a masked task, its part of the sum's noise; in a clear one they have the whole.

    Args:
        secret: 32 bytes that only the silo can derive, bound to task, round, base model and rows.

    Returns:
        Words int32 `[d]`, which under masks leave with the noise alone, int64 `[d]`; None where they have it.

    Raises:
        ConfigurationError: the secret has not 32 bytes, or the plan does not count for noise.
        TrainingFailed: the plan's code failed on these rows, or what it counts is no counts of the query; only the
            class of the error is told.
    """
    enforced = agreed.enforced
    noise = CellNoise.of(query, privacy, enforced.max_participants, enforced.masked)
    plan = load_private_counting(agreed.plan.ref, agreed.plan.hyperparameters, agreed.plan.code_hash)
    stream = SecretNoise(secret, "part of counts" if enforced.masked else "counts")
    try:
        words = words_of(query, plan.tally(query, data.frame, noise.grain), noise, privacy.max_rows)
    except Exception as error:
        kind = type(error).__name__
    else:
        drawn = discrete_gaussian(noise.part, words.size, stream.words)
        if enforced.masked:
            return words, drawn
        return np.clip(words + drawn, -noise.limit, noise.limit).astype(np.int32), None
    raise TrainingFailed(  # outside the handler: no traceback chains to a message that quotes a row
        f"counting ended with {kind} in this silo; run the plan on its rows there to see why"
    )
