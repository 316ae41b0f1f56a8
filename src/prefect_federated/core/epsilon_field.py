"""An epsilon as a field of a model: infinite in Python where nothing bounds it, "unbounded" in JSON."""

import math
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from prefect_federated.core.epsilon import UNBOUNDED, epsilon_json


def _read(value: Any) -> Any:
    return math.inf if value == UNBOUNDED else value


Epsilon = Annotated[
    float,
    BeforeValidator(_read),
    Field(ge=0),
    PlainSerializer(epsilon_json, when_used="json"),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"const": UNBOUNDED}]}),
]
"""Of a model's field: a float in Python, infinite where nothing bounds it; in JSON a number or "unbounded"."""
