"""A small valid task, and ways to bend it."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.duo import use_bits
from prefect_federated.core.merkle import leaf_hash
from prefect_federated.core.payload import header_chunk, plain_header
from prefect_federated.core.spec import TaskSpec

COORDINATOR = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
ALICE = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
MALLORY = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"

Values = dict[str, Any]


def small_task() -> Values:
    """A task as a sponsor writes it down: plain JSON values."""
    return {
        "name": "breast-cancer",
        "purposes": ["GRU", "DS"],
        "data": {
            "columns": [
                {"name": "radius", "minimum": 0, "maximum": 40},
                {"name": "texture", "minimum": 0, "maximum": 60},
            ],
            "target": "malignant",
            "target_values": [0, 1],
        },
        "model": {
            "tensors": [{"name": "weight", "shape": [1, 2]}, {"name": "bias", "shape": [1]}],
            "genesis_uri": "cas://sha256/" + "0" * 64,
        },
        "plan": {"ref": "plans:Linear", "code_hash": "0x" + "0a" * 32, "hyperparameters": {"rate": 0.1}},
        "update": {"clip_norm": 1.0, "limit": 2**20},
        "enforced": {
            "genesis_root": "0x" + "0b" * 32,
            "purposes": use_bits(["GRU", "DS"]),
            "commit_window": 60,
            "reveal_window": 60,
            "aggregate_window": 60,
            "challenge_window": 60,
            "quorum": 2,
            "max_participants": 8,
            "max_misses": 3,
            "max_weight": 1000,
            "max_rounds": 5,
            "bond": "1000000000000000000",
            "aggregator_bond": "5000000000000000000",
            "round_reward": "40000000000000000",
            "aggregator": ALICE,
            "chunks": 2,
            "limit": 2**20,
            "aggregate_header": "0x" + leaf_hash(header_chunk(plain_header("aggregate", 3, 16))).hex(),
        },
    }


MASKED: Values = {
    "masking": {"name": "masked", "threshold": 2},
    "update.limit": 2**17,
    "enforced.limit": 2**17,
    "enforced.mode": 1,
    "enforced.modes": 1,
    "enforced.quorum": 3,
    "enforced.threshold": 2,
    "enforced.share_window": 60,
    "enforced.unmask_window": 60,
}


GROUPED: Values = {
    **MASKED,
    "masking": {"name": "masked", "threshold": 3, "group": 5},
    "enforced.threshold": 3,
    "enforced.group": 5,
    "enforced.quorum": 15,
    "enforced.max_participants": 100,
    "enforced.max_weight": 100,
    "rule": {"name": "trimmed_mean", "trim": 1},
    "enforced.rule": 2,
    "enforced.trim": 1,
}


def bend(values: Values, changes: Values) -> TaskSpec:
    """The task with fields set by dotted path: bend(values, {"enforced.quorum": 3})."""
    for path, value in changes.items():
        *folders, leaf = path.split(".")
        place = values
        for folder in folders:
            place = place.setdefault(folder, {})
        place[leaf] = value
    if values.get("privacy") is not None:  # its words and its numbers go together
        values["enforced"] = {"privacy_floor": 1, **values["enforced"], "modes": 1}
    return TaskSpec.model_validate(values)


@pytest.fixture
def values() -> Values:
    """The small task, for one test to change."""
    return small_task()


@pytest.fixture
def bent(values: Values) -> Callable[[Values], TaskSpec]:
    """The small task bent: bent({"enforced.quorum": 3})."""
    return partial(bend, values)


@pytest.fixture
def task(values: Values) -> TaskSpec:
    """The task as it stands."""
    return TaskSpec.model_validate(values)


@pytest.fixture
def context() -> RoundContext:
    """Alice's place in round 3 of task 1."""
    return RoundContext(31337, COORDINATOR, 1, 3, b"\x07" * 32, ALICE)
