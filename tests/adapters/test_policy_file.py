"""A signed policy is read for its silo, under its signer's signature, as it was signed; else not at all."""

import json
from pathlib import Path

import pytest
from eth_account import Account

from prefect_federated.adapters.policy_file import read_policy, sign_policy, signer_of_policy
from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.policy import Policy
from prefect_federated.core.signed_policy import parse_policy, rules_of

OFFICER, OTHER = (Account.from_key(bytes([seed]) * 32) for seed in (7, 8))
SILO = "0x" + "5a" * 20
RULES = Policy(min_cohort=5, masked_only=True, readers=("0x" + "71" * 20,), purposes=("HMB",), min_noise=0.5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """RULES for SILO, signed by OFFICER."""
    file = tmp_path / "policy.json"
    file.write_bytes(sign_policy(OFFICER, SILO, RULES).to_bytes())
    return file


def test_rules_come_back_as_they_were_signed(path: Path) -> None:
    assert read_policy(path, SILO, OFFICER.address) == RULES
    assert read_policy(path, SILO.upper().replace("X", "x"), OFFICER.address.lower()) == RULES


ALTERED = [("masked_only", False), ("min_cohort", 1), ("readers", []), ("min_noise", 0)]


@pytest.mark.parametrize(("field", "value"), ALTERED)
def test_altered_rules_are_refused(path: Path, field: str, value: object) -> None:
    document = json.loads(path.read_bytes())
    document["policy"][field] = value
    path.write_text(json.dumps(document))
    with pytest.raises(ConfigurationError, match=f"{OFFICER.address} has to; it was altered since"):
        read_policy(path, SILO, OFFICER.address)


def test_policy_of_another_silo_is_refused(path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"is for silo .*, this is 0x2222"):
        read_policy(path, "0x" + "22" * 20, OFFICER.address)


def test_moved_to_another_silo_its_signature_no_longer_fits(path: Path) -> None:
    document = json.loads(path.read_bytes()) | {"silo": "0x" + "22" * 20}
    path.write_text(json.dumps(document))
    with pytest.raises(ConfigurationError, match="has to; it was altered"):
        read_policy(path, "0x" + "22" * 20, OFFICER.address)


def test_signature_of_somebody_else_does_not_count(path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"signed by {OFFICER.address}, {OTHER.address} has to"):
        read_policy(path, SILO, OTHER.address)


@pytest.mark.parametrize("signature", ["0x", "0x00", "0x" + "00" * 65, "0x" + "ff" * 65])
def test_what_is_no_signature_is_nobodys(path: Path, signature: str) -> None:
    document = json.loads(path.read_bytes()) | {"signature": signature}
    path.write_text(json.dumps(document))
    assert signer_of_policy(parse_policy(path.read_bytes(), "policy")) != OFFICER.address
    with pytest.raises(ConfigurationError, match="has to"):
        read_policy(path, SILO, OFFICER.address)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no signed policy"),
        (b"{}", "is no signed policy: silo"),
        (b'{"silo": "0x12", "policy": {}}', "is no signed policy: silo"),
        (b'{"silo": "0x%s", "policy": {"min_cohrt": 3}}' % (b"5a" * 20), "policy.min_cohrt"),
        (b'{"silo": "0x%s", "policy": {"min_cohort": 0}}' % (b"5a" * 20), "policy.min_cohort"),
    ],
)
def test_malformed_document_is_refused_by_its_field(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "odd.json"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=words):
        read_policy(path, SILO, OFFICER.address)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_policy(tmp_path / "none.json", SILO, OFFICER.address)


@pytest.mark.parametrize("content", [b"[", b"[]", b'{"min_rows": -1}', b'{"surprise": 1}'])
def test_rules_that_are_none_are_not_signed(content: bytes) -> None:
    with pytest.raises(ConfigurationError, match="holds no policy"):
        rules_of(content, "rules.json")
