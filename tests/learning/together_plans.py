"""Plans for several processes: some as they should be, others that fail in the ways that processes do."""

import os
import signal
import time
from pathlib import Path

import torch
from torch import nn

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.spec import PlanSpec
from prefect_federated.learning.machine import Assignment, Machine
from prefect_federated.learning.plan import code_hash, load_plan
from prefect_federated.learning.tabular import TabularClassifier
from prefect_federated.learning.torch_plan import TorchPlan

MARK = "FEDERATED_TESTS_KILL_ONCE"
HERE = "tests.learning.together_plans:"


class Small(TorchPlan):
    """Three features, two labels, and a layer that no row uses."""

    def module(self) -> nn.Module:
        return nn.Sequential(nn.Linear(3, 5), nn.ReLU(), nn.Linear(5, 2))

    def tensors(self, x):
        return super().tensors((x - 50) / 10)


class Dropping(Small):
    def module(self) -> nn.Module:
        return nn.Sequential(nn.Linear(3, 5), nn.Dropout(0.5), nn.Linear(5, 2))


class Normalising(Small):
    def module(self) -> nn.Module:
        return nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5), nn.Linear(5, 2))


class _Idle(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.used, self.idle = nn.Linear(3, 2), nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.used(x)


class Idle(Small):
    """A layer that nothing uses must not be decayed where it is not in one process."""

    def module(self) -> nn.Module:
        return _Idle()


class Failing(Small):
    """Fails in the process of a rank: by an error that quotes a row, one for people, a kill, a wait; or once only."""

    def __init__(self, *, how: str, rank: str = "1", mark: str = "", **settings) -> None:
        super().__init__(**settings)
        self.how, self.rank, self.mark = how, rank, mark

    def loss(self, output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        if os.environ.get("RANK") == self.rank and not (self.mark and Path(self.mark).exists()):
            if self.mark:
                Path(self.mark).touch()
            _fail(self.how, y)
        return super().loss(output, y)


class Ward(TabularClassifier):
    """The scenario's plan, one of whose processes is killed once, where MARK names a file that is not there yet."""

    def loss(self, output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        mark = os.environ.get(MARK)
        if mark and os.environ.get("RANK") == "1" and not Path(mark).exists():
            Path(mark).touch()
            _fail("kill", y)
        return super().loss(output, y)


def _fail(how: str, y: torch.Tensor) -> None:
    if how == "raise":
        raise ValueError(f"patient {y.tolist()} is odd")
    if how == "refuse":
        raise ConfigurationError("the column must be whole; mend it")
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(600)


def placed(name: str, processes: int, limit_s: float = 0, device: str = "cpu", **settings) -> TorchPlan:
    """A plan on a machine with so many processes."""
    ref = HERE + name
    spec = PlanSpec(ref=ref, code_hash=code_hash(ref), hyperparameters=settings)
    plan = load_plan(ref, settings, spec.code_hash)
    return plan.assigned(Assignment(spec, 1, Machine(device, processes, limit_s=limit_s)))
