"""From a query to the draft of a statistics task, and what of such a draft follows from its query.

query.json --draft_of--> task.json --fill_statistics--> plan, tensors, words, weights, masks --> complete, as any task
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect_federated.core.errors import ConfigurationError, SpecError

if TYPE_CHECKING:
    from prefect_federated.adapters.stores.base import ContentStore
    from prefect_federated.core.statistics.query import Query

PLAN = "prefect_federated.learning.counting:Counting"
HOUR_S = 3600
ETHER = 10**18


def read_query(path: Path) -> "Query":
    """Read a query file.

    Raises:
        ConfigurationError: it is no JSON.
        SpecError: it is no query; the message names the field.
    """
    try:
        return query_of(path.read_text(), str(path))
    except (OSError, UnicodeDecodeError) as cause:
        raise ConfigurationError(f"{path} cannot be read: {cause}; write the query there") from cause


def query_of(text: str, where: str) -> "Query":
    """A query from its JSON.

    Raises:
        SpecError: it is none; the message names the field.
    """
    from pydantic import ValidationError

    from prefect_federated.core.statistics.query import Query

    try:
        return Query.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "query"
        raise SpecError(f"{where}, field {place}: {first['msg']}; correct the query") from error


def draft_of(
    query: "Query",
    *,
    name: str,
    purposes: list[str],
    aggregator: str,
    participants: int = 16,
    quorum: int = 3,
    masked: bool = True,
    window_s: int = 12 * HOUR_S,
) -> dict[str, Any]:
    """A draft for `federated task create`, paid by nothing and bonded by little: what differs is edited there.

    Args:
        participants: the most silos that may answer a round; fewer leave more room in a word.
        quorum: the fewest; a masked round needs 3.
    """
    draft: dict[str, Any] = {
        "name": name,
        "description": f"Statistics of {', '.join(query.names)}.",
        "purposes": purposes,
        "use": {"for_profit": False, "commercial": False, "ethics_approval": True},
        "data": query.model_dump(mode="json"),
        "masking": {"name": "masked", "threshold": quorum // 2 + 1} if masked else {"name": "clear"},
        "enforced": {
            "aggregator": aggregator,
            "commit_window": window_s,
            "reveal_window": window_s,
            "aggregate_window": window_s,
            "challenge_window": window_s,
            "reveal_grace": window_s // 24,
            "quorum": quorum,
            "max_participants": participants,
            "max_misses": 0,
            "max_rounds": 1000,
            "bond": str(ETHER // 10),
            "aggregator_bond": str(ETHER),
            "round_reward": "0",
        },
    }
    return draft


def fill_statistics(draft: dict[str, Any], store: "ContentStore") -> None:
    """Fill in what follows from the query of a statistics task: plan, model, update, weights; masked unless it says.

    Raises:
        SpecError: the query is none, or the task does not say how many silos there may be.
    """
    from prefect_federated.core.spec_parts import Tensor
    from prefect_federated.core.statistics.agreed import terms_of
    from prefect_federated.learning.plan import code_hash

    query, enforced = query_of(json.dumps(draft["data"]), "the task's data"), draft["enforced"]
    participants, quorum = (enforced.get(field) for field in ("max_participants", "quorum"))
    for field, value in (("max_participants", participants), ("quorum", quorum)):
        if not isinstance(value, int) or value < 1:
            raise SpecError(f"the task's field enforced.{field} is {value!r}; say how many silos there are to be")
    masking = draft.setdefault("masking", {"name": "masked", "threshold": max(2, quorum // 2 + 1)})
    terms = terms_of(query, participants, masking.get("name") == "masked")
    plan, model = draft.setdefault("plan", {}), draft["model"]
    plan.setdefault("ref", PLAN)
    plan.setdefault("code_hash", "0x" + code_hash(plan["ref"]).hex())
    model.setdefault("frac_bits", 0)
    model.setdefault("tensors", [one.model_dump(mode="json") for one in terms.tensors])
    draft.setdefault("update", {"clip_norm": terms.clip_norm, "limit": terms.limit})
    enforced.setdefault("max_weight", 1)
    if "genesis_uri" not in model:
        size = sum(Tensor.model_validate(one).size for one in model["tensors"])
        _store_zeros(draft, size, store)


def _store_zeros(draft: dict[str, Any], size: int, store: "ContentStore") -> None:
    """Version 0 of a task that counts: nothing."""
    import numpy as np

    from prefect_federated.adapters.payloads import store_model
    from prefect_federated.core.merkle import CHUNK_BYTES
    from prefect_federated.core.payload import plain_header

    chunk_bytes = int(draft["enforced"].get("chunk_bytes", CHUNK_BYTES))
    header = plain_header("model", size, int(draft["model"]["frac_bits"]), chunk_bytes)
    uri, root = store_model(store, header, np.zeros(size, np.int32))
    draft["model"]["genesis_uri"], draft["enforced"]["genesis_root"] = uri, "0x" + root.hex()
