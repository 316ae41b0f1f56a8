"""A Flower plan for the hospitals of the flow tests, as an author writes it: the digest stands in the source."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.learning.flower_plan import FlowerPlan

if TYPE_CHECKING:
    from pandas import DataFrame


class Ward(FlowerPlan):
    """The scenario's hyperparameters are taken; of them the app wants none."""

    app = "ward.client_app:app"
    folder = "flower_apps/message"
    digest = "0x9ad715f2be86733c90f819e9455dc71364a59b75b8e00c6c8242195f81420d74"
    renamed = {"eval_loss": "loss", "eval_acc": "accuracy"}  # noqa: RUF012

    def __init__(self, *, means: list[float], epochs: int, **_: Any) -> None:
        super().__init__(run_config={"local-epochs": 20 * epochs})
        self.features = len(means)

    def initial(self, seed: int) -> Mapping[str, NDArray[Any]]:
        return {"weights": np.zeros(self.features, np.float32), "bias": np.zeros(1, np.float32)}

    def predict(self, model: dict[str, NDArray[Any]], frame: "DataFrame") -> NDArray[Any]:
        x = frame.to_numpy(np.float64)
        return ((x - x.mean(axis=0)) / x.std(axis=0) @ model["weights"] + model["bias"] > 0).astype(np.int64)
