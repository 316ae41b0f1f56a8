"""Noise in a statistics round, as a task says it: `privacy` of kind statistics, under which each row is hidden."""

from typing import Literal

from pydantic import Field

from prefect_federated.core.privacy import DELTA
from prefect_federated.core.spec_parts import Strict

MAX_ROWS = 100_000


class StatisticsPrivacy(Strict):
    """Differential privacy of each row: every number that a silo counts gets noise before it leaves.

    What one row can move follows from the query (`cell_noise.sensitivity_sq`); bounds of columns are the query's own.
    """

    kind: Literal["statistics"] = "statistics"
    unit: Literal["row"] = "row"
    noise_multiplier: float = Field(
        gt=0, description="standard deviation of the noise over the most that one row moves all numbers together, L2"
    )
    delta: float = Field(default=DELTA, gt=0, lt=1, description="delta at which epsilon is told")
    fewest: int = Field(
        default=1,
        ge=1,
        le=10_000,
        description="masked: silos in a sum at least that tell their noise to nobody, among whom it is split",
    )
    max_rows: int = Field(
        default=MAX_ROWS, ge=1, lt=2**31, description="most rows of a silo; fewer leave more digits to each sum"
    )
