"""How the server steps from the base model along a round's aggregate: chosen by name in the task spec.

server: {"name": "fedadam", "learning_rate": 0.01} --validated, hashed with the spec--> optimizers.server_step
"""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

PLAIN, REEXECUTED = 0, 1  # the contract's `step`: provable word by word; recomputed by whoever looks

Rate = Annotated[float, Field(gt=0, le=1e6, description="server learning rate, on the aggregate in real numbers")]
Decay = Annotated[float, Field(ge=0, lt=1, description="share of the last moment that is kept")]
Floor = Annotated[float, Field(ge=1e-9, le=1e9, description="tau: adaptivity, the less the more; v starts at tau^2")]


class _Server(BaseModel):
    """Frozen, no unknown setting, no infinite number."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    step: ClassVar[int] = REEXECUTED
    moments: ClassVar[tuple[str, ...]] = ()  # names of the state's vectors, float64 [d] each


class FedAvg(_Server):
    """The model is base + aggregate, in integers; no setting, no state."""

    step: ClassVar[int] = PLAIN
    name: Literal["fedavg"] = "fedavg"


class FedAvgM(_Server):
    """Momentum on the server (`optimizers.fedavgm`)."""

    moments: ClassVar[tuple[str, ...]] = ("m",)
    name: Literal["fedavgm"] = "fedavgm"
    learning_rate: Rate = 1.0
    momentum: Decay = 0.9


class _Adaptive(_Server):
    """A rate of its own for each coordinate (`optimizers.fedopt`), without bias correction."""

    moments: ClassVar[tuple[str, ...]] = ("m", "v")
    learning_rate: Rate = 0.1
    beta1: Decay = 0.9
    tau: Floor = 1e-3


class FedAdagrad(_Adaptive):
    """Adagrad on the server."""

    name: Literal["fedadagrad"] = "fedadagrad"
    beta1: Decay = 0.0


class FedAdam(_Adaptive):
    """Adam on the server."""

    name: Literal["fedadam"] = "fedadam"
    beta2: Decay = 0.99


class FedYogi(_Adaptive):
    """Yogi on the server."""

    name: Literal["fedyogi"] = "fedyogi"
    beta2: Decay = 0.99


class FedNova(_Server):
    """Mean number of local steps times the mean update per step (`optimizers.fednova`); goes with local fednova."""

    name: Literal["fednova"] = "fednova"


ServerSpec = Annotated[FedAvg | FedAvgM | FedAdagrad | FedAdam | FedYogi | FedNova, Field(discriminator="name")]
