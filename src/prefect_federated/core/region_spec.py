"""Regions of a task: a second tier, in which a regional aggregator sums the updates of its silos.

regions: [{"name": "north", "aggregator": "0x...", "silos": ["0x...", ...]}, ...] --validated, hashed with the spec
"""

from collections.abc import Sequence

from pydantic import Field

from prefect_federated.core.detection.detection_spec import DetectionSpec
from prefect_federated.core.enforced import Address
from prefect_federated.core.errors import SpecError
from prefect_federated.core.rule_spec import RuleSpec
from prefect_federated.core.spec_parts import Strict


class RegionSpec(Strict):
    """One region: who sums, and whose updates. A participant in no region is read by the aggregator itself."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")
    aggregator: Address = Field(description="the account that reads these silos' updates, and signs for their sum")
    silos: tuple[Address, ...] = Field(min_length=1, description="accounts of the region's participants")


def check_regions(regions: Sequence[RegionSpec], rule: RuleSpec, detection: DetectionSpec | None) -> None:
    """Refuse regions that overlap, or that go with a rule or tests for which a sum is not enough.

    Raises:
        SpecError: naming both sides.
    """
    if not regions:
        return
    if rule.name != "mean":
        raise SpecError(
            f"rule {rule.name} with regions {', '.join(one.name for one in regions)}: only a mean is the sum of its"
            " regions' sums; take mean, or no regions"
        )
    if detection is not None:
        raise SpecError(
            "detection with regions: its tests compare all updates of a round with each other; leave one of them out"
        )
    for what, found in (
        ("name", [one.name for one in regions]),
        ("silo", [silo for one in regions for silo in one.silos]),
    ):
        twice = sorted({one for one in found if found.count(one) > 1})
        if twice:
            raise SpecError(f"{what} {twice[0]} stands in the regions {found.count(twice[0])} times; name it once")
