"""What the consent ledger may be told and may say: every field is listed here with why it names nobody."""

import hmac
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prefect_federated.core.consent import columns_digest, subject_leaves, subjects_root
from prefect_federated.core.merkle import root

ABI = json.loads((Path(__file__).parents[3] / "contracts" / "abi" / "ConsentLedger.json").read_text())["abi"]
GOVERNANCE = {"announceUpgrade", "upgradeToAndCall", "UpgradeAnnounced", "setAuthority", "AuthorityUpdated", "Upgraded"}
GOVERNANCE |= {"initialize", "Initialized", "UpgradeWithdrawn"}

KEYED = "HMAC or Merkle root under the record's secret"
NUMBER = "a number, a time or a code"
ALLOWED = {
    ("dataset", "bytes32"): "drawn at random by the holder",
    ("root", "bytes32"): "Merkle root over salted rows",
    ("columns", "bytes32"): KEYED,
    ("subjects", "bytes32"): KEYED,
    ("before", "bytes32"): KEYED,
    ("record", "bytes32"): KEYED,
    ("grantId", "bytes32"): "hash of the fields of the grant",
    ("grantIds", "bytes32[]"): "hashes of the fields of grants",
    ("silo", "address"): "account of an organisation",
    ("silos", "address[]"): "accounts of organisations",
    ("holder", "address"): "account of an organisation",
    ("signature", "bytes"): "the holder's",
    ("coordinator", "address"): "a contract",
    ("commitment", "bytes32"): "of a running commit that a withdrawal retracts, salted",
    ("evidenceHash", "bytes32"): "of salted evidence",
    ("task", "uint32"): NUMBER,
    ("round", "uint32"): NUMBER,
    ("budget", "uint256"): NUMBER,
    ("purposes", "uint64"): NUMBER,
    ("validFrom", "uint40"): NUMBER,
    ("expiry", "uint40"): NUMBER,
    ("deadline", "uint40"): NUMBER,
    ("withdrawnAt", "uint40"): NUMBER,
    ("until", "uint40"): NUMBER,
    ("at", "uint256"): NUMBER,
    ("nonce", "uint256"): NUMBER,
    ("limit", "uint256"): NUMBER,
    ("floor", "uint256"): NUMBER,
    ("spent", "uint256"): NUMBER,
    ("cost", "uint256"): "from noise, batch size and the number of rows, which the weight tells too",
}


def fields(part: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for one in part["inputs"]:
        if "components" in one:
            yield from fields({"inputs": one["components"]})
        else:
            yield one["name"], one["type"]


SAID = [one for one in ABI if one["type"] in ("function", "event") and one["name"] not in GOVERNANCE]


@pytest.mark.parametrize("part", SAID, ids=[f"{one['type']}-{one['name']}" for one in SAID])
def test_every_field_is_known_to_name_nobody(part: dict[str, Any]) -> None:
    assert not [field for field in fields(part) if field not in ALLOWED]


def test_no_text_of_any_length_fits_anywhere() -> None:
    kinds = {kind for one in SAID for _, kind in fields(one)}
    assert not {kind for kind in kinds if kind.startswith("string")}
    assert {name for one in SAID for name, kind in fields(one) if kind == "bytes"} == {"signature"}


def test_whoever_guesses_columns_and_subjects_right_cannot_tell_from_the_digests() -> None:
    """The digests of the same columns and subjects differ under every secret, and none is the unsalted one."""
    columns, subjects = ("age", "ill"), ("subject-1", "subject-2")
    secrets = [bytes([number]) * 32 for number in range(5)]
    digests = {columns_digest(secret, columns) for secret in secrets}
    digests |= {subjects_root(secret, subjects) for secret in secrets}
    assert len(digests) == 10
    leaves = {leaf for secret in secrets for leaf in subject_leaves(secret, subjects)}
    assert len(leaves) == 10
    unsalted = {root([subject.encode() for subject in subjects]), hmac.digest(b"", b"age", "sha256")}
    assert not unsalted & digests
