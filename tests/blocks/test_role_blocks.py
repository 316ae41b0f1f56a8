"""The blocks of the roles: complete for Prefect's form, secrets hidden, and what was saved opens as it was."""

from pathlib import Path
from typing import Any

import pytest
from prefect.blocks.core import Block
from prefect.testing.standard_test_suites import BlockStandardTestSuite
from pydantic import SecretStr, ValidationError

import prefect_federated.blocks as blocks
from prefect_federated.adapters.keys import SealingKey, address_of, create_keystore, dev_key
from prefect_federated.blocks import (
    Aggregator,
    AtRestKey,
    EvmChain,
    KeyHolder,
    RegionalAggregator,
    Relayer,
    Signer,
    Silo,
    Sponsor,
    Validator,
)
from prefect_federated.core.errors import KeyUnavailable

EVERY = [getattr(blocks, name) for name in blocks.__all__]
PASSWORD = "correct horse battery staple"
SECRET_WORDS = ("password", "secret", "private", "token")


class _RoleBlock(BlockStandardTestSuite):
    def test_has_a_valid_image(self, block: type[Block]) -> None:
        assert str(block._logo_url).startswith("https://")  # the suite would fetch it


class TestEvmChain(_RoleBlock):
    @pytest.fixture
    def block(self) -> type[Block]:
        return EvmChain


class TestSigner(_RoleBlock):
    @pytest.fixture
    def block(self) -> type[Block]:
        return Signer


class TestAtRestKey(_RoleBlock):
    @pytest.fixture
    def block(self) -> type[Block]:
        return AtRestKey


class TestSilo(_RoleBlock):
    @pytest.fixture
    def block(self) -> type[Block]:
        return Silo


class TestAggregator(_RoleBlock):
    @pytest.fixture
    def block(self) -> type[Block]:
        return Aggregator


class TestSponsor(_RoleBlock):
    @pytest.fixture
    def block(self) -> type[Block]:
        return Sponsor


class TestValidator(_RoleBlock):
    @pytest.fixture
    def block(self) -> type[Block]:
        return Validator


class TestRegionalAggregator(_RoleBlock):
    @pytest.fixture
    def block(self) -> type[Block]:
        return RegionalAggregator


class TestKeyHolder(_RoleBlock):
    @pytest.fixture
    def block(self) -> type[Block]:
        return KeyHolder


class TestRelayer(_RoleBlock):
    @pytest.fixture
    def block(self) -> type[Block]:
        return Relayer


@pytest.mark.parametrize("block", EVERY)
def test_every_field_has_a_title_and_a_description_for_the_form(block: type[Block]) -> None:
    assert all(field.title and field.description for field in block.model_fields.values())


@pytest.mark.parametrize("block", EVERY)
def test_what_sounds_secret_is_kept_as_a_secret(block: type[Block]) -> None:
    sounding = {n: f for n, f in block.model_fields.items() if any(word in n.lower() for word in SECRET_WORDS)}
    assert all("SecretStr" in str(field.annotation) for field in sounding.values()), sounding


@pytest.mark.parametrize("block", EVERY)
def test_slug_names_the_federation_so_that_it_collides_with_nobody(block: type[Block]) -> None:
    assert block.get_block_type_slug().startswith("federated-")


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    create_keystore(tmp_path / "keystore.json", PASSWORD, dev_key(7, "hospital-x"), dev=True)
    SealingKey.from_seed(dev_key(7, "sealing")).save(tmp_path / "sealing.pem", PASSWORD)
    return Signer(
        keystore=tmp_path / "keystore.json",
        sealing_key=tmp_path / "sealing.pem",
        password=SecretStr(PASSWORD),
        home=tmp_path / "home",
    )


def test_password_shows_nowhere(signer: Signer) -> None:
    assert PASSWORD not in repr(signer) + signer.model_dump_json()


def test_signer_opens_both_keys_with_its_password(signer: Signer) -> None:
    assert signer.account().address == address_of(dev_key(7, "hospital-x"))
    assert signer.open_sealing_key().public_bytes == SealingKey.from_seed(dev_key(7, "sealing")).public_bytes


