"""SchemaOnce: base of the blocks. Their schema is worked out once: Prefect asks for it a hundred times in one save."""

from copy import deepcopy
from typing import Any

from prefect.blocks.core import Block

_SCHEMAS: dict[tuple[Any, ...], dict[str, Any]] = {}


class SchemaOnce(Block):
    """A block that remembers its JSON schema; not registered itself."""

    @classmethod
    def model_json_schema(cls, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The schema that Prefect draws up, in a copy of the caller's own."""
        asked = (cls, args, tuple(sorted(kwargs.items())))
        if asked not in _SCHEMAS:
            _SCHEMAS[asked] = super().model_json_schema(*args, **kwargs)
        return deepcopy(_SCHEMAS[asked])
