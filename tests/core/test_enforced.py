"""Enforced parameters: what Python hashes is what the contract hashes, and nothing is rounded on the way."""

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any

import eth_abi
import pytest
from eth_utils.crypto import keccak
from pydantic import ValidationError

from prefect_federated.core.enforced import (
    NOBODY,
    REWEIGHTED,
    RULES,
    TASK_TYPEHASH,
    Enforced,
    task_id,
)
from prefect_federated.core.spec import TaskSpec
from tests.core.conftest import MASKED

Bent = Callable[[dict[str, Any]], TaskSpec]

MIXED = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
SPONSOR = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"


@pytest.fixture(scope="module")
def params_abi() -> list[dict[str, str]]:
    """Components of `TaskParams` as the compiled contract names them."""
    abi = json.loads(files("prefect_federated.contracts").joinpath("abi/Coordinator.json").read_text())["abi"]
    (create,) = (entry for entry in abi if entry.get("name") == "createTask")
    return list(create["inputs"][0]["components"])


def snake(name: str) -> str:
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name)


def test_fields_are_the_contracts_in_its_order(params_abi: list[dict[str, str]]) -> None:
    assert [snake(part["name"]) for part in params_abi] == ["spec_hash", *Enforced.model_fields]


def test_task_id_equals_an_independent_encoding_by_the_contracts_abi(
    task: TaskSpec, params_abi: list[dict[str, str]]
) -> None:
    struct = "(" + ",".join(part["type"] for part in params_abi) + ")"
    encoded = eth_abi.encode([struct], [task.enforced.to_params(task.spec_hash)])
    expected = keccak(
        eth_abi.encode(
            ["bytes32", "uint256", "address", "address", "bytes32"],
            [TASK_TYPEHASH, 31337, MIXED, SPONSOR, keccak(encoded)],
        )
    )
    assert task_id(task.spec_hash, task.enforced, 31337, MIXED, SPONSOR) == expected


def test_every_allowed_value_fits_the_contracts_type(params_abi: list[dict[str, str]]) -> None:
    for part in params_abi[1:]:
        if part["type"].startswith("uint"):
            field = Enforced.model_fields[snake(part["name"])]
            highest = min(h for m in field.metadata if (h := getattr(m, "le", getattr(m, "lt", None))) is not None)
            assert highest <= 2 ** int(part["type"].removeprefix("uint")), part["name"]


@pytest.mark.parametrize(
    "amount", [0.5, 1.0, 1e18, True, None, [], "0.5", "1e18", "-1", "", " 1", "1_000", "٣", -1, 2**128]
)
@pytest.mark.parametrize("field", ["bond", "round_reward"])
def test_amount_that_is_no_whole_number_of_wei_is_refused(field: str, amount: object, bent: Bent) -> None:
    with pytest.raises(ValidationError, match=field):
        bent({f"enforced.{field}": amount})


def test_amounts_beyond_double_precision_survive_the_spec(bent: Bent) -> None:
    spec = bent({"enforced.bond": 2**127 + 1})
    assert spec.enforced.bond == 2**127 + 1
    assert TaskSpec.model_validate_json(spec.canonical()) == spec


def test_address_in_any_case_is_the_same_task(bent: Bent) -> None:
    lower, upper = bent({"enforced.aggregator": MIXED.lower()}), bent({"enforced.aggregator": MIXED})
    assert lower.spec_hash == upper.spec_hash
    assert lower.enforced.aggregator == MIXED


@pytest.mark.parametrize(
    "account",
    [
        "",
        "0x",
        "0x12",
        "alice.eth",
        MIXED + "00",
        MIXED[:-1] + "z",
        "0x70997970c51812dc3A010C7d01b50e0d17dc79C8",
        5,
    ],
)
def test_mistyped_account_is_refused(account: object, bent: Bent) -> None:
    with pytest.raises(ValidationError, match="aggregator"):
        bent({"enforced.aggregator": account})