def test_wrong_password_opens_neither_key(signer: Signer) -> None:
    stranger = signer.model_copy(update={"password": SecretStr("guess")})
    with pytest.raises(KeyUnavailable, match=r"keystore\.json"):
        stranger.account()
    with pytest.raises(KeyUnavailable, match=r"sealing\.pem"):
        stranger.open_sealing_key()


def test_key_variable_is_read_where_the_run_runs(signer: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    here = signer.model_copy(update={"keystore": None, "key_variable": "HOSPITAL_X_KEY"})
    with pytest.raises(KeyUnavailable, match="HOSPITAL_X_KEY"):
        here.account()
    monkeypatch.setenv("HOSPITAL_X_KEY", "0x" + dev_key(7, "hospital-x").hex())
    assert here.account().address == address_of(dev_key(7, "hospital-x"))


@pytest.mark.parametrize("sources", [{}, {"keystore": "k.json", "key_variable": "KEY"}])
def test_signer_with_two_sources_or_none_is_refused(sources: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="not both and not neither"):
        Signer(sealing_key=Path("s.pem"), home=Path("home"), **sources)


@pytest.mark.parametrize("sources", [{}, {"variable": "KEY", "kms_key": "alias/ward"}])
def test_key_at_rest_with_two_sources_or_none_is_refused(sources: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="one of variable, keystore and kms_key"):
        AtRestKey(**sources)


def test_key_at_rest_refuses_an_address_that_holds_a_password() -> None:
    with pytest.raises(ValidationError, match="holds a user or password"):
        AtRestKey(kms_key="alias/ward", endpoint_url="https://me:secret@kms.example")


def test_a_sealing_key_and_the_setting_that_says_whether_it_is_sealed_belong_together(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARD_KEY", "5a" * 32)
    key, target = AtRestKey(variable="WARD_KEY"), signer.home / "sealing-key.sealed"
    signer.open_sealing_key().save_at_rest(target, key.open())
    sealed = signer.model_copy(update={"sealing_key": target, "at_rest": key, "password": SecretStr("not it")})
    assert sealed.open_sealing_key() == signer.open_sealing_key()
    with pytest.raises(KeyUnavailable, match="is sealed at rest, and no key at rest is named"):
        sealed.model_copy(update={"at_rest": None}).open_sealing_key()
    with pytest.raises(KeyUnavailable, match="is not sealed at rest, and the variable WARD_KEY is named for it"):
        signer.model_copy(update={"at_rest": key}).open_sealing_key()


def test_signer_opens_the_keys_that_were_replaced_each_as_it_lies(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARD_KEY", "5a" * 32)
    key, old = AtRestKey(variable="WARD_KEY"), signer.open_sealing_key()
    second, third = SealingKey.generate(version=2), SealingKey.generate(version=3)
    second.save_at_rest(signer.home / "second.sealed", key.open())
    third.save_at_rest(signer.home / "third.sealed", key.open())
    former = [signer.home / "second.sealed", signer.sealing_key]
    rotated = signer.model_copy(
        update={"sealing_key": signer.home / "third.sealed", "at_rest": key, "former_keys": former}
    )
    assert rotated.open_sealing_key().every == (third, second, old)
    third.save(signer.home / "third.pem", PASSWORD)
    opened = signer.model_copy(update={"sealing_key": signer.home / "third.pem", "former_keys": [signer.sealing_key]})
    assert opened.open_sealing_key().every == (third, old)
    with pytest.raises(KeyUnavailable, match="is sealed at rest, and no key at rest is named"):
        signer.model_copy(update={"former_keys": [signer.home / "second.sealed"]}).open_sealing_key()


def test_a_lost_key_is_named_by_its_public_half(signer: Signer) -> None:
    lost = SealingKey.generate().public_bytes
    named = signer.model_copy(update={"lost_keys": ["0x" + lost.hex()]})
    assert named.open_sealing_key().lost == (lost,)
    with pytest.raises(ValidationError, match="is no public sealing key; give 0x and 64 hex digits"):
        Signer(sealing_key=Path("s.pem"), home=Path("home"), keystore=Path("k.json"), lost_keys=["old.pem"])
