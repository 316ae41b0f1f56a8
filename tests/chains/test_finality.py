"""What is not final is not acted on: a commit, an alias, a listener, over anvil with Ethereum's lag."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from web3 import Web3

from prefect_federated.adapters import mirroring
from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.finality import final_block
from prefect_federated.adapters.evm.logs import LogCursor
from prefect_federated.blocks import EvmChain
from prefect_federated.cli import listen
from prefect_federated.cli.listening import Role
from prefect_federated.core.chain_profile import BlockTag
from prefect_federated.core.chains import profile
from prefect_federated.core.errors import ChainUnreachable, SpecError
from tests.adapters.evm.consortium import SPEC_HASH
from tests.chains.rehearsed import Rehearsed


def cursor(here: Rehearsed, folder: Path) -> LogCursor:
    path = folder / "position.json"
    return LogCursor(path, here.w3, [here.sponsor.coordinator], final=here.sponsor.final_block)


def names(here: Rehearsed, reader: LogCursor) -> list[str]:
    batch = reader.read()
    reader.keep(batch)
    return [event.name for event in here.sponsor.decode(batch.logs)]


def test_a_commit_is_not_acted_on_before_it_is_final(final_late: Rehearsed, tmp_path: Path) -> None:
    here, reader = final_late, cursor(final_late, tmp_path)
    here.sponsor.open_round(here.task)
    here.commit(here.silos[0], 1)
    assert "UpdateCommitted" not in names(here, reader)
    here.let_finality_pass()
    assert names(here, reader).count("UpdateCommitted") == 1
    assert names(here, reader) == []


def test_a_commit_that_a_reorganisation_drops_was_never_acted_on(final_late: Rehearsed, tmp_path: Path) -> None:
    here, reader = final_late, cursor(final_late, tmp_path)
    here.sponsor.open_round(here.task)
    here.commit(here.silos[0], 1)
    names(here, reader)
    rpc.request(here.w3, "anvil_reorg", [1, []])
    here.let_finality_pass()
    seen = names(here, reader)
    assert "RoundStarted" in seen and "UpdateCommitted" not in seen


def test_a_listener_with_a_profile_waits_for_the_final_block(
    final_late: Rehearsed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = final_late
    chain = EvmChain(profile="ethereum", rpc_url=here.devnet.url, coordinator=here.sponsor.coordinator)
    block = SimpleNamespace(chain=chain, signer=SimpleNamespace(home=tmp_path))
    monkeypatch.setattr(listen, "_load", lambda kind, name: block)
    here.sponsor.open_round(here.task)
    listener = listen.open_listener(Role("silo", "hospital", here.task, "participate/participate"), None, None)
    assert listener.cursor.read().logs == ()
    hasty = listen.open_listener(Role("silo", "hasty", here.task, "participate/participate"), "latest", None)
    assert len(hasty.cursor.read().logs) >= 1
    here.let_finality_pass()
    assert len(listener.cursor.read().logs) >= 1


def test_the_alias_follows_a_version_only_once_its_block_is_final(final_late: Rehearsed) -> None:
    here = final_late
    version = replace(here.sponsor.versions(here.task)[-1], number=1)  # a genesis has no alias
    there = {"final_block": here.sponsor.final_block, "block_number": here.sponsor.block_number}
    chain = SimpleNamespace(versions=lambda _: [version], head=here.sponsor.head, **there)
    mirror: Any = SimpleNamespace(confirmations=0)
    party: Any = SimpleNamespace(federation=chain)
    assert mirroring.standing_head(party, mirror, here.task) is None
    here.let_finality_pass()
    assert mirroring.standing_head(party, mirror, here.task) == "0x" + version.version_hash.hex()


def test_a_safe_block_is_newer_than_a_final_one_and_confirmations_come_on_top(final_late: Rehearsed) -> None:
    w3, known = final_late.w3, final_late.place.profile
    final_late.let_finality_pass()
    head = rpc.request_int(w3, "eth_blockNumber", [])
    final, safe = final_block(w3, known), final_block(w3, replace(known, final_tag=BlockTag.SAFE))
    assert 0 <= final < safe < head == final_block(w3, None)
    assert final_block(w3, known, confirmations=1) == final
    assert final_block(w3, known, confirmations=head) == 0
    assert final_block(w3, profile("local"), confirmations=2) == head - 2


@pytest.mark.parametrize("answer", ["nothing", "an error"])
def test_a_node_that_does_not_say_what_is_final_is_an_error_and_not_a_guess(
    final_late: Rehearsed, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    honest = rpc.request

    def evasive(w3: Web3, method: str, params: list[Any]) -> Any:
        if "finalized" not in params:
            return honest(w3, method, params)
        if answer == "nothing":
            return None
        raise rpc.RpcRefused(method, -39001, "unknown block")

    monkeypatch.setattr(rpc, "request", evasive)
    with pytest.raises(ChainUnreachable, match="ethereum does not say which block is finalized"):
        final_late.sponsor.final_block()


def test_a_task_with_a_shorter_gap_than_finality_is_refused_unless_that_is_accepted(final_late: Rehearsed) -> None:
    sponsor, task = final_late.sponsor, final_late.task
    short = final_late.enforced().model_copy(update={"finality_gap": 60})
    blind = Federation(final_late.w3, sponsor.coordinator, sponsor._outbox, from_block=sponsor.from_block)
    for one in (sponsor, blind):  # without a profile the chain is known by its id
        with pytest.raises(SpecError, match=r"finality_gap is 60 s, blocks of ethereum .* after 1140 s"):
            one.create_task(short, SPEC_HASH, "cas://spec")
    assert sponsor.tasks() == task
    assert sponsor.create_task(short, SPEC_HASH, "cas://spec", short_gap=True) == task + 1
