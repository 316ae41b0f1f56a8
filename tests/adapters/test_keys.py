"""Keys: files that open with the right password only, and errors that never show a secret."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from eth_account import Account

from prefect_federated.adapters.keys import (
    SealingKey,
    account_from_env,
    address_of,
    create_keystore,
    dev_key,
    load_keystore,
)
from prefect_federated.core.errors import KeyUnavailable

PASSWORD = "correct horse"
KEY = dev_key(1, "hospital-a")


def test_a_keystore_opens_with_its_password_and_holds_the_key(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "keystore.json"
    assert create_keystore(path, PASSWORD, KEY, dev=True) == address_of(KEY)
    assert load_keystore(path, PASSWORD).key == KEY
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert KEY.hex() not in path.read_text()


def test_a_wrong_password_is_named_by_file_and_shows_no_secret(tmp_path: Path) -> None:
    path = tmp_path / "keystore.json"
    create_keystore(path, PASSWORD, KEY, dev=True)
    with pytest.raises(KeyUnavailable, match="does not open the keystore") as caught:
        load_keystore(path, "hunter2")
    assert str(path) in str(caught.value)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"version": 3}', '{"crypto": {}, "version": 3}'])
def test_a_damaged_keystore_is_unavailable(tmp_path: Path, content: str) -> None:
    path = tmp_path / "keystore.json"
    path.write_text(content)
    with pytest.raises(KeyUnavailable, match=r"keystore\.json"):
        load_keystore(path, PASSWORD)


def test_a_missing_or_oversized_keystore_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(KeyUnavailable, match="No such file"):
        load_keystore(tmp_path / "none.json", PASSWORD)
    (tmp_path / "big.json").write_bytes(bytes(1 << 17))
    with pytest.raises(KeyUnavailable, match="too long"):
        load_keystore(tmp_path / "big.json", PASSWORD)


def test_another_key_is_never_overwritten_but_the_same_may_be_made_again(tmp_path: Path) -> None:
    path = tmp_path / "keystore.json"
    create_keystore(path, PASSWORD, KEY, dev=True)
    assert create_keystore(path, PASSWORD, KEY, dev=True) == address_of(KEY)
    with pytest.raises(KeyUnavailable, match="another keystore"):
        create_keystore(path, PASSWORD, dev_key(1, "hospital-b"), dev=True)
    assert load_keystore(path, PASSWORD).key == KEY


def test_without_a_key_a_random_one_is_made(tmp_path: Path) -> None:
    first = create_keystore(tmp_path / "a.json", PASSWORD, dev=True)
    assert first != create_keystore(tmp_path / "b.json", PASSWORD, dev=True)


def test_the_environment_holds_a_key_or_the_error_names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEDERATED_KEY", "0x" + KEY.hex())
    assert account_from_env("FEDERATED_KEY").address == Account.from_key(KEY).address
    for value in ("nonsense-secret", "0x1234", KEY.hex()[:-1], "00" * 32):
        monkeypatch.setenv("FEDERATED_KEY", value)
        with pytest.raises(KeyUnavailable, match="FEDERATED_KEY holds no private key") as caught:
            account_from_env("FEDERATED_KEY")
        assert value not in str(caught.value)
        assert caught.value.__cause__ is None
    monkeypatch.delenv("FEDERATED_KEY")
    with pytest.raises(KeyUnavailable, match="FEDERATED_KEY is not set"):
        account_from_env("FEDERATED_KEY")


def test_a_sealing_key_survives_its_file_with_its_version(tmp_path: Path) -> None:
    path, key = tmp_path / "sealing.pem", SealingKey.generate(version=3)
    key.save(path, PASSWORD)
    assert SealingKey.load(path, PASSWORD) == key
    assert SealingKey.load(path, PASSWORD).public_bytes == key.public_bytes
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(KeyUnavailable, match="does not open the sealing key"):
        SealingKey.load(path, "hunter2")
    with pytest.raises(KeyUnavailable, match="another sealing key"):
        SealingKey.generate().save(path, PASSWORD)
    key.save(path, PASSWORD)


def test_a_sealing_key_of_another_kind_or_without_a_version_line(tmp_path: Path) -> None:
    def stored(key: object) -> Path:
        path = tmp_path / "key.pem"
        encryption = pem.BestAvailableEncryption(PASSWORD.encode())
        path.write_bytes(key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, encryption))  # type: ignore[attr-defined]
        return path

    with pytest.raises(KeyUnavailable, match="not X25519"):
        SealingKey.load(stored(Ed25519PrivateKey.generate()), PASSWORD)
    key = SealingKey.from_seed(dev_key(1, "silo"))
    assert SealingKey.load(stored(key.private), PASSWORD) == key


def test_a_sealing_key_does_not_print_itself() -> None:
    key = SealingKey.from_seed(KEY)
    assert KEY.hex() not in repr(key)
    assert key.public_bytes.hex() in repr(key)
    assert key.private_bytes == KEY


def test_demo_keys_follow_from_seed_and_name() -> None:
    keys = {dev_key(seed, name) for seed in (1, 2) for name in ("hospital-a", "hospital-b")}
    assert len(keys) == 4
    assert dev_key(1, "hospital-a") == KEY
