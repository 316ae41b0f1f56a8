"""Every stage may be run again at any point, with or without what Prefect remembers: the chain says what is done."""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_SERVER_DATABASE_CONNECTION_URL

from prefect_federated.blocks.silo import Silo
from prefect_federated.core.errors import ProtocolError
from prefect_federated.core.round import Phase, Status
from prefect_federated.flows.conclude import conclude
from prefect_federated.flows.participate import participate
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.tasks.aggregate import aggregate
from prefect_federated.tasks.commit import commit, seal
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.once import unless_done
from prefect_federated.tasks.open_round import open_round
from prefect_federated.tasks.reveal import reveal
from prefect_federated.tasks.settle import claim, mirror, settle
from prefect_federated.tasks.train import train
from prefect_federated.tasks.validate import validate
from tests.flows import standing
from tests.flows.conftest import HOSPITALS, Found

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def consortium(found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    return found(tmp_path_factory.mktemp("rerun"), 2)


def test_every_stage_run_twice_takes_effect_once(consortium: Consortium) -> None:
    task, federation = consortium.task, consortium.federation()
    before = standing.transactions(consortium)
    round = same(open_round, consortium.sponsor.open(), task)
    sealed = {name: commit_twice(block, task, round) for name, block in consortium.members.items()}
    for name, block in consortium.members.items():
        silo = block.open()
        same(reveal, silo.party, listen(silo.party, task, round), sealed[name])
    conclude_twice(consortium, round)
    for earner in (*consortium.members.values(), consortium.aggregator):
        party = earner.open_party()
        assert claim(party, task) > 0
        assert claim(party, task) == 0
    assert federation.round_state(task).status == Status.SUCCESS
    happened = standing.happened(consortium, round)
    assert happened["UpdateCommitted"] == happened["UpdateRevealed"] == len(HOSPITALS)
    assert happened["RoundStarted"] == happened["RoundAggregated"] == happened["RoundSettled"] == 1
    sent = {name: count - before[name] for name, count in standing.transactions(consortium).items()}
    assert {name: count for name, count in sent.items() if count} == {
        "sponsor": 1,  # open
        "aggregator": 3,  # propose, settle, claim
        **dict.fromkeys(HOSPITALS, 3),  # commit, reveal, claim
    }


def test_round_goes_on_when_prefect_forgets_everything_between_the_stages(consortium: Consortium) -> None:
    task, federation = consortium.task, consortium.federation()
    round = open_round(consortium.sponsor.open(), task)
    assert [remembering_nothing(consortium, participate, name) for name in HOSPITALS] == [
        "commit",
        "commit",
        "commit, reveal",
    ]
    assert [remembering_nothing(consortium, participate, name) for name in HOSPITALS] == ["reveal", "reveal", "nothing"]
    assert remembering_nothing(consortium, conclude, "aggregator") == "aggregate"
    federation.wait_until(federation.round_state(task).deadline + 1)
    assert remembering_nothing(consortium, conclude, "aggregator") == "settle"
    assert federation.round_state(task).phase == Phase.SETTLED
    assert remembering_nothing(consortium, participate, HOSPITALS[0]) == "claim"
    assert remembering_nothing(consortium, conclude, "aggregator") == "nothing"
    assert len(standing.mirrored_runs(consortium, round)) == 1 + len(HOSPITALS)
    assert standing.mirrored_versions(consortium)[-1] == round


def test_refusal_is_passed_over_only_where_the_effect_is_there(consortium: Consortium) -> None:
    """A participant killed after sending found its commitment mined between its read and its second try: refused."""
    federation, task = consortium.federation(HOSPITALS[0]), consortium.task
    with unless_done(lambda: True):
        federation.commit(task, 1_000, bytes(32), bytes(32), bytes(32))
    with pytest.raises(ProtocolError), unless_done(lambda: False):
        federation.commit(task, 1_000, bytes(32), bytes(32), bytes(32))


def commit_twice(block: Silo, task: int, round: int) -> Any:
    """Every stage of a commit, each twice; what was sealed."""
    silo = block.open()
    spec = same(listen, silo.party, task, round)
    evidence = same(validate, silo, spec)
    first, second = (seal(silo, spec, evidence, train(silo, spec, evidence)) for _ in range(2))
    assert first == second, "the opening kept first stands"
    same(commit, silo, spec, first)
    return first


def conclude_twice(consortium: Consortium, round: int) -> None:
    """Every stage of the aggregator, each twice."""
    aggregator, task = consortium.aggregator.open(), consortium.task
    federation = aggregator.party.federation
    spec = listen(aggregator.party, task, round)
    assert aggregate(aggregator, spec) is not None
    assert aggregate(aggregator, spec) is None
    federation.wait_until(federation.round_state(task).deadline + 1)
    log = same(settle, aggregator, spec)
    assert same(mirror, aggregator, spec, log) == round


def same(stage: Callable[..., Any], *arguments: Any) -> Any:
    """Run a stage twice; it must come to the same."""
    first, second = stage(*arguments), stage(*arguments)
    assert first == second
    return first


def remembering_nothing(consortium: Consortium, flow: Callable[[str, int], str], name: str) -> str:
    """Run a party's flow on a Prefect database that holds nothing but the party's block."""
    wipe()
    (consortium.members.get(name) or consortium.aggregator).save(name)
    return flow(name, consortium.task)


def wipe() -> None:
    """Delete every row of the Prefect server's database."""
    path = str(PREFECT_SERVER_DATABASE_CONNECTION_URL.value()).removeprefix("sqlite+aiosqlite:///")
    with closing(sqlite3.connect(path, timeout=60)) as database, database:
        tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            if table != "alembic_version":
                database.execute(f'DELETE FROM "{table}"')
    assert asyncio.run(_flow_runs()) == 0


async def _flow_runs() -> int:
    async with get_client() as client:
        return len(await client.read_flow_runs())
