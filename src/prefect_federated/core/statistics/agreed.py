"""The rest of a statistics task follows from its query: what a sponsor may leave out, and a silo holds against it.

query, participants, mode --terms_of--> model, update, weights      task --check_statistics--> the same, or refused
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prefect_federated.core.errors import SpecError
from prefect_federated.core.spec_parts import Tensor
from prefect_federated.core.statistics.coding import Coding
from prefect_federated.core.statistics.layout import Layout
from prefect_federated.core.statistics.query import Query

if TYPE_CHECKING:
    from prefect_federated.core.spec import TaskSpec


@dataclass(frozen=True, slots=True)
class StatisticsTerms:
    """What a task must say beside its query."""

    tensors: tuple[Tensor, ...]
    limit: int  # of a word
    clip_norm: float  # no vector of counts is longer

    @property
    def size(self) -> int:
        """d: words of a vector."""
        return sum(tensor.size for tensor in self.tensors)


def terms_of(query: Query, participants: int, masked: bool) -> StatisticsTerms:
    """Tensors and bounds of a query's vector, for so many participants at most."""
    coding = Coding(participants, masked)
    tensors = Layout(query).tensors(coding)
    size = sum(tensor.size for tensor in tensors)
    return StatisticsTerms(tensors, coding.limit, float(coding.limit * math.isqrt(4 * size)))


def check_statistics(spec: "TaskSpec") -> None:
    """Refuse a statistics task from which exact sums would not come back, or that asks for what only training has.

    Raises:
        SpecError: naming the field, what it says and what it must say.
    """
    if not isinstance(spec.data, Query):
        return
    if spec.privacy is not None:
        raise SpecError(
            f"privacy of each {spec.privacy.unit} in a statistics task: noise on digits of counts would hide nothing"
            " and spoil all; leave privacy out, small cells are withheld (data.cells)"
        )
    enforced = spec.enforced
    terms = terms_of(spec.data, enforced.max_participants, enforced.masked)
    said = {
        "model.tensors": (spec.model.tensors, terms.tensors),
        "model.frac_bits": (spec.model.frac_bits, 0),
        "update.limit": (spec.update.limit, terms.limit),
        "enforced.max_weight": (enforced.max_weight, 1),
        "rule.name": (spec.rule.name, "mean"),
        "rule.norm_bound": (spec.rule.norm_bound, None),
        "server.name": (spec.server.name, "fedavg"),
        "local.name": (spec.local.name, "sgd"),
        "schedule.name": (spec.schedule.name, "synchronous"),
        "regions": (len(spec.regions), 0),
        "detection": (spec.detection, None),
        "enforced.committee": (enforced.committee, 0),
    }
    for field, (found, needed) in said.items():
        if found != needed:
            raise SpecError(
                f"{field} is {_short(found)} in a statistics task, where its query needs {_short(needed)};"
                " `federated stats draft` writes a task that fits"
            )


def _short(value: object) -> str:
    if isinstance(value, tuple):
        return f"{len(value)} tensors of {sum(one.size for one in value)} words"
    return repr(value)
