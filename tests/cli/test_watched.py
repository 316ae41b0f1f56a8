"""A long run shows how far it is: one step for each line it says, and for each stage of each round."""

from io import StringIO

import pytest
from rich.console import Console
from rich.progress import Progress

from prefect_federated.cli.watched import watching


def test_a_stage_is_one_step_whoever_is_at_it_and_each_round_opens_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = list[float]()
    monkeypatch.setattr(Progress, "update", lambda bar, line, **told: steps.append(told.get("advance", 0)))
    with watching(Console(file=StringIO()), 5) as (say, watch):
        say("starting a chain")
        for round in (1, 2):
            watch(0, "open", "sponsor")
            watch(round, "commit", "hospital-a")
            watch(round, "commit", "hospital-b")
    assert sum(steps) == 5
