"""The rule of a task: how updates become one aggregate, which are left out before, and how many it takes."""

from pydantic import Field, model_validator

from prefect_federated.core.aggregation.overflow import INT32_MAX, check_weighted_sum
from prefect_federated.core.aggregation.shares import MOST_SCALE, WHOLE
from prefect_federated.core.enforced import REWEIGHTED, RULES, Address, RuleName
from prefect_federated.core.errors import WeightOverflow
from prefect_federated.core.spec_parts import Strict


class RuleSpec(Strict):
    """How updates become one aggregate, and which are left out before."""

    name: RuleName = "mean"
    norm_bound: int | None = Field(
        default=None, gt=0, lt=2**53, description="leave out updates whose L2 norm in words exceeds it"
    )
    trim: int = Field(default=0, ge=0, description="trimmed_mean: how many to drop at either end")
    byzantine: int = Field(
        default=0,
        ge=0,
        description="f, the attackers tolerated: multi_krum (n >= 2f + 3), bulyan (n >= 4f + 3), geometric_median"
        " (n >= 2f + 1), centred_clip (n >= 10f)",
    )
    keep: int = Field(default=0, ge=0, description="multi_krum: m, how many to keep; 0 keeps n - f")
    radius: int | None = Field(
        default=None, gt=0, lt=2**53, description="centred_clip: L2 norm in words to which longer updates are scaled"
    )
    root: Address | None = Field(
        default=None, description="root_of_trust: the participant whose update the others are compared with"
    )

    @property
    def fewest(self) -> int:
        """Fewest updates the rule works on; else 1.

        2 trim + 1 (trimmed_mean), 2f + 3 (multi_krum), 4f + 3 (bulyan), 2f + 1 (geometric_median), 10f (centred_clip).
        """
        f = self.byzantine
        fewest = {"trimmed_mean": 2 * self.trim + 1, "multi_krum": 2 * f + 3, "bulyan": 4 * f + 3}
        fewest |= {"geometric_median": 2 * f + 1, "centred_clip": max(10 * f, 1)}
        return fewest.get(self.name, 1)

    @property
    def trimmed(self) -> int:
        """How many the rule drops at either end of each coordinate: `trim`, and f under bulyan."""
        return self.byzantine if self.name == "bulyan" else self.trim

    @property
    def reweights(self) -> bool:
        """Whether the included enter under coefficients, and not under the weights they revealed."""
        return RULES.index(self.name) >= REWEIGHTED

    @property
    def most_scale(self) -> int:
        """How many whole shares an update may count, on average, under a rule that reweights."""
        return MOST_SCALE if self.name == "root_of_trust" else 1

    @model_validator(mode="after")
    def _complete(self) -> "RuleSpec":
        for field, rule in (("radius", "centred_clip"), ("root", "root_of_trust")):
            value = getattr(self, field)
            if (value is not None) != (self.name == rule):
                raise ValueError(f"rule {self.name} with {field} {value}: {rule} needs it, no other rule takes it")
        return self


def check_sums(rule: RuleSpec, max_participants: int, max_weight: int, limit: int) -> None:
    """Refuse a task in which a sum, or a word of the aggregate, could leave its integer; called when it is created.

    Args:
        max_weight: largest weight that a participant may reveal; without meaning where the rule reweights.
        limit: largest absolute word of an update.

    Raises:
        WeightOverflow: naming the values and what to lower.
    """
    check_weighted_sum(max_participants, rule.most_scale * WHOLE if rule.reweights else max_weight, limit)
    if rule.reweights and rule.most_scale * limit > INT32_MAX:
        raise WeightOverflow(
            f"rule {rule.name} may scale an update up to {rule.most_scale} times, and limit {limit} times that exceeds"
            f" {INT32_MAX}; lower the limit"
        )