BUFFERED = {
    "schedule": {"name": "fedbuff", "buffer": 4},
    "enforced.buffer": 4,
    "enforced.modes": 1,
    "enforced.max_misses": 0,
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"enforced.quorum": 9}, "quorum 9 exceeds max_participants 8"),
        ({"enforced.quorum": 0}, "quorum"),
        ({"enforced.max_participants": 10_001}, "max_participants"),
        ({"enforced.aggregator": NOBODY}, "must be an account"),
        ({"enforced.standby": MIXED, "enforced.aggregator": MIXED}, "another than the standby"),
        ({"enforced.commit_window": 0}, "commit_window"),
        ({"enforced.reveal_window": -1}, "reveal_window"),
        ({"enforced.aggregate_window": 0}, "aggregate_window"),
        ({"enforced.challenge_window": 0}, "challenge_window"),
        ({"enforced.reveal_grace": 2**32}, "reveal_grace"),
        ({"enforced.max_weight": 0}, "max_weight"),
        ({"enforced.max_weight": 2**32}, "max_weight"),
        ({"enforced.chunk_bytes": 1000}, "chunk_bytes"),
        ({"enforced.chunk_bytes": 2**20}, "chunk_bytes"),
        ({"enforced.genesis_root": "0x0b"}, "genesis_root"),
        ({"enforced.genesis_root": "nothing"}, "genesis_root"),
        ({"enforced.mode": 2}, "mode"),
        ({"enforced.modes": 6}, "direct stays open to all"),
        ({"enforced.modes": 8}, "modes"),
        ({"enforced.modes": 5, "enforced.reveal_grace": 0}, "reveal_grace is 0"),
        ({"enforced.modes": 5, "enforced.reveal_grace": 9, "enforced.aggregator_bond": "0"}, "aggregator_bond is 0"),
        ({"enforced.rule": 8}, "rule"),
        ({**BUFFERED, "enforced.buffer": 1}, "buffer 1 is not between quorum 2 and max_participants 8"),
        ({**BUFFERED, "enforced.buffer": 9}, "buffer 9 is not between quorum 2 and max_participants 8"),
        ({**BUFFERED, "enforced.modes": 3}, "buffer 4 with modes 3 and max_misses 0"),
        ({**BUFFERED, "enforced.max_misses": 1}, "buffer 4 with modes 1 and max_misses 1"),
        ({**BUFFERED, "enforced.max_staleness": 17}, "max_staleness"),
        ({"enforced.max_staleness": 1}, "max_staleness 1 with buffer 0"),
        ({**MASKED, "enforced.share_window": 0}, "share_window is 0 in mode masked"),
        ({**MASKED, "enforced.unmask_window": 0}, "unmask_window is 0 in mode masked"),
        ({"enforced.share_window": 60}, "share_window is 60 in mode clear"),
        ({**MASKED, "enforced.finality_gap": 60}, "share_window 60 is not above finality_gap 60"),
        ({"enforced.threshold": 2}, "threshold is 2 in mode clear"),
        ({**MASKED, "enforced.threshold": 4}, "threshold 4 is not between 2 and the quorum, 3"),
        ({**MASKED, "enforced.quorum": 2}, "quorum 2; give a quorum of 3 or more"),
        ({**MASKED, "enforced.threshold": 1}, "threshold 1 is not between 2"),
        ({**MASKED, "enforced.rule": 1}, "rule 1, norm_bound 0.*nobody sees a single update"),
        ({**MASKED, "enforced.norm_bound": 7}, "norm_bound 7"),
        ({"enforced.group": 3}, "group is 3 in mode clear"),
        ({**MASKED, "enforced.group": 2}, "group 2 is not between 3 and the quorum, 3"),
        ({**MASKED, "enforced.group": 4}, "group 4 is not between 3 and the quorum, 3"),
        ({**MASKED, "enforced.group": 3, "enforced.rule": 3}, "rule 3, .*may be one of mean, median, trimmed_mean"),
        ({**MASKED, "enforced.group": 3, "enforced.rule": 1, "enforced.norm_bound": 7}, "norm_bound 7"),
        ({**MASKED, "enforced.disclosure": 1}, "disclosure 1"),
        ({**MASKED, "enforced.modes": 5, "enforced.reveal_grace": 9}, "modes 5"),
        ({**MASKED, "enforced.modes": 7, "enforced.reveal_grace": 9}, "1 .direct. or 3 .relayed too."),
        ({"enforced.rule": 5}, "geometric_median with reward_by 0.*pay equally"),
        ({"enforced.surprise": 1}, "surprise"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_parameters_that_the_contract_would_refuse_are_refused_by_name(
    changes: dict[str, Any], words: str, bent: Bent
) -> None:
    with pytest.raises(ValidationError, match=words):
        bent(changes)


def test_there_is_a_name_for_every_rule() -> None:
    assert len(RULES) == 8
    assert RULES[REWEIGHTED] == "geometric_median"


@pytest.mark.parametrize("field", Enforced.model_fields)
def test_task_id_changes_with_every_parameter(field: str, task: TaskSpec) -> None:
    value = getattr(task.enforced, field)
    other = value + 1 if isinstance(value, int) else SPONSOR if isinstance(value, str) else bytes(32)
    changed = task.enforced.model_copy(update={field: other})
    assert task_id(task.spec_hash, changed, 1, MIXED, SPONSOR) != task_id(
        task.spec_hash, task.enforced, 1, MIXED, SPONSOR
    )


def test_task_id_changes_with_spec_chain_contract_and_sponsor(task: TaskSpec) -> None:
    ids = {
        task_id(task.spec_hash, task.enforced, 1, MIXED, SPONSOR),
        task_id(bytes(32), task.enforced, 1, MIXED, SPONSOR),
        task_id(task.spec_hash, task.enforced, 2, MIXED, SPONSOR),
        task_id(task.spec_hash, task.enforced, 1, SPONSOR, SPONSOR),
        task_id(task.spec_hash, task.enforced, 1, MIXED, MIXED),
    }
    assert len(ids) == 5
