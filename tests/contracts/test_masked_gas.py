"""What a participant of a masked round pays does not depend on how many there are; the figures are forge's own."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

ROUNDS = Path(__file__).parents[2] / "contracts" / "snapshots" / "rounds.json"
SIZES = 10, 40, 100, 1000


@pytest.mark.parametrize("which", ["first", "steady"])
@pytest.mark.parametrize("step", ["share", "commit", "reveal", "unmask"])
def test_a_step_costs_a_participant_no_more_among_many_than_among_few(step: str, which: str) -> None:
    figures = json.loads(ROUNDS.read_text(encoding="utf-8"))
    each = [int(figures[f"masked, {n}, {which}, {step}"]) / n for n in SIZES]
    assert all(more <= 1.001 * fewer for fewer, more in pairwise(each)), each
