"""From a draft of a task to its spec: the plan names its tensors and its code, the store takes the first model.

draft JSON --fill what follows from the rest--> TaskSpec --checks--> ready to be created
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect_federated.cli.faults import fault_of
from prefect_federated.cli.stats_draft import fill_statistics
from prefect_federated.core.errors import ConfigurationError, SpecError
from prefect_federated.core.merkle import CHUNK_BYTES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from prefect_federated.adapters.stores.base import ContentStore
    from prefect_federated.core.spec import LocalSpec, TaskSpec, Tensor

Draft = dict[str, Any]


def read_draft(path: Path) -> Draft:
    """Read a draft file.

    Raises:
        ConfigurationError: it is no JSON object.
    """
    try:
        draft = json.loads(path.read_text())
    except (OSError, ValueError) as cause:
        raise ConfigurationError(f"{path} is no JSON file: {cause}; write the task's spec there") from cause
    if not isinstance(draft, dict):
        raise ConfigurationError(f"{path} holds a {type(draft).__name__}, not an object; write the task's spec there")
    return draft


def complete(
    draft: Draft, store: "ContentStore", genesis: Path | None = None, mend: str = "correct it in the task file"
) -> "TaskSpec":
    """The spec that a draft stands for; what it leaves out and the rest determines is filled in.

    Filled in: the plan's code hash, the model's tensors, version 0 of the model, which is the plan's own first model
    unless `genesis` names a safetensors file, and what the enforced parameters say of all that in numbers,
    the privacy floor of a task with differential privacy among them; and of a committee that opens updates, how many of
    it it takes: more than half. Of a statistics task all but its query, its participants and its windows may be left
    out.

    Args:
        mend: what to do about a field that is missing or wrong.

    Raises:
        SpecError: a field is missing or wrong; the message names it.
        ContentMismatch: the store's version 0 has another root than the draft says.
    """
    from pydantic import ValidationError

    from prefect_federated.core.spec import TaskSpec

    filled: Draft = json.loads(json.dumps(draft))  # a copy that nobody else holds
    filled.setdefault("enforced", {})
    filled.setdefault("model", {})
    if _counts(filled):
        fill_statistics(filled, store)
    elif "genesis_uri" not in filled["model"]:
        _fill_model(filled, store, genesis)
    _fill_threshold(filled)
    _fill_numbers(filled)
    _fill_floor(filled)
    try:
        spec = TaskSpec.model_validate_json(json.dumps(filled))
    except ValidationError as error:
        raise SpecError(f"the task's field {fault_of(error, 'spec')}; {mend}") from error
    _require_genesis(spec, store)
    return spec


def _counts(draft: Draft) -> bool:
    """Whether it is of a statistics task."""
    data = draft.get("data")
    return isinstance(data, dict) and data.get("kind") == "statistics"


def _fill_numbers(draft: Draft) -> None:
    """Enforced parameters that say in the contract's way what the draft says in words; after the model is known.

    What is malformed is left to the spec's own checks, which name the field.
    """
    from pydantic import TypeAdapter, ValidationError

    from prefect_federated.core.agreement import in_numbers
    from prefect_federated.core.data_use import UseSpec
    from prefect_federated.core.enforced import DIRECT
    from prefect_federated.core.mask_spec import MaskSpec
    from prefect_federated.core.rule_spec import RuleSpec
    from prefect_federated.core.schedule_spec import ScheduleSpec
    from prefect_federated.core.server_spec import ServerSpec
    from prefect_federated.core.spec_parts import ModelSpec, RewardSpec, UpdateSpec

    enforced = draft.setdefault("enforced", {})
    try:
        numbers = in_numbers(
            draft.get("purposes", ()),
            RuleSpec.model_validate(draft.get("rule", {})),
            UpdateSpec.model_validate(draft.get("update", {})),
            ModelSpec.model_validate_json(json.dumps(draft["model"])),
            int(enforced.get("chunk_bytes", CHUNK_BYTES)),
            RewardSpec.model_validate(draft.get("rewards", {})),
            UseSpec.model_validate_json(json.dumps(draft.get("use", {}))),
            TypeAdapter(ServerSpec).validate_python(draft.get("server", {"name": "fedavg"})),
            TypeAdapter(ScheduleSpec).validate_python(draft.get("schedule", {"name": "synchronous"})),
            TypeAdapter(MaskSpec).validate_python(draft.get("masking", {"name": "clear"})),
        )
    except (ValidationError, ValueError, TypeError):
        return
    if numbers["buffer"] or numbers["mode"]:
        enforced.setdefault("modes", DIRECT)  # no other way to commit goes with a buffer, or with masks
    if numbers["mode"]:  # its two phases more take as long as those beside them; shares wait for the chain to be final
        waits = [enforced.get(field, 0) for field in ("commit_window", "finality_gap")]
        enforced.setdefault("share_window", sum(wait for wait in waits if isinstance(wait, int)))
        enforced.setdefault("unmask_window", enforced.get("reveal_window", 0))
    for field, value in numbers.items():
        enforced.setdefault(field, "0x" + value.hex() if isinstance(value, bytes) else value)


def _fill_threshold(draft: Draft) -> None:
    """How many members open an update, where the committee does and the draft does not say."""
    from prefect_federated.core.opening_spec import usual_threshold

    opening, seats = draft.get("opening"), draft["enforced"].get("committee", 0)
    if isinstance(opening, dict) and opening.get("name") == "committee" and isinstance(seats, int):
        opening.setdefault("threshold", usual_threshold(seats))


def _fill_floor(draft: Draft) -> None:
    """What a commit of a task with differential privacy counts at least, and the only way to commit to it."""
    from pydantic import TypeAdapter, ValidationError

    from prefect_federated.core.enforced import DIRECT
    from prefect_federated.core.spec import Privacy
    from prefect_federated.learning.accountant import floor_of
    from prefect_federated.learning.plan import load_plan

    enforced, plan_part = draft["enforced"], draft.get("plan") or {}
    if not draft.get("privacy") or "max_weight" not in enforced or "ref" not in plan_part or _counts(draft):
        return
    try:
        privacy: Privacy = TypeAdapter(Privacy).validate_python(draft["privacy"])
    except ValidationError:
        return
    plan = load_plan(plan_part["ref"], plan_part.get("hyperparameters", {}))
    enforced.setdefault("privacy_floor", str(floor_of(plan, privacy, int(enforced["max_weight"]))))
    enforced.setdefault("modes", DIRECT)


def _fill_model(draft: Draft, store: "ContentStore", genesis: Path | None) -> None:
    from prefect_federated.adapters.payloads import store_model
    from prefect_federated.core.fixed_point import encode
    from prefect_federated.core.payload import plain_header
    from prefect_federated.learning.algorithms.chosen import shared_manifest
    from prefect_federated.learning.local import initial_vector
    from prefect_federated.learning.plan import code_hash, load_plan

    plan_part = draft.get("plan") or {}
    if "ref" not in plan_part:
        raise SpecError("the task's field plan.ref: it names the training plan; add it, e.g. 'my_plan.py:MyPlan'")
    plan_part.setdefault("code_hash", "0x" + code_hash(plan_part["ref"]).hex())
    plan = load_plan(plan_part["ref"], plan_part.get("hyperparameters", {}))
    local = _local_of(draft)
    tensors = shared_manifest(plan, local)
    draft["model"].setdefault("tensors", [tensor.model_dump(mode="json") for tensor in tensors])
    vector = (
        _loaded(genesis, local, tensors)
        if genesis
        else initial_vector(plan, tensors, int(plan_part.get("seed", 0)), local)
    )
    chunk_bytes = int(draft["enforced"].get("chunk_bytes", CHUNK_BYTES))
    header = plain_header("model", vector.size, int(draft["model"].get("frac_bits", 16)), chunk_bytes)
    words, _ = encode(vector, header.parts[0].encoding)
    uri, root = store_model(store, header, words)
    draft["model"]["genesis_uri"], draft["enforced"]["genesis_root"] = uri, "0x" + root.hex()


def _local_of(draft: Draft) -> "LocalSpec":
    from pydantic import TypeAdapter, ValidationError

    from prefect_federated.core.local_spec import LocalSpec

    try:
        found: LocalSpec = TypeAdapter(LocalSpec).validate_json(json.dumps(draft.get("local", {"name": "sgd"})))
    except ValidationError as error:
        fault = fault_of(error, "local", "local")
        raise SpecError(f"the task's field {fault}; correct it in the task file") from error
    return found


def _loaded(genesis: Path, local: "LocalSpec", tensors: "tuple[Tensor, ...]") -> "NDArray[np.float32]":
    """A first model from a file; what the silos' algorithm adds starts at 0."""
    import numpy as np

    from prefect_federated.core.local_spec import model_tensors
    from prefect_federated.learning.tensors import load_safetensors
    from prefect_federated.learning.vector import size_of

    own = load_safetensors(genesis.read_bytes(), model_tensors(local, tensors))
    return np.concatenate((own, np.zeros(size_of(tensors) - own.size, np.float32)))


def _require_genesis(spec: "TaskSpec", store: "ContentStore") -> None:
    from prefect_federated.core.errors import ContentMismatch
    from prefect_federated.core.merkle import chunks_of, root
    from prefect_federated.core.payload import payload_bytes
    from prefect_federated.core.round_spec import header_for

    header = header_for(spec, "model")
    found = root(chunks_of(b"".join(store.get(spec.model.genesis_uri, payload_bytes(header))), header.chunk_bytes))
    if found != spec.enforced.genesis_root:
        raise ContentMismatch(
            f"version 0 at {spec.model.genesis_uri} has root 0x{found.hex()}, the task says"
            f" 0x{spec.enforced.genesis_root.hex()}; store the right model, or leave both out to have it made"
        )
