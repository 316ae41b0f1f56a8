"""Evidence: what its hash covers."""

import json
from dataclasses import replace

import pytest

from prefect_federated.core.checks import Check
from prefect_federated.core.errors import DataError
from prefect_federated.core.evidence import Evidence
from prefect_federated.core.view import ViewCounts

EVIDENCE = Evidence(
    task=1,
    round=2,
    participant="0x00000000000000000000000000000000000000Aa",
    until_s=9,
    grant_id=b"g" * 32,
    subjects_root=b"r" * 32,
    dataset_root=b"d" * 32,
    view_digest=b"v" * 32,
    suite_hash=b"s" * 32,
    counts=ViewCounts(rows_total=10, rows_without_consent=3, rows=7),
    checks=(Check("expect_enough_rows", None, True, checked=7, unexpected=0, missing=0),),
    salt=b"n" * 32,
)


@pytest.mark.parametrize(
    "changes",
    [
        {"task": 2},
        {"subjects_root": b"x" * 32},
        {"round": 3},
        {"participant": "0x00000000000000000000000000000000000000Ab"},
        {"until_s": 10},
        {"grant_id": b"G" * 32},
        {"dataset_root": b"D" * 32},
        {"view_digest": b"V" * 32},
        {"suite_hash": b"S" * 32},
        {"counts": ViewCounts(10, 4, 6)},
        {"checks": (Check("expect_enough_rows", None, True, checked=7, unexpected=1, missing=0),)},
        {"checks": ()},
        {"salt": b"N" * 32},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_evidence_of_anything_else_has_another_hash(changes: dict) -> None:
    assert replace(EVIDENCE, **changes).hash != EVIDENCE.hash


def test_spelling_of_the_account_does_not_matter() -> None:
    assert replace(EVIDENCE, participant=EVIDENCE.participant.lower()).hash == EVIDENCE.hash


def test_evidence_is_json_that_an_auditor_can_read() -> None:
    told = json.loads(EVIDENCE.canonical())
    assert told["counts"] == {"rows": 7, "rows_total": 10, "rows_without_consent": 3}
    assert told["checks"][0]["expectation"] == "expect_enough_rows"


@pytest.mark.parametrize("field", ["salt", "grant_id", "dataset_root", "view_digest", "suite_hash"])
def test_short_field_is_refused_by_name(field: str) -> None:
    with pytest.raises(DataError, match=f"{field} has 31 bytes, it needs 32"):
        _ = replace(EVIDENCE, **{field: bytes(31)}).hash
