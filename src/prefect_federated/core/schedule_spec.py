"""When a round ends its Commit, and how old the base of an update may be: chosen by name in the task spec.

schedule: {"name": "fedbuff", "buffer": 10} --validated, hashed with the spec--> the contract's buffer and max_staleness
"""

from math import isqrt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from prefect_federated.core.errors import SpecError
from prefect_federated.core.local_spec import FedProx, LocalSpec, Sgd

MOST_BEHIND = 16
WHOLE_BITS = 16


class _Schedule(BaseModel):
    """Frozen, no unknown setting."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Synchronous(_Schedule):
    """A round waits for everybody enrolled, until its deadline; every update is made over the round's base."""

    name: Literal["synchronous"] = "synchronous"

    @property
    def numbers(self) -> dict[str, int]:
        """The contract's parameters."""
        return {"buffer": 0, "max_staleness": 0}


class FedBuff(_Schedule):
    """A round takes the first updates that come, and older ones count less: nobody waits for the slowest.

    Source: Nguyen et al. 2022, algorithm 1, https://arxiv.org/abs/2106.06639; the factor is `counted_weight`.
    """

    name: Literal["fedbuff"] = "fedbuff"
    buffer: int = Field(ge=1, le=10_000, description="K: commits that end a round's Commit, whoever they are of")
    max_staleness: int = Field(
        default=4, ge=0, le=MOST_BEHIND, description="most versions that an update's base may lie behind the round's"
    )

    @property
    def numbers(self) -> dict[str, int]:
        """The contract's parameters."""
        return {"buffer": self.buffer, "max_staleness": self.max_staleness}


ScheduleSpec = Annotated[Synchronous | FedBuff, Field(discriminator="name")]


def check_schedule(schedule: ScheduleSpec, local: LocalSpec) -> None:
    """Refuse a task in which the silos' algorithm does not go with the schedule.

    Raises:
        SpecError: naming both.
    """
    if isinstance(schedule, FedBuff) and not isinstance(local, Sgd | FedProx):
        raise SpecError(
            f"local {local.name} with schedule fedbuff: it counts on every silo in every round; take local sgd or"
            " fedprox, or the synchronous schedule"
        )


def counted_weight(weight: int, behind: int) -> int:
    """The weight at which an update counts whose base lies `behind` versions before the round's: w / sqrt(1 + behind).

    In integers, as the contract has it: floor(w floor(sqrt(floor(2^32 / (1 + behind)))) / 2^16), and at least 1. The
    factor is that of FedBuff's experiments (Nguyen et al. 2022, section 5, after Xie et al. 2019,
    https://arxiv.org/abs/1903.03934). The mean divides by the weights as they count, so that a buffer of updates
    that are all equally old moves the model as far as a fresh one.

    >>> [counted_weight(1000, behind) for behind in (0, 1, 3)]
    [1000, 707, 500]
    """
    factor = isqrt((1 << 2 * WHOLE_BITS) // (1 + behind))
    return max(weight * factor >> WHOLE_BITS, 1)
