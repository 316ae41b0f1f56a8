"""Consent records: the profile's fields are all there, nothing else is, and the digest hides all of it."""

import json
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import prefect_federated.core as core
from prefect_federated.core.consent import ConsentRecord
from prefect_federated.core.consent_record import CONTEXT, RecordDocument, json_schema, read_document
from prefect_federated.core.consent_template import EXAMPLE, GrantDraft, draft_document
from prefect_federated.core.data_use import Terms
from prefect_federated.core.duo import DUO_NUMBERS, GRANTED
from prefect_federated.core.errors import ConsentError

HOLDER, SILO = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
TERMS = Terms(codes=("DS", "NPU"), diseases=("MONDO:0007254",))
DRAFT = GrantDraft(b"\x0d" * 32, HOLDER, SILO, ("age", "dose"), TERMS, 1_700_000_000, 1_800_000_000)
DOCUMENT = draft_document(EXAMPLE, DRAFT, 1_700_000_000, str(uuid.UUID(int=7)))
SCHEMA = Path(core.__file__).with_name("consent_record.schema.json")

# "Mandatory" in the profile's table, with the relation it names.
MANDATORY = {
    "schema version": "dct:conformsTo",
    "record id": "dct:identifier",
    "pii principal id": "dpv:hasDataSubject",
    "privacy notice": "dpv:hasNotice",
    "language": "dct:language",
    "purpose": "dpv:hasProcess.dpv:hasPurpose",
    "pii information": "dpv:hasProcess.dpv:hasPersonalData",
    "pii controllers": "dpv:hasDataController",
    "storage locations": "dpv:hasProcess.dpv:hasStorageCondition.dpv:hasLocation",
    "retention period": "dpv:hasProcess.dpv:hasStorageCondition.dpv:hasDuration",
    "jurisdiction": "dpv:hasJurisdiction",
    "recipient third parties": "dpv:hasRecipient",
    "withdrawal method": "dpv:hasConsentControl",
}


def bent(path: str, value: Any) -> str:
    """The record with one field set, or left out for None."""
    raw = json.loads(json.dumps(DOCUMENT.to_json()))
    *folders, leaf = path.split(".")
    place = raw
    for folder in folders:
        place = place[folder]
    place.pop(leaf) if value is None else place.update({leaf: value})
    return json.dumps(raw)


def test_record_comes_back_as_it_was_written() -> None:
    assert read_document(json.dumps(DOCUMENT.to_json())) == DOCUMENT
    assert DOCUMENT.columns == ("age", "dose")
    assert DOCUMENT.process.purposes == ("duo:0000007", "duo:0000045")


def test_the_schema_that_ships_is_the_one_that_is_checked() -> None:
    assert json.loads(SCHEMA.read_text()) == json_schema()


@pytest.mark.parametrize("path", MANDATORY.values(), ids=MANDATORY)
def test_record_without_a_mandatory_field_is_refused_by_schema_and_reader(path: str) -> None:
    schema = json.loads(SCHEMA.read_text())
    jsonschema.validate(DOCUMENT.to_json(), schema)
    without = bent(path, None)
    with pytest.raises(ConsentError, match=path.split(".")[-1]):
        read_document(without)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(json.loads(without), schema)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("dct:conformsTo", "https://w3id.org/dpv/schema/dpv-27560#receipt"),
        ("dct:created", "yesterday"),
        ("dpv:hasJurisdiction", []),
        ("dpv:hasLegalBasis", "because"),
        ("dpv:hasProcess.dpv:hasStorageCondition.dpv:hasDuration", "ten years"),
        ("dpv:hasDataController.pf:account", "0x12"),
        ("patient", "Ann"),
    ],
)
def test_malformed_field_is_refused_by_schema_and_reader(path: str, value: Any) -> None:
    with pytest.raises(ConsentError, match="the consent record's field"):
        read_document(bent(path, value))
    if path != "dpv:hasDataController.pf:account":  # checksums are beyond a schema
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(json.loads(bent(path, value)), json.loads(SCHEMA.read_text()))


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("dpv:hasProcess.dpv:hasPurpose", ["duo:0000042"], "purposes are"),
        ("@id", "urn:uuid:" + "0" * 8 + "-0000-0000-0000-000000000000", "one id"),
        ("@context", CONTEXT | {"dpv": "https://elsewhere.example#"}, "context"),
        ("pf:valid", {"pf:from": "2026-01-01T00:00:00Z", "pf:until": "2026-01-01T00:00:00Z"}, "hold from"),
        (
            "dpv:hasProcess.dpv:hasPersonalData",
            [{"dct:identifier": "age"}, {"dct:identifier": "age"}],
            "name one twice",
        ),
    ],
)
def test_record_that_contradicts_itself_is_refused(path: str, value: Any, words: str) -> None:
    with pytest.raises(ConsentError, match=words):
        read_document(bent(path, value))


def test_refusal_quotes_no_value_of_the_record() -> None:
    with pytest.raises(ConsentError) as caught:
        read_document(bent("dpv:hasLegalBasis", "Ann-Louise agreed"))
    assert "Ann-Louise" not in str(caught.value) and caught.value.__context__ is None


def test_digest_hides_the_record_and_changes_with_every_field() -> None:
    record = ConsentRecord(bytes(32), b"\x01" * 32, DOCUMENT.columns, (), DOCUMENT)
    other = RecordDocument.model_validate(DOCUMENT.to_json() | {"dct:language": "de"})
    assert record.digest != replace(record, secret=b"\x02" * 32).digest
    assert record.digest != replace(record, document=other).digest
    assert replace(record, document=None).digest == bytes(32)


def test_every_code_of_a_grant_has_a_number_of_its_own() -> None:
    assert set(DUO_NUMBERS) == set(GRANTED) and len(set(DUO_NUMBERS.values())) == len(GRANTED)
