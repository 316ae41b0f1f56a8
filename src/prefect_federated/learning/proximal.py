"""FedProx: local training is held near the base model, so that unlike silos do not drift apart.

gradient of the loss --+ mu (w - w_base)--> gradient of  loss(w) + mu/2 |w - w_base|^2  --> the plan's optimizer

Source: Algorithm 2 and equation 2 of Li et al. 2020, https://arxiv.org/abs/1812.06127. The paper lets each silo
solve this inexactly, with as much work as it can do; here all do the epochs that the task says.
"""

from typing import TYPE_CHECKING

from prefect_federated.core.errors import ConfigurationError

if TYPE_CHECKING:
    from torch import nn


class Proximal:
    """The proximal term of one local training: it remembers the parameters that the model starts with.

    Every silo minimises its own loss plus `mu/2 |w - w_base|^2` over all trained parameters. Assumes that w_base is
    the round's base model, which is loaded before training begins. With mu 0 nothing is kept and nothing changes.
    """

    def __init__(self, model: "nn.Module", mu: float) -> None:
        """Keep a copy of the trained parameters."""
        self._mu = mu
        parameters = [p for p in model.parameters() if p.requires_grad] if mu else []
        self._pairs = [(p, p.detach().clone()) for p in parameters]

    def pull(self) -> None:
        """Add `mu (w - w_base)` to the gradients, after the loss's backward pass."""
        for p, base in self._pairs:
            away = p.detach() - base
            if p.grad is None:  # no row of the batch touches it; the term still does
                p.grad = self._mu * away
            else:
                p.grad.add_(away, alpha=self._mu)


def require_no_proximal(mu: float) -> None:
    """Refuse the proximal term in private training, before a task is created and before anything is trained.

    The term itself shows no row; but it is not part of the per-row gradients that DP-SGD clips and adds noise to, and
    the optimizer that takes those has no place for another. Left out in silence it would be another algorithm than
    the task says.

    Raises:
        ConfigurationError: mu is not 0.
    """
    if mu:
        raise ConfigurationError(
            f"proximal={mu:g} in a task with privacy: DP-SGD here takes no proximal term; set proximal to 0, or make"
            " the task without privacy"
        )
