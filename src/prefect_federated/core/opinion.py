"""What a validator makes of a round: the candidate against the base on its own data, and what each update was worth.

metrics of base and candidate --tolerance--> accept or not;  with scores and a salt --> the vote, kept sealed
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from operator import index

from prefect_federated.core.canonical import canonical
from prefect_federated.core.errors import PayloadError, SpecError
from prefect_federated.core.scoring.score_vector import Scores, pack_scores, scores_hash, unpack_scores
from prefect_federated.core.spec_parts import CommitteeSpec
from prefect_federated.core.vote import Vote

UNIT = 10**9  # a metric on chain counts 1e-9
LEAST, MOST = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class Opinion:
    """A vote before it is salted. Metrics in 1e-9 units; one score a participant index."""

    accept: bool
    metric: int
    base_metric: int
    scores: Scores

    def vote(self, salt: bytes) -> Vote:
        """The vote that says so."""
        return Vote(self.accept, self.metric, scores_hash(pack_scores(self.scores)), salt)

    def to_bytes(self) -> bytes:
        """As canonical JSON, to be kept sealed until the vote is shown; metrics as text, they may exceed 2^53."""
        metrics = {"metric": str(self.metric), "base_metric": str(self.base_metric)}
        return canonical({"accept": self.accept, **metrics, "scores": pack_scores(self.scores).hex()})

    @classmethod
    def from_bytes(cls, content: bytes) -> "Opinion":
        """Read what `to_bytes` wrote.

        Raises:
            PayloadError: the bytes are no opinion.
        """
        try:
            raw = json.loads(content)
            scores = unpack_scores(bytes.fromhex(raw["scores"]))
            return cls(bool(index(raw["accept"])), int(raw["metric"]), int(raw["base_metric"]), scores)
        except (ValueError, KeyError, TypeError) as error:
            raise PayloadError(f"stored opinion cannot be read: {error}; restore the validator's store") from error


def weigh(terms: CommitteeSpec, base: Mapping[str, float], candidate: Mapping[str, float]) -> tuple[bool, int, int]:
    """Whether the candidate is good enough, its metric and the base's, both in 1e-9 units.

    higher is better: accept = candidate >= base - tolerance;  lower: candidate <= base + tolerance.
    A candidate without the metric (its model yields no number) is rejected with the worst there is.

    Args:
        terms: which metric, which way, how far it may fall.
        base: metrics of the base model on the validator's set, by name.
        candidate: the same of the candidate.

    Raises:
        SpecError: the plan does not report the metric for the base model either.

    >>> weigh(CommitteeSpec(tolerance=0.01), {"accuracy": 0.9}, {"accuracy": 0.895})
    (True, 895000000, 900000000)
    """
    if terms.metric not in base:
        raise SpecError(
            f"the committee measures {terms.metric}, the training plan reports {', '.join(sorted(base)) or 'nothing'};"
            " name one of these in the task's committee.metric"
        )
    sign = 1 if terms.better == "higher" else -1
    before = in_units(base[terms.metric])
    if terms.metric not in candidate:
        return False, LEAST if sign > 0 else MOST, before
    after = in_units(candidate[terms.metric])
    return sign * (after - before) >= -in_units(terms.tolerance), after, before


def in_units(value: float) -> int:
    """A metric in 1e-9 units, held at the ends of int64.

    >>> in_units(0.5)
    500000000
    """
    return min(max(round(min(max(value * UNIT, LEAST), MOST)), LEAST), MOST)
