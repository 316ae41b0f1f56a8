"""From a query to the draft of a statistics task, and what of such a draft follows from its query.

query.json --draft_of--> task.json --fill_statistics--> plan, tensors, words, weights, masks --> complete, as any task
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect_federated.cli.faults import fault_of
from prefect_federated.core.errors import ConfigurationError, SpecError

if TYPE_CHECKING:
    from prefect_federated.adapters.stores.base import ContentStore
    from prefect_federated.core.statistics.privacy import StatisticsPrivacy
    from prefect_federated.core.statistics.query import Query

PLAN = "prefect_federated.learning.counting:Counting"
PRIVATE_PLAN = "prefect_federated.learning.private_counting:PrivateCounting"
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
        raise SpecError(f"{where}, field {fault_of(error, 'query')}; correct the query") from error


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
    privacy: "StatisticsPrivacy | None" = None,
) -> dict[str, Any]:
    """A draft for `federated task create`, paid by nothing and bonded by little: what differs is edited there.

    Args:
        participants: the most silos that may answer a round; fewer leave more room in a word.
        quorum: the fewest; a masked round needs 3.
        privacy: noise that hides each row; none if None.
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
    return draft | ({} if privacy is None else {"privacy": privacy.model_dump(mode="json")})


def fill_statistics(draft: dict[str, Any], store: "ContentStore") -> None:
    """Fill in what follows from the query of a statistics task: plan, model, update, weights; masked unless it says.

    Under noise also what a commit counts at least.

    Raises:
        SpecError: query or noise is none, or the task does not say how many silos there may be.
    """
    from prefect_federated.core.enforced import DIRECT
    from prefect_federated.core.silo_noise import row_cost
    from prefect_federated.core.spec_parts import Tensor
    from prefect_federated.core.statistics.agreed import terms_of
    from prefect_federated.learning.plan import code_hash

    query, enforced = query_of(json.dumps(draft["data"]), "the task's data"), draft["enforced"]
    participants, quorum = (enforced.get(field) for field in ("max_participants", "quorum"))
    for field, value in (("max_participants", participants), ("quorum", quorum)):
        if not isinstance(value, int) or value < 1:
            raise SpecError(f"the task's field enforced.{field} is {value!r}; say how many silos there are to be")
    masking = draft.setdefault("masking", {"name": "masked", "threshold": max(2, quorum // 2 + 1)})
    privacy = _privacy_of(draft.get("privacy"))
    if privacy is not None:
        enforced.setdefault("privacy_floor", str(row_cost(privacy.noise_multiplier)))
        enforced.setdefault("modes", DIRECT)
    terms = terms_of(query, participants, masking.get("name") == "masked", privacy)
    plan, model = draft.setdefault("plan", {}), draft["model"]
    plan.setdefault("ref", PLAN if privacy is None else PRIVATE_PLAN)
    plan.setdefault("code_hash", "0x" + code_hash(plan["ref"]).hex())
    model.setdefault("frac_bits", 0)
    model.setdefault("tensors", [one.model_dump(mode="json") for one in terms.tensors])
    draft.setdefault("update", {"clip_norm": terms.clip_norm, "limit": terms.limit})
    enforced.setdefault("max_weight", 1)
    if "genesis_uri" not in model:
        size = sum(Tensor.model_validate(one).size for one in model["tensors"])
        _store_zeros(draft, size, store)


def _privacy_of(section: Any) -> "StatisticsPrivacy | None":
    """The noise of a draft; that of another kind is left to the spec's own checks."""
    from pydantic import ValidationError

    from prefect_federated.core.statistics.privacy import StatisticsPrivacy

    if not isinstance(section, dict) or section.get("kind") != "statistics":
        return None
    try:
        return StatisticsPrivacy.model_validate(section)
    except ValidationError as error:
        fault = fault_of(error, "privacy", "privacy")
        raise SpecError(f"the task's field {fault}; correct it in the task file") from error


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
