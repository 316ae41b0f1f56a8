"""An aggregator whose block says so lets each settled round count for reputation, once."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from prefect_federated.blocks.stores import LocalStore
from prefect_federated.core.reputation import MAX
from prefect_federated.flows.conclude import bring_on
from prefect_federated.scenario.consortium import Consortium, set_up
from prefect_federated.scenario.plot import Plot
from prefect_federated.scenario.task_spec import Terms
from tests.flows import standing
from tests.flows.conftest import HOSPITALS
from tests.flows.playing import revealed


@pytest.fixture(scope="module")
def consortium(devnet: Any, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    folder = tmp_path_factory.mktemp("recording")
    plot = Plot(rounds=2, interval_s=0, hospitals=HOSPITALS, cheats=(), data_docs=False, terms=Terms(epochs=1))
    yield set_up(devnet.url, folder, LocalStore(root=folder / "store"), plot)


def to_settlement(consortium: Consortium) -> int:
    """A round that everybody has done its part of, and whose challenge window is over."""
    task, federation = consortium.task, consortium.federation()
    round = revealed(consortium).round
    assert bring_on(consortium.aggregator.open(), task) == "aggregate"
    federation.wait_until(federation.round_state(task).deadline + 1)
    return round


def scores(consortium: Consortium) -> list[int]:
    who = standing.addresses(consortium)
    return [consortium.federation().reputation_of(who[name]) for name in HOSPITALS]


def test_conclude_records_a_settled_round_once_where_the_block_says_so(consortium: Consortium) -> None:
    to_settlement(consortium)
    aggregator, task = consortium.aggregator.open(), consortium.task
    assert not aggregator.records, "off unless asked for"
    bring_on(aggregator, task)
    assert scores(consortium) == [0, 0, 0]
    recording = replace(aggregator, records=True)
    bring_on(recording, task)
    assert scores(consortium) == [MAX // 20] * 3
    sent = standing.transactions(consortium)
    bring_on(recording, task)
    assert standing.transactions(consortium) == sent
