"""A hospital's consent is withdrawn after a round: MLflow says so on every version that descends from it."""

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from prefect_federated.adapters import remedies
from prefect_federated.adapters.mirroring import mirror_remedies
from prefect_federated.adapters.mlflow.store import open_client
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.core.rationale import Rationale
from prefect_federated.core.remedies import State
from prefect_federated.flows.conclude import bring_on
from prefect_federated.flows.members import Participant
from prefect_federated.scenario.consortium import Consortium, mlflow_uri, set_up
from prefect_federated.scenario.plot import Plot
from prefect_federated.scenario.task_spec import Terms
from prefect_federated.tasks.open_round import open_round
from tests.flows.conftest import HOSPITALS

LEAVES = HOSPITALS[2]


@pytest.fixture(scope="module")
def consortium(devnet: Any, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consortium]:
    """One round with everybody; then the third hospital's grant is withdrawn, and one round without it."""
    folder = tmp_path_factory.mktemp("remedies")
    terms = Terms(epochs=1, quorum=2)
    plot = Plot(rounds=3, interval_s=0, hospitals=HOSPITALS, cheats=(), data_docs=False, terms=terms)
    made = set_up(devnet.url, folder, LocalStore(root=folder / "store"), plot)
    play(made, HOSPITALS)
    made.federation(f"{LEAVES}-dpo").withdraw_grant(grant_of(made))
    play(made, HOSPITALS[:2])
    yield made


def play(consortium: Consortium, names: tuple[str, ...]) -> None:
    task, federation = consortium.task, consortium.federation()
    round = open_round(consortium.sponsor.open(), task)
    members = [Participant(consortium.members[name].open()) for name in names]
    for member in members:
        member.commit(task, round)
    if len(names) < len(HOSPITALS):
        federation.wait_until(federation.round_state(task).deadline + 1)
    for member in members:
        member.reveal(task, round)
    assert bring_on(consortium.aggregator.open(), task) == "aggregate"
    federation.wait_until(federation.round_state(task).deadline + 1)
    assert bring_on(consortium.aggregator.open(), task) == "settle"


def grant_of(consortium: Consortium) -> bytes:
    account = consortium.ground.accounts[LEAVES].address
    return consortium.federation().grants_of(consortium.task, 1)[account]


def mirrored(consortium: Consortium, number: int) -> Any:
    client = open_client(mlflow_uri(consortium.ground.out))
    query = f"name = '{consortium.spec.name}' and tags.`evm.version` = '{number}'"
    (found,) = client.search_model_versions(query)
    return found


def test_each_version_says_what_it_may_be_used_for(consortium: Consortium) -> None:
    federation = consortium.federation()
    for version in federation.versions(consortium.task)[1:]:
        shown = mirrored(consortium, version.number)
        assert shown.tags["federated.usable_until"] == str(version.usable_until)
        assert str(version.rights) in shown.description
        grants = federation.rights_of(federation.grants_of(consortium.task, version.round).values())
        assert version.usable_until == min(one.usable_until for one in grants)


def test_tags_follow_from_open_to_the_stewards_answer(consortium: Consortium) -> None:
    federation, task = consortium.federation(), consortium.task
    found = remedies.read_remedies(federation, task)
    assert [(one.number, one.rounds, one.state) for one in found] == [(1, (1,), State.OPEN), (2, (1,), State.OPEN)]
    assert [mirrored(consortium, number).tags.get("federated.remedy") for number in (1, 2)] == ["open", "open"]
    said = Rationale(
        version_hash=found[1].version_hash,
        grant_id=grant_of(consortium),
        action="accept",
        reason="trained on without it since",
        salt=secrets.token_bytes(32),
    )
    remedies.answer(consortium.federation("sponsor"), consortium.ground.store.open(), task, said)
    aggregator = consortium.aggregator.open()
    assert aggregator.mirror is not None
    mirror_remedies(aggregator.mirror, aggregator.party.federation, task, consortium.spec.name)
    assert [mirrored(consortium, number).tags["federated.remedy"] for number in (1, 2)] == ["open", "accept"]
    assert remedies.read_rationale(consortium.ground.store.open(), said.digest) == said
