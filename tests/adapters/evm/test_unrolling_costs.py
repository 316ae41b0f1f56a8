"""What reading rolled rounds costs: questions to the chain by the leaf and by the round."""

from collections import Counter
from pathlib import Path

import pytest

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.event_index import EventIndex
from prefect_federated.adapters.stores.local import LocalStore
from tests.adapters.evm.rolled import found, new_poster, new_task, play, rolls


def test_lineage_asks_the_chain_once_a_leaf_and_little_else_a_round(
    devnet: Devnet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A year of rolled rounds is read leaf by leaf: what holds for a whole roll must not be asked for at each."""
    consortium, store = found(devnet, tmp_path), LocalStore(tmp_path / "store")
    poster = new_poster(consortium)
    new_task(consortium, poster)
    play(consortium, poster, store, *rolls(consortium, consortium.silos))
    reader = consortium.facade(consortium.account())
    reader.read_rolls_from(store)
    reader.read_events_from(EventIndex(tmp_path / "events.sqlite"))
    assert reader.logged(consortium.task)  # the index is filled
    asked, honest = Counter[str](), rpc.request
    monkeypatch.setattr(rpc, "request", lambda w3, method, params: asked.update([method]) or honest(w3, method, params))
    assert [event.name for event in reader.events(consortium.task)].count("UpdateRevealed") == 3
    assert asked["eth_call"] == len(consortium.silos) + 2 and asked["eth_getLogs"] == 0
    assert asked["eth_getBlockByNumber"] < 10
