"""What private training costs: Renyi divergence of the subsampled Gaussian mechanism, by opacus, packed for the chain.

plan + rows --> Sampling(rate, steps) --opacus--> RDP at eight orders --pack--> cost --raised to the floor--> charged

A whole update under noise costs the same whatever plan and rows are (`core.silo_noise.participant_cost`), and so do
statistics (`row_cost`).
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.participant_privacy import ParticipantPrivacy, Privacy
from prefect_federated.core.privacy import ORDERS, UNIT, at_least, pack
from prefect_federated.core.silo_noise import participant_cost, row_cost
from prefect_federated.core.statistics.privacy import StatisticsPrivacy

if TYPE_CHECKING:
    from prefect_federated.learning.plan import TrainingPlan


@dataclass(frozen=True, slots=True)
class Sampling:
    """How often one row may be looked at: each step takes every row with probability `rate`, by itself."""

    rate: float
    steps: int


def cost_of(noise_multiplier: float, sampling: Sampling) -> int:
    """The RDP vector of one training: what it reveals of any one row that is there or is not.

    RDP of `steps` Gaussian mechanisms on Poisson samples, at least one unit a lane where anything was read: opacus
    computes in doubles, where the tiniest costs come out as 0 or below.

    Source: Section 3.3 of Mironov, Talwar and Zhang 2019, https://arxiv.org/abs/1908.10530, as `compute_rdp` of
    `opacus.accountants.analysis.rdp` computes it.

    Raises:
        ConfigurationError: noise, rate or steps are impossible.
    """
    from opacus.accountants.analysis.rdp import compute_rdp

    rate, steps = sampling.rate, sampling.steps
    if not (noise_multiplier > 0 and 0 < rate <= 1 and steps >= 0):
        raise ConfigurationError(
            f"noise multiplier {noise_multiplier} must be above 0, sampling rate {rate} above 0 and at most 1, steps"
            f" {steps} at least 0; mend the plan's sampling or the task's privacy"
        )
    if not steps:
        return 0
    rdp = compute_rdp(q=rate, noise_multiplier=noise_multiplier, steps=steps, orders=list(ORDERS))
    return pack([max(float(nats), UNIT) for nats in rdp])


def own_cost(plan: "TrainingPlan | None", privacy: Privacy, rows: int) -> int:
    """What a silo with so many rows spends in one round.

    Args:
        plan: what is trained; None of a statistics task, whose cost follows from its noise alone.

    Raises:
        ConfigurationError: the task hides rows, and the plan cannot train so.
    """
    from prefect_federated.learning.plan import require_private  # which needs `Sampling` from here

    if isinstance(privacy, ParticipantPrivacy):
        return participant_cost(privacy.noise_multiplier)
    if isinstance(privacy, StatisticsPrivacy):
        return row_cost(privacy.noise_multiplier)
    return cost_of(privacy.noise_multiplier, require_private(plan).sampling(rows))


def floor_of(plan: "TrainingPlan | None", privacy: Privacy, max_weight: int) -> int:
    """The task's floor: what a silo of `max_weight` rows spends, the most that may be counted.

    A chain cannot see rows. It can see to it that nobody pays less than the largest silo, whose rate is the lowest.
    """
    return own_cost(plan, privacy, max_weight)


def charged(plan: "TrainingPlan | None", privacy: Privacy, rows: int, floor: int) -> int:
    """What a silo pays for one round: its own cost, raised to the task's floor lane by lane."""
    return at_least(own_cost(plan, privacy, rows), floor)
