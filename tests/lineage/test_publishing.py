"""What a mirrored round leaves: the lineage page on its run, a link to it, and rollbacks as versions of their own."""

from pathlib import Path
from typing import Any

import pytest

from prefect_federated.adapters.aggregator import Aggregator
from prefect_federated.adapters.evm.event_index import index_file
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.mirroring import is_mirrored, mirror_round
from prefect_federated.adapters.mlflow.mirror import Mirror
from prefect_federated.adapters.mlflow.records import RoundKey
from prefect_federated.adapters.mlflow.store import open_client, sqlite_uri
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.reading import read_past_spec
from prefect_federated.adapters.round_log import read_round_log
from prefect_federated.cli.auditor import auditor
from prefect_federated.core.notes import Notes
from prefect_federated.flows.artifacts import summary
from tests.cli.conftest import SmallFederation


@pytest.fixture
def mirror(tmp_path: Path) -> Mirror:
    return Mirror(sqlite_uri(tmp_path / "mlflow"), "federated")


def mirrored(federation: SmallFederation, mirror: Mirror, round: int, reads_only: bool = False) -> Aggregator:
    account = federation.parties["aggregator"]
    party = Party("aggregator", account.address, account.federation, federation.store, SealingKey.generate())
    if reads_only:
        party = auditor(federation.reader, federation.store_address)
    aggregator = Aggregator(party, mirror=mirror)
    spec = read_past_spec(party, federation.task, round)
    names = Notes(names={federation.silos[0].address: "hospital-a"})
    mirror_round(aggregator, spec, read_round_log(party.federation, federation.task, round), names)
    return aggregator


def test_run_of_a_round_has_the_lineage_page_and_prefect_links_to_it(settled: SmallFederation, mirror: Mirror) -> None:
    mirrored(settled, mirror, 2)
    key = RoundKey(settled.reader.chain_id, settled.coordinator, settled.task, 2)
    client: Any = open_client(mirror.tracking_uri)
    run_id = mirror.run_of(key)
    assert "lineage.html" in [one.path for one in client.list_artifacts(run_id)]
    link = mirror.lineage_link(key)
    text = Path(link.removeprefix("file://")).read_text()
    assert "Lineage of small, version 2" in text and "hospital-a" in text
    log = read_round_log(settled.reader, settled.task, 2)
    assert f"[lineage.html]({link})" in summary(settled.reader, log, None, 2, link)
    assert "lineage" not in summary(settled.reader, log, None, 2)
    home = settled.parties["aggregator"].home
    assert index_file(home, settled.reader.chain_id, settled.coordinator).exists()
    assert mirror.lineage_link(RoundKey(1, settled.coordinator, settled.task, 2)) == ""


def test_rollback_is_mirrored_as_a_version_and_the_alias_follows(fresh: SmallFederation, mirror: Mirror) -> None:
    fresh.whole_round()
    fresh.whole_round()
    for round in (1, 2):
        mirrored(fresh, mirror, round, reads_only=True)
    path = fresh.reader.versions(fresh.task)[:0:-1]
    fresh.parties["sponsor"].federation.rollback(fresh.task, path)
    aggregator, state = mirrored(fresh, mirror, 2, reads_only=True), fresh.reader.round_state(fresh.task)
    assert is_mirrored(aggregator, fresh.task, state)
    client: Any = open_client(mirror.tracking_uri)
    champion = client.get_model_version_by_alias("small", "champion")
    first = client.get_model_version("small", "1")
    assert (champion.tags["evm.version"], champion.tags["federated.status"]) == ("3", "ROLLBACK")
    assert champion.tags["content.sha256"] == first.tags["content.sha256"]
