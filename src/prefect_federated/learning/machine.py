"""What a silo's machine offers to training: of the silo, never of the task.

Silo block --Machine--+
task spec ------------+--> Assignment --assigned--> the plan, on this machine, in this round
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.spec import PlanSpec
from prefect_federated.learning.plan import TrainingPlan

KINDS = ("cpu", "cuda", "mps")


@dataclass(frozen=True, slots=True)
class Machine:
    """Where plans of torch train, in how many processes, and which Python runs Flower's apps.

    Raises:
        ConfigurationError: a device of no known kind, no process, or a limit below 0.
    """

    device: str = "cpu"  # or "cuda", "mps", "auto"
    processes: int = 1
    flower_python: Path | None = None
    limit_s: float = 0.0  # of a training in processes of its own; 0 is no limit
    in_memory: bool = False  # rows that other processes are given lie in memory, not on a disk

    def __post_init__(self) -> None:
        if self.device not in (*KINDS, "auto") or self.processes < 1 or self.limit_s < 0:
            raise ConfigurationError(
                f"device={self.device!r} must be one of auto, {', '.join(KINDS)}, processes={self.processes} at least"
                f" 1, limit_s={self.limit_s:g} at least 0"
            )

    @property
    def tags(self) -> frozenset[str]:
        """What a training run is tagged with, so that it can be told later where it trained."""
        return frozenset({f"device:{device_of(self)}", f"processes:{self.processes}"})


@dataclass(frozen=True, slots=True)
class Assignment:
    """One round's training of a plan on a machine."""

    plan: PlanSpec
    round: int
    machine: Machine = field(default_factory=Machine)


@runtime_checkable
class AssignablePlan(TrainingPlan, Protocol):
    """A plan that wants to know the machine and the round that it trains in."""

    def assigned(self, assignment: Assignment) -> TrainingPlan:
        """A copy of the plan that trains there; what it trains to does not depend on it beyond rounding."""
        ...


def assigned(plan: TrainingPlan, assignment: Assignment) -> TrainingPlan:
    """The plan, on this machine if it cares; others train where they are, in one process."""
    return plan.assigned(assignment) if isinstance(plan, AssignablePlan) else plan


def device_of(machine: Machine) -> str:
    """The kind of device that a machine trains on: "auto" is CUDA where there is one, then Apple's MPS, then the CPU.

    Raises:
        ConfigurationError: the device that was named is not there, or there are fewer than processes.
    """
    import torch

    there = {"cuda": torch.cuda.device_count(), "mps": int(torch.backends.mps.is_available())}
    return chosen(machine, there)


def chosen(machine: Machine, there: dict[str, int]) -> str:
    """`device_of`, with how many devices of each kind are there.

    >>> chosen(Machine("auto"), {"cuda": 0, "mps": 1})
    'mps'
    """
    usable = (one for one in ("cuda", "mps") if there[one] and (one == "cuda" or machine.processes == 1))
    kind = next(usable, "cpu") if machine.device == "auto" else machine.device
    if kind != "cpu" and there[kind] < machine.processes:
        raise ConfigurationError(
            f"the silo asks for {machine.processes} processes on device {machine.device}, each with a {kind} device of"
            f" its own, and torch sees {there[kind]}; set fewer processes, or device cpu"
        )
    return kind
