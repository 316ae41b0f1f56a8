"""The schema of a block is worked out once, and nobody can spoil it for the next who asks."""

from typing import Any

import pytest
from prefect.blocks.core import Block

from prefect_federated.blocks import Silo


def test_schema_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Saving eight blocks used to take ten seconds, nearly all of them for the same few schemas."""
    Silo.model_json_schema()
    monkeypatch.setattr(Block, "model_json_schema", lambda *_: pytest.fail("worked out again"))
    assert Silo.model_json_schema()["block_type_slug"] == "federated-silo"


def test_schema_is_the_one_that_prefect_draws_up() -> None:
    drawn: dict[str, Any] = Block.model_json_schema.__func__(Silo)  # type: ignore[attr-defined]
    assert Silo.model_json_schema() == drawn


def test_caller_that_changes_its_copy_changes_nobody_elses() -> None:
    Silo.model_json_schema()["definitions"].clear()
    assert "EvmChain" in Silo.model_json_schema()["definitions"]
