"""The training plan: what a task's author writes and a silo's owner reviews, named by the hash of its source.

"module:Class" --code_hash--> as in the spec? approved by the silo? --load_plan--> TrainingPlan
"""

import hashlib
import importlib
import importlib.util
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ConfigurationError, PlanNotApproved
from prefect_federated.core.spec import PrivacySpec, Query, Tensor
from prefect_federated.core.statistics.layout import Counts
from prefect_federated.core.statistics.tally import Tally
from prefect_federated.learning.accountant import Sampling
from prefect_federated.learning.counting import Placed

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class TrainingData:
    """A checked table: features in the model's order, then the target."""

    frame: "DataFrame"
    features: tuple[str, ...]
    target: str

    def __len__(self) -> int:
        """Rows."""
        return len(self.frame)

    @property
    def x(self) -> NDArray[np.float64]:
        """Features, float64 [n, k]."""
        return np.ascontiguousarray(self.frame[list(self.features)].to_numpy(dtype=np.float64))

    @property
    def y(self) -> NDArray[np.int64]:
        """Labels, int64 [n]."""
        labels: NDArray[np.int64] = self.frame[self.target].to_numpy(dtype=np.int64, copy=True)
        return labels


@dataclass(frozen=True, slots=True)
class TrainResult:
    """What a pass of training says about itself; the model is changed in place."""

    examples: int
    metrics: dict[str, float] = field(default_factory=dict)


@runtime_checkable
class TrainingPlan(Protocol):
    """How a model is built, trained and judged. A plan holds settings only: no data, no state between rounds.

    The model's type is the plan's own affair: whatever `build_model` returns comes back in the other calls.
    """

    def build_model(self, seed: int) -> Any:
        """A fresh model; `seed` decides its first parameters (version 0 of a task)."""
        ...

    def parameters(self, model: Any) -> dict[str, NDArray[np.float32]]:
        """The tensors that are shared, by name, in a fixed order; copies."""
        ...

    def load(self, model: Any, tensors: Mapping[str, NDArray[np.float32]]) -> None:
        """Put shared tensors into the model."""
        ...

    def train(self, model: Any, data: TrainingData, seed: int) -> TrainResult:
        """Train in place; the same model, data and seed give the same bits on the same machine."""
        ...

    def evaluate(self, model: Any, data: TrainingData) -> dict[str, float]:
        """Metrics on held-out data: at least `loss` and, for classifiers, `accuracy`."""
        ...

    def predict(self, model: Any, frame: "DataFrame") -> NDArray[Any]:
        """One prediction a row, from the feature columns of `frame`."""
        ...


@runtime_checkable
class PrivateTrainingPlan(TrainingPlan, Protocol):
    """A plan that can also train so that no single row shows: what a task with `privacy` asks for."""

    def sampling(self, rows: int) -> Sampling:
        """How private training looks at a table of so many rows; what it costs follows from this alone."""
        ...

    def train_privately(self, model: Any, data: TrainingData, secret: bytes, privacy: PrivacySpec) -> TrainResult:
        """Train in place by DP-SGD, exactly as `sampling` says.

        Args:
            secret: 32 bytes that samples and noise derive from; the same secret and data give the same bits.
        """
        ...


@runtime_checkable
class CountingPlan(Protocol):
    """What a silo counts where a task asks for statistics; it has no model."""

    def place(self, query: Query, frame: "DataFrame") -> dict[str, Placed]:
        """The cell of each row in each column, and the cells that are withheld."""
        ...

    def count(self, query: Query, frame: "DataFrame") -> Counts:
        """The counts that leave the silo."""
        ...


@runtime_checkable
class PrivateCountingPlan(Protocol):
    """What a silo counts where a task asks for statistics under noise."""

    def tally(self, query: Query, frame: "DataFrame", grain: int) -> Tally:
        """The counts before noise. A row moves each number by what `ColumnTally` says, whatever other rows are."""
        ...


@dataclass(frozen=True, slots=True)
class Private:
    """How to train privately, and the silo's secret behind samples and noise."""

    privacy: PrivacySpec
    secret: bytes = field(repr=False)  # 32 bytes; whoever knows it can take the noise off again


def require_private(plan: TrainingPlan | None) -> PrivateTrainingPlan:
    """The plan, which must be able to train privately.

    Raises:
        ConfigurationError: it cannot.
    """
    if not isinstance(plan, PrivateTrainingPlan):
        raise ConfigurationError(
            f"the task asks for private training, and plan {type(plan).__name__} lacks sampling or train_privately;"
            " subclass TorchPlan, or make the task without privacy"
        )
    return plan


