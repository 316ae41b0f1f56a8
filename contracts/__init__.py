"""The contracts as Python sees them: ABI and creation bytecode, compiled beforehand (`abi/*.json`).

>>> artifact("Coordinator")["contract"]
'Coordinator'
"""

import json
from functools import cache
from importlib import resources
from typing import Any


@cache
def artifact(name: str) -> dict[str, Any]:
    """Return `{"contract", "abi", "bytecode", "deployed_bytes"}` of one contract.

    Args:
        name: The contract's name, e.g. `Coordinator`, `AccessManager`, `ERC1967Proxy`.

    Raises:
        FileNotFoundError: No such artifact ships in the package.
    """
    text = (resources.files(__name__) / "abi" / f"{name}.json").read_text(encoding="utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded
