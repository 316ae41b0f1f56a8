"""Keys at rest from the environment, a keystore and KMS: what each wraps only it unwraps, and only for its use."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from moto.core.authorization import enable_iam_authentication

from prefect_federated.adapters.keys import create_keystore
from prefect_federated.adapters.kms import KmsRestKey
from prefect_federated.adapters.rest_keys import rest_key_from_env, rest_key_from_keystore, rest_key_of
from prefect_federated.core.at_rest import RestKey, Use
from prefect_federated.core.errors import (
    ConfigurationError,
    KeyServiceUnreachable,
    KeyUnavailable,
    Undecryptable,
)
from tests.fakes.kms import aws_client, kms_server
from tests.fakes.s3 import ACCESS_KEY, REGION, SECRET

HEX = "5a" * 32
DATA_KEY = bytes(range(32))
KINDS = ("env", "keystore", "kms")


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with kms_server() as url:
        yield url


@pytest.fixture
def kms(server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An administrator of KMS; the credentials are in the environment, where boto3 finds them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCESS_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    return aws_client("kms", server)


def kms_key(kms: Any, server: str) -> KmsRestKey:
    return KmsRestKey(kms.create_key()["KeyMetadata"]["KeyId"], REGION, server)


@pytest.fixture
def key(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RestKey:
    """The key of the kind that a test asks for."""
    if request.param == "env":
        monkeypatch.setenv("WARD_KEY", HEX)
        return rest_key_from_env("WARD_KEY")
    if request.param == "keystore":
        create_keystore(tmp_path / "rest.json", "correct horse", dev=True)
        return rest_key_from_keystore(tmp_path / "rest.json", "correct horse")
    return kms_key(request.getfixturevalue("kms"), request.getfixturevalue("server"))


@pytest.mark.parametrize("key", KINDS, indirect=True)
def test_a_data_key_comes_back_and_lies_nowhere_in_what_wraps_it(key: RestKey) -> None:
    drawn, wrapped = key.draw(Use.DATA)
    assert key.unwrap(wrapped, Use.DATA) == drawn and len(drawn) == 32 and drawn not in wrapped.blob
    assert key.draw(Use.DATA)[0] != drawn
    again = key.wrap(DATA_KEY, Use.SEALING_KEY)
    assert key.unwrap(again, Use.SEALING_KEY) == DATA_KEY and DATA_KEY not in again.blob


@pytest.mark.parametrize("key", KINDS, indirect=True)
def test_a_key_wrapped_for_one_use_opens_for_no_other(key: RestKey) -> None:
    wrapped = key.wrap(DATA_KEY, Use.DATA)
    with pytest.raises(Undecryptable, match="as 'sealing key': it was altered, or sealed for another use"):
        key.unwrap(wrapped, Use.SEALING_KEY)


@pytest.mark.parametrize("key", KINDS, indirect=True)
def test_altered_bytes_are_told_as_such(key: RestKey) -> None:
    wrapped = key.wrap(DATA_KEY, Use.DATA)
    bent = replace(wrapped, blob=wrapped.blob[:-1] + bytes([wrapped.blob[-1] ^ 1]))
    with pytest.raises(Undecryptable, match="as 'data': it was altered"):
        key.unwrap(bent, Use.DATA)
    with pytest.raises(Undecryptable, match="as 'data': it was altered"):
        key.unwrap(replace(wrapped, blob=b"x"), Use.DATA)


def test_another_local_key_says_which_of_the_two_is_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OLD", HEX)
    monkeypatch.setenv("NEW", "7b" * 32)
    old, new = rest_key_from_env("OLD"), rest_key_from_env("NEW")
    with pytest.raises(KeyUnavailable) as caught:
        new.unwrap(old.wrap(DATA_KEY, Use.DATA), Use.DATA)
    said = str(caught.value)
    assert old.fingerprint in said and new.fingerprint in said and "the variable NEW" in said and "rewrap" in said


def test_a_variable_without_a_key_shows_nothing_of_what_it_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WARD_KEY", raising=False)
    with pytest.raises(KeyUnavailable, match="WARD_KEY is not set"):
        rest_key_from_env("WARD_KEY")
    for value in ("5a" * 31, "zz" * 32):
        monkeypatch.setenv("WARD_KEY", value)
        with pytest.raises(KeyUnavailable, match=f"{len(value)} characters, a key has 64") as caught:
            rest_key_from_env("WARD_KEY")
        assert value not in str(caught.value) and caught.value.__context__ is None
    monkeypatch.setenv("WARD_KEY", "0x" + HEX)
    assert HEX not in repr(rest_key_from_env("WARD_KEY"))


def test_a_keystore_opens_with_its_password_alone(tmp_path: Path) -> None:
    create_keystore(tmp_path / "rest.json", "correct horse", dev=True)
    with pytest.raises(KeyUnavailable, match=r"does not open the keystore .*rest\.json"):
        rest_key_from_keystore(tmp_path / "rest.json", "hunter2")
    with pytest.raises(KeyUnavailable, match=r"none\.json cannot be read"):
        rest_key_from_keystore(tmp_path / "none.json", "correct horse")


@pytest.mark.parametrize(("deed", "says"), [("disable_key", "is disabled"), ("schedule_key_deletion", "pending")])
def test_a_key_that_kms_disabled_neither_opens_nor_seals(kms: Any, server: str, deed: str, says: str) -> None:
    key = kms_key(kms, server)
    wrapped = key.wrap(DATA_KEY, Use.DATA)
    getattr(kms, deed)(KeyId=key.key)
    for call in (lambda: key.unwrap(wrapped, Use.DATA), lambda: key.draw(Use.DATA)):
        with pytest.raises(KeyUnavailable, match=says) as caught:
            call()
        assert key.key in str(caught.value) and "administrator" in str(caught.value)
    kms.enable_key(KeyId=key.key)
    assert key.unwrap(wrapped, Use.DATA) == DATA_KEY


def test_who_has_no_permission_is_told_which_one(kms: Any, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    key = kms_key(kms, server)
    wrapped = key.wrap(DATA_KEY, Use.DATA)
    iam = aws_client("iam", server)
    iam.create_user(UserName="ward")
    made = iam.create_access_key(UserName="ward")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", made["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", made["SecretAccessKey"])
    with (
        enable_iam_authentication(),
        pytest.raises(KeyUnavailable, match="refused kms:Decrypt") as caught,
    ):
        KmsRestKey(key.key, REGION, server).unwrap(wrapped, Use.DATA)
    assert made["SecretAccessKey"] not in str(caught.value) and wrapped.under in str(caught.value)
    assert KmsRestKey(key.key, REGION, server).unwrap(wrapped, Use.DATA) == DATA_KEY


def test_only_the_key_that_is_named_is_asked(kms: Any, server: str) -> None:
    one, other = kms_key(kms, server), kms_key(kms, server)
    wrapped = one.wrap(DATA_KEY, Use.DATA)
    with pytest.raises(KeyUnavailable) as caught:
        other.unwrap(wrapped, Use.DATA)
    assert one.key in str(caught.value) and other.key in str(caught.value)
    with pytest.raises(KeyUnavailable, match="does not exist"):
        KmsRestKey("alias/nobody", REGION, server).draw(Use.DATA)


def test_a_service_that_is_not_there_is_worth_a_retry(kms: Any) -> None:
    with pytest.raises(KeyServiceUnreachable, match=r"at http://127\.0\.0\.1:9 does not answer"):
        KmsRestKey("alias/ward", REGION, "http://127.0.0.1:9").draw(Use.DATA)


def test_what_a_local_key_wrapped_kms_is_not_asked_for(kms: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARD_KEY", HEX)
    wrapped = rest_key_from_env("WARD_KEY").wrap(DATA_KEY, Use.DATA)
    with pytest.raises(KeyUnavailable, match="sealed under key local:"):
        KmsRestKey("alias/ward", REGION, "http://127.0.0.1:9").unwrap(wrapped, Use.DATA)


def test_short_addresses_name_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WARD_KEY", HEX)
    assert rest_key_of("env:WARD_KEY", lambda: "").name == "the variable WARD_KEY"
    arn = "arn:aws:kms:eu-central-1:123456789012:key/1234"
    found = rest_key_of(f"kms:{arn}?region=eu-central-1&endpoint=https://kms.example", lambda: "")
    assert found.name == f"KMS key {arn} at https://kms.example"
    for wrong in ("", "env:", "kms:", "vault:x", "kms:a?zone=b", "WARD_KEY"):
        with pytest.raises(ConfigurationError, match="names no key at rest; use env:NAME"):
            rest_key_of(wrong, lambda: "")
