"""Who was in the cohort of a round follows from who joined and left, also where somebody came back."""

from typing import Any

import pytest

from prefect_federated.adapters.evm.membership import cohort_of
from prefect_federated.adapters.evm.records import Event


def event(name: str, **args: Any) -> Event:
    return Event(name, {"participant": "a", **args}, 1, b"", 0, 0, "")


STAYS = [
    event("Enrolled", index=4, fromRound=1),
    event("Left", index=4, untilRound=2),
    event("Enrolled", index=4, fromRound=5),
    event("Left", index=4, untilRound=6),
]


@pytest.mark.parametrize(("round", "there"), [(0, False), (1, True), (2, True), (3, False), (5, True), (7, False)])
def test_each_stay_counts(round: int, there: bool) -> None:
    assert cohort_of(STAYS, round) == ({"a": 4} if there else {})


def test_who_is_slashed_and_enrols_anew_was_in_the_round_all_the_same() -> None:
    again = [STAYS[0], event("Left", index=4, untilRound=3), event("Enrolled", index=4, fromRound=4)]
    assert cohort_of(again, 3) == cohort_of(again, 4) == {"a": 4}
