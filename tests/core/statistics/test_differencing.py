"""Two answers of one silo that together would show a few rows are refused, whichever way they differ."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from prefect_federated.core.errors import PolicyRefused
from prefect_federated.core.statistics.differencing import Answered, Placement, require_apart
from prefect_federated.core.statistics.query import Query
from prefect_federated.learning.counting import Counting

AGES = [*np.linspace(21, 29, 12), *np.linspace(41, 49, 20), *np.linspace(61, 69, 15)]


def answer(
    round: int, ages: Sequence[float], subjects: Sequence[int] | None = None, fewest: int = 5, **column: object
) -> Answered:
    """What a silo keeps of an answer about these ages."""
    asked: dict[str, object] = {"name": "age", "minimum": 20, "maximum": 80, "bins": 3, **column}
    query = Query.model_validate({"columns": [asked], "cells": {"fewest": fewest}})
    (name,) = query.names
    placed = Counting().place(query, pd.DataFrame({name: ages}))[name]
    tags = np.array(range(len(ages)) if subjects is None else subjects, np.uint64)
    kept = Placement(query.columns[0].model_dump_json(), tuple(sorted(placed.withheld)), placed.cells)
    return Answered("31337/0xc0", 1, round, fewest, tags, {name: kept})


def refused(old: Answered, new: Answered) -> bool:
    try:
        require_apart([old], new)
    except PolicyRefused:
        return True
    return False


def test_the_same_rows_in_the_same_cells_are_answered_again() -> None:
    assert not refused(answer(1, AGES), answer(2, AGES))
    backwards = answer(2, AGES[::-1], list(range(len(AGES)))[::-1])
    assert not refused(answer(1, AGES), backwards), "the order of rows is nobody's business"
    small = [22.0, *AGES[12:]]
    assert not refused(answer(1, small), answer(2, small)), "what is withheld twice alike gives nothing new"


@pytest.mark.parametrize("gone", [1, 2, 3, 4])
def test_fewer_than_k_rows_more_or_less_are_refused(gone: int) -> None:
    less = answer(2, AGES[gone:], range(gone, len(AGES)))
    assert refused(answer(1, AGES), less) and refused(answer(1, AGES[gone:], range(gone, len(AGES))), answer(2, AGES))


def test_k_rows_of_one_cell_more_are_answered_and_k_over_two_cells_are_not() -> None:
    five_young = answer(2, AGES[5:], range(5, len(AGES)))
    assert not refused(answer(1, AGES), five_young)
    kept = [at for at in range(len(AGES)) if at not in (0, 1, 2, 12, 13)]
    assert refused(answer(1, AGES), answer(2, [AGES[at] for at in kept], kept))


def test_somebody_who_leaves_while_another_comes_is_refused_though_counts_stay() -> None:
    other = answer(2, AGES, [len(AGES), *range(1, len(AGES))])
    assert refused(answer(1, AGES), other)


def test_a_value_that_was_mended_into_another_cell_is_refused() -> None:
    assert refused(answer(1, AGES), answer(2, [45.0, *AGES[1:]]))
    assert not refused(answer(1, AGES), answer(2, [22.5, *AGES[1:]])), "within its cell it changes no count"


def test_bounds_moved_by_a_little_are_refused_and_edges_between_many_rows_are_not() -> None:
    assert refused(answer(1, AGES), answer(2, AGES, bins=[42, 60]))
    assert not refused(answer(1, AGES), answer(2, AGES, bins=[35, 55]))


def test_cells_that_stay_but_are_withheld_otherwise_are_refused() -> None:
    old = answer(1, [22.0, *AGES[12:]])
    (kept,) = old.columns.values()
    assert len(kept.withheld) == 2
    assert refused(old, answer(2, [22.0, *AGES[12:]], bins=[40, 60, 70])), "another cell would be withheld beside it"


def test_cells_that_stay_under_one_grid_but_are_withheld_with_another_are_refused() -> None:
    """Nobody is left above 60: the cell from 40 on is withheld beside the one below 40, and its rows are known."""
    ages = [22.0, *AGES[12:]]
    old, new = answer(1, ages), answer(2, ages[:21])
    assert old.columns["age"].withheld != new.columns["age"].withheld
    assert refused(old, new)
    assert not refused(answer(1, AGES), answer(2, AGES[:32])), "fifteen who leave, where nothing is withheld"


def test_the_larger_k_of_two_answers_counts() -> None:
    six_gone = range(6, len(AGES))
    assert not refused(answer(1, AGES), answer(2, AGES[6:], six_gone))
    assert refused(answer(1, AGES, fewest=10), answer(2, AGES[6:], six_gone))


def test_four_answers_may_show_what_no_two_of_them_do() -> None:
    """The limit that docs/statistics.md names: one of 45 years is among those who came, and every pair is answered."""
    then = [*[30.0] * 20, *[44.0] * 10, *[60.0] * 20]
    now = [*then, *[31.0] * 5, 45.0, *[61.0] * 5]
    asked = [(ages, edge) for ages in (then, now) for edge in (40, 50)]
    answers = [answer(at, ages, bins=[edge]) for at, (ages, edge) in enumerate(asked)]
    for at, new in enumerate(answers):
        require_apart(answers[:at], new)
    above = [sum(age >= edge for age in ages) for ages, edge in asked]
    assert (above[2] - above[0]) - (above[3] - above[1]) == 1


def test_other_columns_and_the_same_round_are_not_held_against_each_other() -> None:
    assert not refused(answer(1, AGES), answer(2, AGES[1:], range(1, len(AGES)), name="weight"))
    assert not refused(answer(1, AGES), answer(1, AGES[1:], range(1, len(AGES)))), "one answer leaves a round"


def test_the_reason_tells_neither_how_many_nor_where() -> None:
    with pytest.raises(PolicyRefused, match="column age were answered in round 1/1") as told:
        require_apart([answer(1, AGES)], answer(2, AGES[2:], range(2, len(AGES))))
    assert "fewer than 5 rows" in str(told.value) and "20 to 40" not in str(told.value) and " 2 rows" not in str(told)
