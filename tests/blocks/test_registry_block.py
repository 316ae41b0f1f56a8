"""The block `ModelRegistryMirror`: complete for Prefect's form, and no password in the clear."""

import pytest
from prefect.testing.standard_test_suites import BlockStandardTestSuite
from pydantic import SecretStr, ValidationError

from prefect_federated.blocks.registry import ModelRegistryMirror


class TestModelRegistryMirror(BlockStandardTestSuite):
    @pytest.fixture
    def block(self) -> type[ModelRegistryMirror]:
        return ModelRegistryMirror

    def test_has_a_valid_image(self, block: type[ModelRegistryMirror]) -> None:
        assert str(block._logo_url).startswith("https://")  # the suite would fetch it


def test_slug_names_the_federation_so_that_it_collides_with_nobody() -> None:
    assert ModelRegistryMirror.get_block_type_slug() == "federated-model-registry-mirror"


def test_every_field_has_a_title_for_the_form() -> None:
    assert all(field.title for field in ModelRegistryMirror.model_fields.values())


def test_open_hands_every_setting_to_the_adapter() -> None:
    block = ModelRegistryMirror(
        tracking_uri="sqlite:////data/mlflow.db", experiment="hearts", model_prefix="eu-", confirmations=12
    )
    mirror = block.open()
    assert (mirror.tracking_uri, mirror.registry_uri) == ("sqlite:////data/mlflow.db",) * 2
    assert (mirror.experiment, mirror.confirmations) == ("hearts", 12)
    assert mirror.model_name("heart/failure") == "eu-heart-failure"


def test_password_inside_a_uri_is_refused() -> None:
    with pytest.raises(ValidationError, match="database_password"):
        ModelRegistryMirror(tracking_uri="postgresql://mlflow:hunter2@db/mlflow")


def test_database_password_reaches_the_adapter_and_nothing_else() -> None:
    block = ModelRegistryMirror(
        tracking_uri="postgresql://mlflow@db:5432/mlflow", database_password=SecretStr("p@ss/word")
    )
    assert block.open().tracking_uri == "postgresql://mlflow:p%40ss%2Fword@db:5432/mlflow"
    assert "p@ss" not in repr(block)
    assert "p@ss" not in block.model_dump_json()


def test_negative_confirmations_are_refused() -> None:
    with pytest.raises(ValidationError, match="confirmations"):
        ModelRegistryMirror(tracking_uri="sqlite:///mlflow.db", confirmations=-1)
