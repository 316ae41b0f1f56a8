"""A silo's own suite is the approved one, to the letter, or none."""

import json

import pytest

from prefect_federated.core.checks import Expected
from prefect_federated.core.errors import ConfigurationError, MissingColumn, PolicyRefused
from prefect_federated.core.own_suite import own_expectations, require_seen, suite_document_hash

DOCUMENT = {"name": "ward", "expectations": [{"type": "expect_x", "kwargs": {"column": "age", "max_value": 120}}]}
TEXT = json.dumps(DOCUMENT).encode()
APPROVED = "0x" + suite_document_hash(TEXT, "ward.json").hex()


def test_approved_suite_is_read_however_it_is_laid_out() -> None:
    laid_out = json.dumps(DOCUMENT, indent=4).replace("\n", "\r\n").encode()
    for text in (TEXT, laid_out):
        assert own_expectations(text, APPROVED.upper().replace("0X", "0x"), "ward.json") == (
            Expected("expect_x", "age", {"max_value": 120}),
        )


@pytest.mark.parametrize(("old", "new"), [(b"120", b"121"), (b"expect_x", b"expect_y"), (b"ward", b"warp")])
def test_one_edited_character_asks_for_a_new_approval(old: bytes, new: bytes) -> None:
    edited = TEXT.replace(old, new)
    found = suite_document_hash(edited, "ward.json").hex()
    with pytest.raises(PolicyRefused, match=f"hashes to 0x{found}, this silo's policy approves {APPROVED}"):
        own_expectations(edited, APPROVED, "ward.json")


def test_suite_without_an_approval_is_refused() -> None:
    with pytest.raises(PolicyRefused, match="policy approves none"):
        own_expectations(TEXT, None, "ward.json")


@pytest.mark.parametrize(
    "document",
    [{}, {"expectations": 1}, {"expectations": [{"type": 1, "kwargs": {}}]}, {"expectations": [{"type": "x"}]}, []],
)
def test_document_of_another_shape_is_refused(document: object) -> None:
    text = json.dumps(document).encode()
    with pytest.raises(ConfigurationError, match="is no suite"):
        own_expectations(text, "0x" + suite_document_hash(text, "odd.json").hex(), "odd.json")


def test_text_that_is_no_json_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="is no JSON"):
        suite_document_hash(b"{", "odd.json")


def test_column_outside_the_view_is_named_beside_those_inside() -> None:
    with pytest.raises(MissingColumn, match=r"looks at column zip, the consent view holds age, ill"):
        require_seen([Expected("x", "zip", {}), Expected("x", "age", {}), Expected("x", None, {})], ["age", "ill"], "s")
