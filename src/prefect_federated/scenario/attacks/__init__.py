"""Attacks on a round by name, one file each; for tests and simulation."""

from prefect_federated.scenario.attacks.alie import Alie
from prefect_federated.scenario.attacks.backdoor import Backdoor
from prefect_federated.scenario.attacks.copying import Copy
from prefect_federated.scenario.attacks.free_rider import FreeRider
from prefect_federated.scenario.attacks.gaussian import Gaussian
from prefect_federated.scenario.attacks.ipm import InnerProduct
from prefect_federated.scenario.attacks.label_flip import LabelFlip
from prefect_federated.scenario.attacks.min_max import MinMax
from prefect_federated.scenario.attacks.not_a_number import NotANumber
from prefect_federated.scenario.attacks.scaling import Scaling
from prefect_federated.scenario.attacks.scene import Attack, Scene
from prefect_federated.scenario.attacks.sign_flip import SignFlip
from prefect_federated.scenario.attacks.stale_base import StaleBase

__all__ = ["ATTACKS", "Attack", "Scene"]

ATTACKS: dict[str, Attack] = {
    "sign-flip": SignFlip(),
    "scaling": Scaling(),
    "gaussian": Gaussian(),
    "label-flip": LabelFlip(),
    "alie": Alie(),
    "ipm": InnerProduct(),
    "min-max": MinMax(),
    "backdoor": Backdoor(),
    "copy": Copy(),
    "near-copy": Copy(noise=0.01),
    "free-rider": FreeRider(),
    "stale-base": StaleBase(),
    "nan": NotANumber(),
}
