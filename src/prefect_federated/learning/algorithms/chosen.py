"""The algorithm that a task's `local` section names."""

from prefect_federated.core import local_spec
from prefect_federated.core.local_spec import LocalSpec, shared_tensors
from prefect_federated.core.spec import Tensor
from prefect_federated.learning.algorithms.fedbn import FedBN
from prefect_federated.learning.algorithms.fednova import FedNova
from prefect_federated.learning.algorithms.fedprox import FedProx
from prefect_federated.learning.algorithms.plain import Plain
from prefect_federated.learning.algorithms.scaffold import Scaffold
from prefect_federated.learning.offers import require_stepping
from prefect_federated.learning.plan import TrainingPlan, manifest


def algorithm_of(local: LocalSpec) -> Plain:
    """The algorithm with the task's settings.

    >>> algorithm_of(local_spec.FedProx(mu=0.5))
    FedProx(mu=0.5)
    """
    if isinstance(local, local_spec.FedProx):
        return FedProx(local.mu)
    if isinstance(local, local_spec.Scaffold):
        return Scaffold()
    if isinstance(local, local_spec.FedNova):
        return FedNova(local.nominal_steps)
    if isinstance(local, local_spec.FedBN):
        return FedBN(local.layers)
    return Plain()


def shared_manifest(plan: TrainingPlan, local: LocalSpec) -> tuple[Tensor, ...]:
    """Tensors of a task's vector: the plan's without those that stay at home, then what the algorithm adds.

    Raises:
        ConfigurationError: the plan cannot do what the algorithm asks.
    """
    algorithm, model = algorithm_of(local), plan.build_model(0)
    algorithm.require(plan, model)
    kept = algorithm.at_home(plan, model)
    tensors = tuple(tensor for tensor in manifest(plan) if tensor.name not in kept)
    adds = isinstance(local, local_spec.Scaffold)
    return shared_tensors(local, tensors, require_stepping(plan, local.name).trained(model) if adds else ())
