"""Some tensors of a module are shared and trained, by name; the others are frozen as `module()` makes them.

share=("head.*", "*.lora_*") --> shared: trained, in the manifest, sent;   others: the same in every silo, never sent

Source: LoRA, section 4.1 of Hu et al. 2022, https://arxiv.org/abs/2106.09685, is one use of it
"""

import hashlib
from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from prefect_federated.core.errors import ConfigurationError

if TYPE_CHECKING:
    from torch import nn


def is_shared(name: str, share: Sequence[str]) -> bool:
    """Whether a tensor's name matches; without patterns every tensor is shared."""
    return not share or any(fnmatchcase(name, one) for one in share)


def freeze(model: "nn.Module", share: Sequence[str]) -> None:
    """Take the gradients of all parameters whose names do not match.

    Raises:
        ConfigurationError: a pattern matches nothing, no trained tensor is left, or two names of one tensor disagree.
    """
    names = [name for name, value in model.state_dict().items() if value.is_floating_point()]
    if idle := [one for one in share if not any(fnmatchcase(name, one) for name in names)]:
        raise ConfigurationError(
            f"share names {idle[0]!r}, and none of the module's {len(names)} tensors ({', '.join(names[:4])} ...)"
            " matches it; mend the pattern, or leave it out"
        )
    by_name = list(model.named_parameters(remove_duplicate=False))
    first: dict[int, str] = {}
    for name, p in by_name:
        other = first.setdefault(id(p), name)
        if is_shared(name, share) != is_shared(other, share):
            raise ConfigurationError(
                f"{other} and {name} are one tensor, and share ({', '.join(share)}) names one of them; name both, or"
                " neither"
            )
        if not is_shared(name, share):
            p.requires_grad_(False)
    if not any(p.requires_grad for _, p in by_name):
        raise ConfigurationError(
            f"share ({', '.join(share)}) leaves none of {len(first)} parameters to train; name one that has gradients"
        )


def fill_frozen(model: "nn.Module", source: "nn.Module", share: Sequence[str]) -> None:
    """Copy the frozen entries of `source`, so that they do not depend on the seed of `model`."""
    frozen = {name: value for name, value in source.state_dict().items() if not is_shared(name, share)}
    model.load_state_dict(frozen, strict=False)


def frozen_digest(model: "nn.Module", share: Sequence[str]) -> str:
    """SHA-256 of the frozen floating-point entries: name, type, shape and bytes of each, in the module's order."""
    import torch

    digest = hashlib.sha256()
    for name, value in model.state_dict().items():
        if value.is_floating_point() and not is_shared(name, share):
            digest.update(f"{name} {value.dtype} {list(value.shape)}\n".encode())
            digest.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return "0x" + digest.hexdigest()


def require_frozen(model: "nn.Module", share: Sequence[str], expected: str) -> None:
    """Refuse frozen tensors other than the task's.

    Raises:
        ConfigurationError: naming both digests.
    """
    found = frozen_digest(model, share)
    if found != expected.lower():
        raise ConfigurationError(
            f"the frozen tensors hash to {found}, the task says {expected}; get the weights that the task was made"
            " with, or the same initial values"
        )


def hold_statistics(model: "nn.Module", share: Sequence[str]) -> None:
    """Normalisation whose running statistics are frozen uses them in training too, and leaves them as they are."""
    from torch.nn.modules.batchnorm import _NormBase

    for name, layer in model.named_modules():
        inside = f"{name}." if name else ""
        if isinstance(layer, _NormBase) and not is_shared(f"{inside}running_mean", share):
            layer.eval()