def code_hash(ref: str) -> bytes:
    """SHA-256 of the source file that a plan is defined in, line ends normalised; nothing of it is executed.

    It covers that one file. What the file imports is part of the installed environment.

    Args:
        ref: "package.module:Class" or "path/to/plan.py:Class".

    Raises:
        ConfigurationError: there is no such file or module.
    """
    return _digest(_source(_split(ref)[0]).read_bytes())


def load_plan(ref: str, hyperparameters: Mapping[str, Any], approved_hash: bytes | None = None) -> TrainingPlan:
    """Load a plan's class and build it. This executes the plan's code: check its hash before.

    Args:
        approved_hash: refuse to execute a source whose hash differs from it.

    Raises:
        PlanNotApproved: the source changed since its hash was approved.
        ConfigurationError: no such class, settings it does not take, or methods are missing.
    """
    plan = _built(ref, hyperparameters, approved_hash)
    if not isinstance(plan, TrainingPlan):
        raise ConfigurationError(f"{ref} lacks a method of TrainingPlan; see prefect_federated.learning.plan")
    return plan


def load_counting(ref: str, hyperparameters: Mapping[str, Any], approved_hash: bytes | None = None) -> CountingPlan:
    """Load the plan of a statistics task, as `load_plan` does another.

    Raises:
        PlanNotApproved: the source changed since its hash was approved.
        ConfigurationError: no such class, or it does not count.
    """
    plan = _built(ref, hyperparameters, approved_hash)
    if not isinstance(plan, CountingPlan):
        raise ConfigurationError(
            f"the task asks for statistics, and plan {ref} lacks count or place; name"
            " prefect_federated.learning.counting:Counting as plan.ref"
        )
    return plan


def load_private_counting(
    ref: str, hyperparameters: Mapping[str, Any], approved_hash: bytes | None = None
) -> PrivateCountingPlan:
    """Load the plan of a statistics task with privacy, as `load_plan` does another.

    Raises:
        PlanNotApproved: the source changed since its hash was approved.
        ConfigurationError: no such class, or it does not count for noise.
    """
    plan = _built(ref, hyperparameters, approved_hash)
    if not isinstance(plan, PrivateCountingPlan):
        raise ConfigurationError(
            f"the task asks for statistics with privacy, and plan {ref} lacks tally; name"
            " prefect_federated.learning.private_counting:PrivateCounting as plan.ref"
        )
    return plan


def manifest(plan: TrainingPlan) -> tuple[Tensor, ...]:
    """Names and shapes of the plan's shared tensors, as a task spec lists them."""
    shared = plan.parameters(plan.build_model(0))
    return tuple(Tensor(name=name, shape=values.shape) for name, values in shared.items())


def _built(ref: str, hyperparameters: Mapping[str, Any], approved_hash: bytes | None) -> object:
    place, name = _split(ref)
    source = _source(place).read_bytes()
    if approved_hash is not None and _digest(source) != approved_hash:
        raise PlanNotApproved(
            f"plan {ref} hashes to 0x{_digest(source).hex()}, approved was 0x{approved_hash.hex()};"
            " review the change, then add its hash to the silo's policy"
        )
    plan_class = getattr(_module(place, source), name, None)
    if plan_class is None:
        raise ConfigurationError(f"{place} defines no {name}; name the plan as 'module:Class' or 'file.py:Class'")
    try:
        return plan_class(**hyperparameters)
    except TypeError as error:
        raise ConfigurationError(f"plan {ref} does not take these hyperparameters: {error}") from error


def _split(ref: str) -> tuple[str, str]:
    place, colon, name = ref.rpartition(":")
    if not colon or not place or not name.isidentifier():
        raise ConfigurationError(f"plan reference {ref!r} is not of the form 'module:Class' or 'path/plan.py:Class'")
    return place, name


def _source(place: str) -> Path:
    if place.endswith(".py"):
        path = Path(place)
    else:
        try:
            found = importlib.util.find_spec(place)
        except (ImportError, ValueError) as error:
            raise ConfigurationError(f"plan module {place} cannot be found: {error}") from error
        path = Path(found.origin if found and found.origin and found.has_location else place)
    if not path.is_file():
        raise ConfigurationError(f"plan source {place} cannot be found; install its package or mend the path")
    return path


def _module(place: str, source: bytes) -> ModuleType:
    if not place.endswith(".py"):
        return importlib.import_module(place)
    module = ModuleType(f"federated_plan_{_digest(source).hex()[:16]}")
    module.__file__ = place
    sys.modules[module.__name__] = module  # dataclasses look their module up by name
    exec(compile(source, place, "exec"), module.__dict__)  # the very bytes that were hashed
    return module


def _digest(source: bytes) -> bytes:
    return hashlib.sha256(source.replace(b"\r\n", b"\n").replace(b"\r", b"\n")).digest()
