"""The chain of model versions, against a vector that Solidity computed, and against somebody who changes the log."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from prefect_federated.core.version import NO_PARENT, VersionFields, first_break

VECTORS = Path(__file__).parents[2] / "contracts" / "test" / "vectors.json"
CHAIN, REGISTRY = 31337, "0x" + "a1" * 20


def test_digest_is_the_one_that_the_contract_computes() -> None:
    vector = json.loads(VECTORS.read_text())["version"]
    chain_id, registry = vector.pop("chain_id"), vector.pop("registry")
    expected = bytes.fromhex(vector.pop("version_hash")[2:])
    fields = {k: bytes.fromhex(v[2:]) if isinstance(v, str) else v for k, v in vector.items()}
    assert VersionFields(**fields).digest(chain_id, registry) == expected


def chain_of(length: int) -> list[tuple[VersionFields, bytes]]:
    made: list[tuple[VersionFields, bytes]] = []
    parent = NO_PARENT
    for number in range(length):
        root = bytes([number]) * 32
        fields = VersionFields(1, number, number, min(number, 1), parent, root, root, root, root, 7, 90 + number)
        parent = fields.digest(CHAIN, REGISTRY)
        made.append((fields, parent))
    return made


def test_untouched_chain_has_no_break() -> None:
    made = chain_of(4)
    assert first_break(made, CHAIN, REGISTRY, made[-1][1]) is None


@pytest.mark.parametrize(
    "field",
    ["model_root", "aggregate_root", "state_root", "metrics_hash", "purposes", "usable_until", "round", "kind", "task"],
)
def test_changed_field_is_found_at_its_version(field: str) -> None:
    made = chain_of(4)
    fields, claimed = made[2]
    old = getattr(fields, field)
    made[2] = (replace(fields, **{field: bytes(32) if isinstance(old, bytes) else old + 1}), claimed)
    broken = first_break(made, CHAIN, REGISTRY, made[-1][1])
    assert broken is not None and broken.number == 2 and "hashes to" in broken.problem


def test_version_hashed_anew_breaks_the_link_of_the_next() -> None:
    made = chain_of(4)
    forged = replace(made[1][0], model_root=b"\7" * 32)
    made[1] = (forged, forged.digest(CHAIN, REGISTRY))
    broken = first_break(made, CHAIN, REGISTRY, made[-1][1])
    assert broken is not None and broken.number == 2 and "as its parent" in broken.problem


def test_missing_version_is_found() -> None:
    made = chain_of(4)
    broken = first_break([made[0], *made[2:]], CHAIN, REGISTRY, made[-1][1])
    assert broken is not None and broken.number == 2 and "missing" in broken.problem


def test_log_cut_off_before_the_head_is_found() -> None:
    made = chain_of(4)
    broken = first_break(made[:3], CHAIN, REGISTRY, made[-1][1])
    assert broken is not None and broken.number == 2 and "the head on chain" in broken.problem


def test_same_version_in_another_registry_has_another_hash() -> None:
    fields = chain_of(1)[0][0]
    assert fields.digest(CHAIN, REGISTRY) != fields.digest(CHAIN, "0x" + "b2" * 20)
    assert fields.digest(CHAIN, REGISTRY) != fields.digest(CHAIN + 1, REGISTRY)
