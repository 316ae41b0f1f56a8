"""Terms that join the gradients of a torch module, after the loss's backward pass and before the optimizer's step.

gradient of the loss --+ mu (w - w_base) + drift--> gradient that the plan's optimizer takes
"""

from typing import TYPE_CHECKING

from prefect_federated.learning.offers import Terms

if TYPE_CHECKING:
    import torch
    from torch import nn


class GradientTerms:
    """The terms of one local training: it remembers the parameters that the model starts with.

    Assumes that the round's base model was loaded before. Without terms nothing is kept and nothing changes.
    """

    def __init__(self, model: "nn.Module", terms: Terms) -> None:
        """Keep a copy of the trained parameters where a proximal term needs it, and the drift as tensors."""
        import torch

        trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad] if terms.any else []
        self._mu = terms.mu
        self._pairs = [(p, p.detach().clone()) for _, p in trained] if terms.mu else []
        self._drift = [
            (p, torch.tensor(terms.drift[name], device=p.device)) for name, p in trained if name in terms.drift
        ]

    def join(self) -> None:
        """Add the terms to the gradients; also to those that no row of the batch touched."""
        for p, base in self._pairs:
            _add(p, self._mu * (p.detach() - base))
        for p, drift in self._drift:
            _add(p, drift)


def _add(p: "nn.Parameter", term: "torch.Tensor") -> None:
    if p.grad is None:
        p.grad = term.clone()
    else:
        p.grad.add_(term)
