"""Regions of a task: part of its hash, and refused where a sum of sums is not what the task asks for."""

from collections.abc import Callable
from typing import Any

import pytest

from prefect_federated.core.errors import SpecError
from prefect_federated.core.spec import TaskSpec, parse_spec

Bent = Callable[[dict[str, Any]], TaskSpec]
ONE, TWO, HEAD = ("0x" + digit * 40 for digit in "123")
NORTH = {"name": "north", "aggregator": HEAD, "silos": [ONE]}


def test_regions_are_part_of_the_hash(bent: Bent, task: TaskSpec) -> None:
    spec = bent({"regions": [NORTH, {"name": "south", "aggregator": HEAD, "silos": [TWO]}]})
    assert task.regions == () and spec.spec_hash != task.spec_hash
    assert parse_spec(spec.canonical(), spec.spec_hash) == spec


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"regions": [NORTH, {**NORTH, "silos": [TWO]}]}, "name north stands in the regions 2 times"),
        ({"regions": [NORTH, {**NORTH, "name": "south"}]}, f"silo {ONE} stands in the regions 2 times"),
        ({"regions": [NORTH], "detection": {}}, "detection with regions"),
        ({"regions": [NORTH], "rule": {"name": "median"}, "enforced.rule": 1}, "rule median with regions north"),
    ],
)
def test_regions_that_make_no_sense_are_refused(changes: dict[str, Any], words: str, bent: Bent) -> None:
    with pytest.raises(SpecError, match=words):
        bent(changes)
