"""A signed policy is read for its silo, under its signer's signature, as it was signed; else not at all."""

import json
from pathlib import Path

import pytest
from eth_account import Account

from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.policy_file import highest, read_policy, sign_policy, signer_of_policy
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.adapters.vault import Vault
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
    file.write_bytes(sign_policy(OFFICER, SILO, 4, RULES).to_bytes())
    return file


def vault(beside: Path) -> Vault:
    """The silo's memory, beside its policy."""
    return Vault(LocalStore(beside.parent / "store"), SealingKey.from_seed(bytes(32)))


def put(path: Path, serial: int, rules: Policy = RULES) -> Policy:
    """Sign rules into the file, and read them as the silo does."""
    path.write_bytes(sign_policy(OFFICER, SILO, serial, rules).to_bytes())
    return read_policy(path, SILO, OFFICER.address, vault(path))


def test_rules_come_back_as_they_were_signed(path: Path) -> None:
    assert read_policy(path, SILO, OFFICER.address, vault(path)) == RULES
    assert read_policy(path, SILO.upper().replace("X", "x"), OFFICER.address.lower(), vault(path)) == RULES


ALTERED = [("masked_only", False), ("min_cohort", 1), ("readers", []), ("min_noise", 0)]


@pytest.mark.parametrize(("field", "value"), ALTERED)
def test_altered_rules_are_refused(path: Path, field: str, value: object) -> None:
    document = json.loads(path.read_bytes())
    document["policy"][field] = value
    path.write_text(json.dumps(document))
    with pytest.raises(ConfigurationError, match=f"{OFFICER.address} has to; it was altered since"):
        read_policy(path, SILO, OFFICER.address, vault(path))


def test_policy_of_another_silo_is_refused(path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"is for silo .*, this is 0x2222"):
        read_policy(path, "0x" + "22" * 20, OFFICER.address, vault(path))


def test_moved_to_another_silo_its_signature_no_longer_fits(path: Path) -> None:
    document = json.loads(path.read_bytes()) | {"silo": "0x" + "22" * 20}
    path.write_text(json.dumps(document))
    with pytest.raises(ConfigurationError, match="has to; it was altered"):
        read_policy(path, "0x" + "22" * 20, OFFICER.address, vault(path))


def test_signature_of_somebody_else_does_not_count(path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"signed by {OFFICER.address}, {OTHER.address} has to"):
        read_policy(path, SILO, OTHER.address, vault(path))


@pytest.mark.parametrize("signature", ["0x", "0x00", "0x" + "00" * 65, "0x" + "ff" * 65])
def test_what_is_no_signature_is_nobodys(path: Path, signature: str) -> None:
    document = json.loads(path.read_bytes()) | {"signature": signature}
    path.write_text(json.dumps(document))
    assert signer_of_policy(parse_policy(path.read_bytes(), "policy")) != OFFICER.address
    with pytest.raises(ConfigurationError, match="has to"):
        read_policy(path, SILO, OFFICER.address, vault(path))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is no signed policy"),
        (b"{}", "is no signed policy: silo"),
        (b'{"silo": "0x12", "policy": {}}', "is no signed policy: silo"),
        (b'{"silo": "0x%s", "policy": {}}' % (b"5a" * 20), "is no signed policy: serial"),
        (b'{"silo": "0x%s", "serial": 0, "policy": {}}' % (b"5a" * 20), "is no signed policy: serial"),
        (b'{"silo": "0x%s", "serial": 1, "policy": {"min_cohrt": 3}}' % (b"5a" * 20), "policy.min_cohrt"),
        (b'{"silo": "0x%s", "serial": 1, "policy": {"min_cohort": 0}}' % (b"5a" * 20), "policy.min_cohort"),
    ],
)
def test_malformed_document_is_refused_by_its_field(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "odd.json"
    path.write_bytes(content)
    with pytest.raises(ConfigurationError, match=words):
        read_policy(path, SILO, OFFICER.address, vault(path))


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_policy(tmp_path / "none.json", SILO, OFFICER.address, vault(tmp_path))


@pytest.mark.parametrize("content", [b"[", b"[]", b'{"min_rows": -1}', b'{"surprise": 1}'])
def test_rules_that_are_none_are_not_signed(content: bytes) -> None:
    with pytest.raises(ConfigurationError, match="holds no policy"):
        rules_of(content, "rules.json")


def test_an_older_policy_is_refused_with_both_serials(path: Path) -> None:
    put(path, 4)
    stricter = RULES.model_copy(update={"min_cohort": 9})
    assert put(path, 6, stricter) == stricter
    with pytest.raises(ConfigurationError, match=r"has serial 4, this silo had one of serial 6 .* --serial 7"):
        put(path, 4)
    assert put(path, 6, stricter) == stricter, "the newest is still in force"
    assert highest(vault(path), SILO)[0] == 2, "read again and again it is remembered once"


def test_of_two_policies_with_one_serial_the_first_counts(path: Path) -> None:
    put(path, 4)
    with pytest.raises(ConfigurationError, match=r"has serial 4, and so had another one, 0x.* --serial 5"):
        put(path, 4, RULES.model_copy(update={"masked_only": False}))


def test_a_serial_that_was_altered_has_no_signature(path: Path) -> None:
    put(path, 4)
    document = json.loads(path.read_bytes()) | {"serial": 9}
    path.write_text(json.dumps(document))
    with pytest.raises(ConfigurationError, match="it was altered since"):
        read_policy(path, SILO, OFFICER.address, vault(path))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 8, 13])
def test_the_highest_is_found_however_many_there_were(path: Path, count: int) -> None:
    for serial in range(10, 10 + count):
        put(path, serial)
    found, mark = highest(vault(path), SILO)
    assert mark is not None and (found, mark.serial) == (count, 9 + count)
    with pytest.raises(ConfigurationError, match=f"has serial 9, this silo had one of serial {9 + count} "):
        put(path, 9)


def test_two_runs_that_take_two_policies_at_once_end_with_the_newer_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(path, 4)
    keep, once = Vault.keep, iter([True])

    def slow(self: Vault, name: str, document: bytes) -> bytes:
        if next(once, False):  # another run takes serial 6 between this one's look and its word
            newer = path.with_name("newer.json")
            newer.write_bytes(sign_policy(OFFICER, SILO, 6, RULES).to_bytes())
            read_policy(newer, SILO, OFFICER.address, vault(path))
        return keep(self, name, document)

    monkeypatch.setattr(Vault, "keep", slow)
    with pytest.raises(ConfigurationError, match="has serial 5, this silo had one of serial 6"):
        put(path, 5)


def test_after_a_rotation_an_older_policy_is_refused_and_the_new_key_remembers_by_itself(path: Path) -> None:
    store, old = LocalStore(path.parent / "rotated"), SealingKey.from_seed(b"\x01" * 32)
    new = SealingKey.from_seed(b"\x02" * 32, version=2)

    def read(key: SealingKey, serial: int) -> Policy:
        path.write_bytes(sign_policy(OFFICER, SILO, serial, RULES).to_bytes())
        return read_policy(path, SILO, OFFICER.address, Vault(store, key))

    read(old, 6)
    with pytest.raises(ConfigurationError, match="has serial 5, this silo had one of serial 6"):
        read(new.after([old]), 5)
    assert read(new.after([old]), 6) == read(new.after([old]), 7) == RULES
    assert [highest(Vault(store, key), SILO)[0] for key in (old, new)] == [1, 2]
    for known in (new, new.after([old])):
        with pytest.raises(ConfigurationError, match="has serial 6, this silo had one of serial 7"):
            read(known, 6)
