"""The demo's consortium on a rehearsal of a rollup: set up there with the gap that the chain needs."""

from pathlib import Path

from prefect_federated.blocks.stores import LocalStore
from prefect_federated.scenario.consortium import set_up
from prefect_federated.scenario.plot import Plot
from prefect_federated.scenario.task_spec import Terms
from tests.chains.conftest import Opened


def test_the_demo_s_task_waits_for_finality_where_the_chain_has_it(opened: Opened, tmp_path: Path) -> None:
    base = opened("base")
    hospitals = ("hospital-a", "hospital-b", "hospital-c")
    plot = Plot(rounds=1, interval_s=0, hospitals=hospitals, cheats=(), data_docs=False, terms=Terms(epochs=1))
    consortium = set_up(base.devnet.url, tmp_path, LocalStore(root=tmp_path / "store"), plot)
    sponsor = consortium.federation("sponsor")
    enforced = sponsor.task_of(sponsor.tasks()).enforced
    assert (enforced.finality_gap, enforced.commit_window) == (base.profile.finality_s, 3_600) == (1_800, 3_600)
