"""Four wards that answer queries, and what pandas finds in all their rows together."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.statistics import read_summary
from prefect_federated.blocks.stores import LocalStore
from prefect_federated.cli.draft import complete
from prefect_federated.cli.stats_draft import draft_of
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.statistics.pooled import Summary
from prefect_federated.core.statistics.privacy import StatisticsPrivacy
from prefect_federated.core.statistics.query import Query
from prefect_federated.flows.members import Participant
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.scenario.statistics import set_up
from tests.flows import local_scene as scene

ROOT = Path(__file__).parents[2]
WARDS = ("ward-a", "ward-b", "ward-c", "ward-d")
QUERY: dict[str, Any] = {
    "columns": [
        {"name": "age", "minimum": 20, "maximum": 80, "bins": 3, "step": 1},
        {"name": "marker", "minimum": 0, "maximum": 4, "bins": 4},
        {"name": "sex", "categories": ["f", "m"]},
    ],
    "min_rows": 20,
}
HOUR_S = 3600


def tables() -> dict[str, pd.DataFrame]:
    """Rows of every ward: whole ages, a marker that some lack, sex; other wards have other people."""
    rng, made = np.random.default_rng(5), {}
    for number, name in enumerate(WARDS):
        rows = 60 + 20 * number
        marker = rng.gamma(2 + number / 4, 0.6, rows).round(3)
        marker[rng.choice(rows, 8, replace=False)] = np.nan
        made[name] = pd.DataFrame(
            {
                "subject": [f"{name}-{row:03d}" for row in range(rows)],
                "age": rng.integers(20, 81, rows),
                "marker": marker,
                "sex": rng.choice(["f", "m"], rows),
            }
        )
    return made


@contextmanager
def wards(
    folder: Path,
    *,
    masked: bool = True,
    columns: dict[str, tuple[str, ...]] | None = None,
    quorum: int = 3,
    having: dict[str, pd.DataFrame] | None = None,
    privacy: StatisticsPrivacy | None = None,
    **query: Any,
) -> Iterator[Consortium]:
    """A federation that answers the query, changed by `query`, on a chain of its own."""

    def spec(store: Any, aggregator: str, standby: str) -> Any:
        asked = Query.model_validate(QUERY | query)
        draft = draft_of(
            asked,
            name="survey",
            purposes=["HMB"],
            aggregator=aggregator,
            participants=8,
            quorum=quorum,
            masked=masked,
            window_s=HOUR_S,
            privacy=privacy,
        )
        draft["enforced"]["standby"] = standby
        return complete(draft, store)

    with ExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(ROOT)  # where anvil is looked for
            running = Devnet.start()
        devnet = stack.enter_context(running)
        yield set_up(devnet.url, folder, LocalStore(root=folder / "store"), having or tables(), spec, columns=columns)


def do(consortium: Consortium, spec: RoundSpec, step: str, *names: str) -> None:
    """A step of these wards, all of them unless named; where some are missing, its phase ends at its deadline."""
    everybody, federation = scene.members(consortium), consortium.federation("sponsor")
    for name in names or everybody:
        getattr(everybody[name], step)(spec.task, spec.round)
    state = federation.round_state(spec.task)
    if names and state.phase.name == step.upper():
        scene.pass_deadline(consortium)
        federation.tick(spec.task)
    federation.wait_until(federation.round_state(spec.task).opens_at)


def answered(consortium: Consortium, *stay: str) -> tuple[RoundSpec, Summary]:
    """A round from its opening to its end, in which these wards go on after Commit, all of them unless named."""
    spec = scene.opened(consortium)
    steps = ("share", "commit", "reveal", "unmask") if spec.spec.enforced.masked else ("commit", "reveal")
    for step in steps:
        do(consortium, spec, step, *(stay if step in ("reveal", "unmask") else ()))
    scene.conclude(consortium, spec)
    return spec, read_summary(consortium.standby.open().party, spec)


def member(consortium: Consortium, name: str) -> Participant:
    """A ward, opened anew."""
    return scene.members(consortium)[name]
