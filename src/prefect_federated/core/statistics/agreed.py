"""The rest of a statistics task follows from its query: what a sponsor may leave out, and a silo holds against it.

query, participants, mode --terms_of--> model, update, weights      task --check_statistics--> the same, or refused
under noise every number is one word (`tally`), else as many as its digits take (`coding`)
"""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prefect_federated.core.errors import SpecError
from prefect_federated.core.spec_parts import Tensor
from prefect_federated.core.statistics.categories import require_told_apart
from prefect_federated.core.statistics.cell_noise import CellNoise
from prefect_federated.core.statistics.coding import Coding
from prefect_federated.core.statistics.layout import Layout
from prefect_federated.core.statistics.privacy import StatisticsPrivacy
from prefect_federated.core.statistics.query import Query
from prefect_federated.core.statistics.tally import tensors_of

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


def terms_of(
    query: Query, participants: int, masked: bool, privacy: StatisticsPrivacy | None = None
) -> StatisticsTerms:
    """Tensors and bounds of a query's vector, for so many participants at most.

    Raises:
        SpecError: the counts of so many do not fit a word.
    """
    if privacy is None:
        coding = Coding(participants, masked)
        tensors, limit = Layout(query).tensors(coding), coding.limit
    else:
        tensors, limit = tensors_of(query), CellNoise.of(query, privacy, participants, masked).limit
    size = sum(tensor.size for tensor in tensors)
    return StatisticsTerms(tensors, limit, float(limit * math.isqrt(4 * size)))


def check_statistics(spec: "TaskSpec") -> None:
    """Refuse a statistics task from which the sums would not come back, or that asks for what only training has.

    Raises:
        SpecError: naming the field, what it says and what it must say.
    """
    privacy = spec.privacy
    if not isinstance(spec.data, Query):
        if isinstance(privacy, StatisticsPrivacy):
            raise SpecError(
                "privacy of kind statistics in a task that trains: it has no gradients to hide; leave kind out and give"
                " max_grad_norm, or max_norm with unit participant"
            )
        return
    if privacy is not None and not isinstance(privacy, StatisticsPrivacy):
        raise SpecError(
            f"privacy of each {privacy.unit} as a training task has it, in a statistics task: there are no gradients to"
            ' clip; write {"kind": "statistics", "noise_multiplier": ...}, which hides each row, or leave privacy out'
        )
    if privacy is not None:
        _check_noise(spec, spec.data, privacy)
    enforced = spec.enforced
    terms = terms_of(spec.data, enforced.max_participants, enforced.masked, privacy)
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


def require_noise_fits(query: Query) -> None:
    """Refuse a query under which something beside the noise would tell of rows.

    Raises:
        SpecError: silos withhold cells by what they counted, or two categories are one.
    """
    if query.cells.at != "pool":
        raise SpecError(
            f"data.cells.at is {query.cells.at!r} in a statistics task with privacy: cells withheld by counts without"
            " noise would tell of rows beside the noise; write 'pool', which leaves cells out by their noisy counts"
        )
    require_told_apart(query)


def _check_noise(spec: "TaskSpec", query: Query, privacy: StatisticsPrivacy) -> None:
    """Every sum that shows has the whole noise, and nothing else is decided by counts without it."""
    require_noise_fits(query)
    group, quorum = spec.enforced.group, spec.enforced.quorum
    if group and privacy.fewest > group:
        raise SpecError(
            f"privacy.fewest is {privacy.fewest}, and the sum of a group of {group} shows: it would have too little"
            " noise; lower it, or raise masking.group"
        )
    if privacy.fewest > quorum:
        raise SpecError(
            f"privacy.fewest is {privacy.fewest}, and a round may end with {quorum} silos, the quorum: then the sum"
            " would have too little noise; lower it, or raise the quorum"
        )


def _short(value: object) -> str:
    if isinstance(value, tuple):
        return f"{len(value)} tensors of {sum(one.size for one in value)} words"
    return repr(value)
