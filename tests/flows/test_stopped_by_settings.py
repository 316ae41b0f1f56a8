"""An aggregator or validator whose settings or store stop it is called again all the same: bond and vote are due."""

from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import prefect_federated.flows.attest as attesting
import prefect_federated.flows.conclude as concluding
from prefect_federated.core.errors import ConfigurationError, FederatedError, StoreUnreachable
from prefect_federated.flows.next_window import MISSES_S


@pytest.mark.parametrize(
    ("module", "flow", "block", "step"),
    [(concluding, "conclude", "Aggregator", "bring_on"), (attesting, "attest", "Validator", "serve")],
)
@pytest.mark.parametrize("error", [ConfigurationError("no mailbox"), StoreUnreachable("nobody answers")])
def test_who_cannot_go_on_for_its_settings_or_its_store_is_scheduled_again_and_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    flow: str,
    block: str,
    step: str,
    error: FederatedError,
) -> None:
    opened = SimpleNamespace(party=SimpleNamespace(federation="the chain"))
    saved = SimpleNamespace(open=lambda: opened, signer=SimpleNamespace(home=tmp_path))
    scheduled: list[Any] = []

    def stopped(*_: Any) -> str:
        raise error

    monkeypatch.setattr(module, block, SimpleNamespace(load=lambda _: saved))
    monkeypatch.setattr(module, step, stopped)
    monkeypatch.setattr(module, "schedule_next", lambda *called, **when: scheduled.append((*called, when)))
    with pytest.raises(type(error), match=str(error)):
        getattr(module, flow).fn("party", 1)
    assert scheduled == [("the chain", 1, {"within_s": MISSES_S})]
