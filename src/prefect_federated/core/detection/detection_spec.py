"""Which tests a task runs on its updates, and where each begins to name somebody."""

from typing import Annotated

from pydantic import Field

from prefect_federated.core.spec_parts import Strict

Bound = Annotated[float, Field(gt=0, le=1e6)]
Share = Annotated[float, Field(gt=0, lt=1)]


class DetectionSpec(Strict):
    """Thresholds of the tests; null leaves a test out. A name changes no aggregate; a committee scores it with 0."""

    scaled: Bound | None = Field(default=5.0, description="norm above so many medians of all norms")
    alike: Share | None = Field(default=0.1, description="distance to another below this share of the usual one")
    opposed: Share | None = Field(default=0.25, description="cosine to the sum of the others below minus this")
    astray: Share | None = Field(
        default=0.15, description="cosine to the sum of the others below this share of the median cosine"
    )
    idle: Share | None = Field(
        default=0.35, description="so much closer to the last step of the model than the median update, or no length"
    )
    stale: Bound | None = Field(
        default=0.6, description="holds the last step so many times more than the median update does"
    )
