"""Training plans for Flower: a stock ClientApp takes part as it is; subclass, and say which one.

class Mine(FlowerPlan):
    app, folder, digest = "quickstart.client_app:app", "quickstart", "0x..."
    def initial(self, seed: int) -> Mapping[str, NDArray]: ...
"""

import copy
import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.errors import ConfigurationError, ShapeMismatch
from prefect_federated.learning.flower_app import App, Arrays, Reply, Request, Settings, ask
from prefect_federated.learning.machine import Assignment, Machine
from prefect_federated.learning.plan import TrainingData, TrainResult

if TYPE_CHECKING:
    from pandas import DataFrame


class FlowerPlan(ABC):
    """One message of a ClientApp a round, `train`; and one to judge a model, `evaluate`.

    The app's files are named by digest in the subclass: who approves the plan's source approves them with it. Shared
    are the floating-point arrays; others go to the app as `initial` makes them. Nothing is kept between rounds.
    """

    app: ClassVar[str]  # as in pyproject.toml's [tool.flwr.app.components]
    folder: ClassVar[str]  # where the app lies, beside the plan's file
    digest: ClassVar[str]  # `flower_app.app_digest` of the folder
    data_format: ClassVar[Literal["csv", "npz"]] = "csv"
    renamed: ClassVar[Mapping[str, str]] = {}  # the app's metrics as this project calls them: {"eval_loss": "loss"}

    def __init__(self, *, run_config: Settings | None = None, config: Settings | None = None) -> None:
        """Set what goes to the app: `run_config` over its own defaults, `config` with each message."""
        self.run_config, self.config = dict(run_config or {}), dict(config or {})
        self._round, self._machine = 0, Machine()

    @abstractmethod
    def initial(self, seed: int) -> Mapping[str, NDArray[Any]]:
        """The model's arrays before the first round, by the names that the app gives them; drawn from `seed`."""

    def assigned(self, assignment: Assignment) -> Self:
        """The plan in a round, with the silo's interpreter and limit."""
        there = copy.copy(self)
        there._round, there._machine = assignment.round, assignment.machine
        return there

    def build_model(self, seed: int) -> Arrays:
        """The arrays by name."""
        return {name: np.array(values) for name, values in self.initial(seed).items()}

    def parameters(self, model: Arrays) -> dict[str, NDArray[np.float32]]:
        """Floating-point arrays, float32 copies."""
        return {name: one.astype(np.float32) for name, one in model.items() if np.issubdtype(one.dtype, np.floating)}

    def load(self, model: Arrays, tensors: Mapping[str, NDArray[np.float32]]) -> None:
        """Put them into the model, in its own types.

        Raises:
            ShapeMismatch: names or shapes differ.
        """
        for name, values in tensors.items():
            if name not in model or model[name].shape != values.shape:
                there = model[name].shape if name in model else "none such"
                raise ShapeMismatch(
                    f"array {name!r} has shape {values.shape}, {type(self).__name__} has {there}; mend initial, or"
                    " have the app keep names and shapes"
                )
            model[name] = values.astype(model[name].dtype)

    def train(self, model: Arrays, data: TrainingData, seed: int) -> TrainResult:
        """Have the app train on the view.

        Raises:
            PlanNotApproved: the app's files are not those of the digest.
            ConfigurationError: no Flower where it should be, or no ClientApp.
            TrainingFailed: the app failed, or counts rows that it was not given.
            ShapeMismatch: it answers with other arrays.
        """
        reply = self._ask("train", model, data, seed)
        got = self._named(reply, list(model))
        self.load(model, self.parameters(got))
        return TrainResult(reply.examples, self._metrics(reply))

    def evaluate(self, model: Arrays, data: TrainingData) -> dict[str, float]:
        """Have the app judge the model; override it with the same in numpy where Flower is not at hand.

        Raises:
            ConfigurationError: the app tells no loss.
        """
        metrics = self._metrics(self._ask("evaluate", model, data, 0))
        if "loss" not in metrics:
            raise ConfigurationError(
                f"{self.app} tells {', '.join(sorted(metrics)) or 'nothing'} and no loss; set renamed in the plan, such"
                ' as {"eval_loss": "loss"}'
            )
        return metrics

    def predict(self, model: Arrays, frame: "DataFrame") -> NDArray[Any]:
        """A ClientApp has no word for it: override it with one label a row, and MLflow's package can predict.

        Raises:
            ConfigurationError: not overridden.
        """
        raise ConfigurationError(f"{type(self).__name__} does not say how to predict; override predict in the plan")

    def _ask(self, what: Literal["train", "evaluate"], model: Arrays, data: TrainingData, seed: int) -> Reply:
        request = Request(what, model, data, self.data_format, seed, self._round, self.config, self.run_config)
        return ask(App(self.app, self._place() / self.folder, self.digest), request, self._machine)

    def _place(self) -> Path:
        return Path(str(sys.modules[type(self).__module__].__file__)).parent

    def _named(self, reply: Reply, names: list[str]) -> Arrays:
        """The app's arrays by the model's names: a client_fn knows their order alone."""
        got = list(reply.arrays)
        if got == [str(place) for place in range(len(names))]:
            return dict(zip(names, reply.arrays.values(), strict=True))
        if set(got) != set(names):
            raise ShapeMismatch(
                f"{self.app} answers with arrays {', '.join(got) or 'none'}, the model has {', '.join(names)}; mend"
                " initial, or have the app keep the names"
            )
        return reply.arrays

    def _metrics(self, reply: Reply) -> dict[str, float]:
        return {self.renamed.get(name, name): value for name, value in reply.metrics.items()}
