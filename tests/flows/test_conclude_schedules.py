"""An aggregator whose settings or store stop it is called again all the same: its bond is due."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import prefect_federated.flows.conclude as module
from prefect_federated.core.errors import ConfigurationError, FederatedError, StoreUnreachable


@pytest.mark.parametrize("error", [ConfigurationError("no mailbox"), StoreUnreachable("nobody answers")])
def test_who_cannot_go_on_for_its_settings_or_its_store_is_scheduled_again_and_told(
    error: FederatedError, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = SimpleNamespace(party=SimpleNamespace(federation="the chain"))
    block = SimpleNamespace(open=lambda: opened, signer=SimpleNamespace(home=tmp_path))
    scheduled: list[Any] = []

    def stopped(*_: Any) -> str:
        raise error

    monkeypatch.setattr(module, "Aggregator", SimpleNamespace(load=lambda _: block))
    monkeypatch.setattr(module, "bring_on", stopped)
    monkeypatch.setattr(module, "schedule_next", lambda *called, **when: scheduled.append((*called, when)))
    with pytest.raises(type(error), match=str(error)):
        module.conclude.fn("aggregator", 1)
    assert scheduled == [("the chain", 1, {"within_s": module.MISSES_S})]
