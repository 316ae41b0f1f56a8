"""The result document: what an aggregator stores must be what it proposed."""

import hashlib
import json
from typing import Any

import pytest
from pydantic import ValidationError

from prefect_federated.core.canonical import canonical
from prefect_federated.core.detection.detect import DetectionReport, NamedUpdate
from prefect_federated.core.errors import ContentMismatch, PayloadError
from prefect_federated.core.merkle import leaf_hash, root_of_leaves
from prefect_federated.core.result import IncludedUpdate, ResultDocument, parse_result

ALICE, BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
DOCUMENT = ResultDocument(
    aggregate_uri="cas://sha256/aa",
    model_uri="cas://sha256/bb",
    included=(
        IncludedUpdate(participant=ALICE, payload_root=b"\x01" * 32, weight=120),
        IncludedUpdate(participant=BOB, payload_root=b"\x02" * 32, weight=80),
    ),
    rewards={ALICE: 2**70, BOB: 7},
    metrics={"accuracy": 0.95, "loss": 1.0},
)


def read(content: bytes) -> ResultDocument:
    return parse_result(content, DOCUMENT.included_root, DOCUMENT.metrics_hash, DOCUMENT.reward_root[0])


def changed(**changes: Any) -> bytes:
    return canonical(json.loads(DOCUMENT.to_bytes()) | changes)


def test_document_reads_back_as_it_was_written() -> None:
    assert read(DOCUMENT.to_bytes()) == DOCUMENT


def test_leaf_is_the_record_that_the_contract_keeps() -> None:
    packed = b"\x00" + bytes.fromhex(ALICE[2:]) + b"\x01" * 32 + (120).to_bytes(4, "big")
    one = IncludedUpdate(participant=ALICE, payload_root=b"\x01" * 32, weight=120)
    assert leaf_hash(one.content) == hashlib.sha256(packed).digest()
    leaves = [leaf_hash(update.content) for update in DOCUMENT.included]
    assert DOCUMENT.included_root == root_of_leaves(leaves)


def test_weight_given_to_an_update_cannot_be_changed_after_the_proposal() -> None:
    included = json.loads(DOCUMENT.to_bytes())["included"]
    included[0]["weight"] = 121
    with pytest.raises(ContentMismatch, match="included updates"):
        read(changed(included=included))


def test_update_cannot_be_dropped_or_moved_after_the_proposal() -> None:
    included = json.loads(DOCUMENT.to_bytes())["included"]
    for other in (included[:1], included[::-1], [*included, included[0]], []):
        with pytest.raises(ContentMismatch, match="included updates"):
            read(changed(included=other))


def test_score_cannot_be_improved_after_the_proposal() -> None:
    with pytest.raises(ContentMismatch, match="metrics"):
        read(changed(metrics={"accuracy": 0.99, "loss": 1.0}))


@pytest.mark.parametrize("rewards", [{ALICE: "1", BOB: "7"}, {ALICE: str(2**70)}, {}], ids=["less", "dropped", "none"])
def test_reward_cannot_be_changed_after_the_proposal(rewards: dict[str, str]) -> None:
    with pytest.raises(ContentMismatch, match="rewards"):
        read(changed(rewards=rewards))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[" * 100_000,
        changed(extra=1),
        changed(format="federated-result/2"),
        changed(rewards={ALICE: None}),
        changed(rewards={ALICE: 0.5}),
        changed(rewards={ALICE: "-1"}),
        changed(rewards={"alice": "1"}),
        changed(included=[{"participant": ALICE, "payload_root": "0x01", "weight": 1}]),
        changed(included=[{"participant": ALICE, "payload_root": "0x" + "01" * 32, "weight": 0}]),
        changed(included=[{"participant": ALICE, "payload_root": "0x" + "01" * 32, "weight": 2**32}]),
        DOCUMENT.to_bytes().replace(b"0.95", b"1e400"),
        DOCUMENT.to_bytes().replace(b"0.95", b"NaN"),
        DOCUMENT.to_bytes().replace(b'"7"', b"1e400"),
    ],
    ids=range(15),
)
def test_malformed_document_is_a_payload_error(content: bytes) -> None:
    with pytest.raises(PayloadError, match="malformed"):
        read(content)


def test_model_whose_loss_is_no_number_cannot_be_proposed() -> None:
    with pytest.raises(ValidationError, match="finite"):
        ResultDocument.model_validate(json.loads(DOCUMENT.to_bytes()) | {"metrics": {"loss": float("nan")}})


def test_report_of_detection_cannot_be_changed_added_or_dropped_after_the_proposal() -> None:
    named = NamedUpdate(
        participant=BOB, test="scaled", measured=9.0, bound=5.0, detail="its norm is 9 medians, above 5"
    )
    reported = DOCUMENT.model_copy(update={"detection": DetectionReport(measures=(), named=(named,))})
    assert reported.metrics_hash != DOCUMENT.metrics_hash
    for proposed, stored in ((reported, DOCUMENT), (DOCUMENT, reported)):
        with pytest.raises(ContentMismatch, match="metrics and detection report"):
            parse_result(stored.to_bytes(), proposed.included_root, proposed.metrics_hash, proposed.reward_root[0])
    content = json.loads(reported.to_bytes())
    content["detection"]["named"][0]["participant"] = ALICE
    with pytest.raises(ContentMismatch, match="metrics and detection report"):
        parse_result(canonical(content), reported.included_root, reported.metrics_hash, reported.reward_root[0])
