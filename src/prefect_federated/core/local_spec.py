"""How a silo trains in a round: chosen by name in the task spec, and what it adds to the shared vector.

local: {"name": "scaffold"} --> the plan's tensors --shared_tensors--> what the model section lists, in that order
"""

from collections.abc import Collection, Sequence
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from prefect_federated.core.errors import SpecError
from prefect_federated.core.participant_privacy import ParticipantPrivacy, Privacy
from prefect_federated.core.rule_spec import RuleSpec
from prefect_federated.core.server_spec import FedAvg, ServerSpec
from prefect_federated.core.server_spec import FedNova as NovaServer
from prefect_federated.core.spec_parts import PrivacySpec, Tensor

CONTROL = "control/"  # before a tensor's name: SCAFFOLD's server control variate of that tensor
LOCAL_STEPS = "local_steps"  # FedNova's word behind the model; it stays 0 in every version


class _Local(BaseModel):
    """Frozen, no unknown setting, no infinite number."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    personal: ClassVar[bool] = False  # whether a silo keeps something at home from round to round


class Sgd(_Local):
    """The plan's own training, and nothing else."""

    name: Literal["sgd"] = "sgd"


class FedProx(_Local):
    """Training is held near the base model (`learning.algorithms.fedprox`)."""

    name: Literal["fedprox"] = "fedprox"
    mu: float = Field(ge=0, le=1e6, description="weight of the proximal term; 0 leaves it out")


class Scaffold(_Local):
    """Control variates against the drift of unlike silos (`learning.algorithms.scaffold`)."""

    personal: ClassVar[bool] = True
    name: Literal["scaffold"] = "scaffold"


class FedNova(_Local):
    """Updates per local step, so that who steps often does not count more (`learning.algorithms.fednova`)."""

    name: Literal["fednova"] = "fednova"
    nominal_steps: float = Field(
        default=1.0, gt=0, le=1e6, description="local steps that one unit of the shared word stands for"
    )


class FedBN(_Local):
    """Normalisation layers, or what else is named, stay at home (`learning.algorithms.fedbn`)."""

    personal: ClassVar[bool] = True
    name: Literal["fedbn"] = "fedbn"
    layers: tuple[str, ...] = Field(
        default=(), description="names of the tensors that stay at home, with * and ?; empty: batch normalisation's"
    )


LocalSpec = Annotated[Sgd | FedProx | Scaffold | FedNova | FedBN, Field(discriminator="name")]


def model_tensors(local: LocalSpec, shared: Sequence[Tensor]) -> tuple[Tensor, ...]:
    """Those of the shared tensors that make up the model: the head of the vector, without what the algorithm adds.

    >>> one, steps = Tensor(name="w", shape=(2,)), Tensor(name="local_steps", shape=(1,))
    >>> [tensor.name for tensor in model_tensors(FedNova(), (one, steps))]
    ['w']
    """
    if isinstance(local, FedNova):
        return tuple(tensor for tensor in shared if tensor.name != LOCAL_STEPS)
    if isinstance(local, Scaffold):
        return tuple(tensor for tensor in shared if not tensor.name.startswith(CONTROL))
    return tuple(shared)


def model_size(local: LocalSpec, shared: Sequence[Tensor]) -> int:
    """How many numbers at the head of the shared vector are the model's."""
    return sum(tensor.size for tensor in model_tensors(local, shared))


def shared_tensors(local: LocalSpec, model: Sequence[Tensor], trained: Collection[str]) -> tuple[Tensor, ...]:
    """The model's tensors with what the algorithm adds behind them.

    Args:
        trained: names of the tensors that gradients move.
    """
    if isinstance(local, FedNova):
        return (*model, Tensor(name=LOCAL_STEPS, shape=(1,)))
    if isinstance(local, Scaffold):
        moved = (tensor for tensor in model if tensor.name in trained)
        return (*model, *(Tensor(name=CONTROL + tensor.name, shape=tensor.shape) for tensor in moved))
    return tuple(model)


def check_local(
    local: LocalSpec,
    shared: Sequence[Tensor],
    rule: RuleSpec,
    server: ServerSpec,
    privacy: Privacy | None,
) -> None:
    """Refuse a task in which the silos' algorithm does not work with the rest.

    Raises:
        SpecError: naming both sides.
    """
    if isinstance(privacy, PrivacySpec) and not isinstance(local, Sgd):
        raise SpecError(
            f"local {local.name} in a task with privacy: DP-SGD takes no other term, and what a silo sends or keeps"
            " beside its model is not counted; take local sgd, or make the task without privacy"
        )
    if isinstance(privacy, ParticipantPrivacy) and isinstance(local, Scaffold | FedNova):
        raise SpecError(
            f"local {local.name} in a task with privacy of participants: noise would drown what it shares beside the"
            " model; take local sgd, fedprox or fedbn, or make the task without privacy"
        )
    if isinstance(local, FedNova) != isinstance(server, NovaServer):
        raise SpecError(f"local {local.name} with server {server.name}: fednova works on both sides or on neither")
    if isinstance(local, Scaffold) and not isinstance(server, FedAvg):
        raise SpecError(
            f"local scaffold with server {server.name}: only fedavg moves control variates as the paper does;"
            " take server fedavg"
        )
    if isinstance(local, Scaffold | FedNova) and rule.name != "mean":
        raise SpecError(f"local {local.name} with rule {rule.name}: what it shares beside the model is a mean's part")
    if isinstance(local, FedNova) and rule.norm_bound is not None:
        raise SpecError(
            f"local fednova with norm_bound {rule.norm_bound}: the norm would count the number of steps too;"
            " leave norm_bound out"
        )
    _check_tensors(local, shared)


def _check_tensors(local: LocalSpec, shared: Sequence[Tensor]) -> None:
    """What the algorithm adds stands behind the model, whole and once."""
    own = model_tensors(local, shared)
    shapes, added = {tensor.name: tensor.shape for tensor in own}, shared[len(own) :]
    right = own == tuple(shared[: len(own)]) and bool(own)
    if isinstance(local, FedNova):
        right &= [(tensor.name, tensor.shape) for tensor in added] == [(LOCAL_STEPS, (1,))]
    if isinstance(local, Scaffold):
        matched = [shapes.get(tensor.name.removeprefix(CONTROL)) == tensor.shape for tensor in added]
        right &= bool(matched) and all(matched)
    if not right:
        names = ", ".join(tensor.name for tensor in added) or "nothing"
        raise SpecError(
            f"local {local.name} needs its own tensors behind the model's, the spec has {names} there; leave"
            " model.tensors out, `federated task create` fills them in"
        )
