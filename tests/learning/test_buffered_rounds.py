"""Buffered rounds in one process: the plain rounds where nobody is late, and the counted weights where somebody is."""

import numpy as np
import pandas as pd
import pytest

from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.combine import add
from prefect_federated.core.schedule_spec import FedBuff, counted_weight
from prefect_federated.learning.buffered_rounds import play_buffered
from prefect_federated.learning.plan import TrainingData
from prefect_federated.learning.rounds import Setting, after_round, first, trained
from prefect_federated.learning.tabular import TabularClassifier

FEATURES = ("x", "y")
NAMES = ("a", "b", "c")


@pytest.fixture
def setting() -> Setting:
    return Setting(TabularClassifier(means=[0.0, 0.0], scales=[1.0, 1.0], hidden=[], labels=2, epochs=1, lr=0.1))


@pytest.fixture
def silos() -> dict[str, TrainingData]:
    rng = np.random.default_rng(1)
    frames = {}
    for rows, name in zip((20, 30, 40), NAMES, strict=True):
        frame = pd.DataFrame(rng.normal(size=(rows, 2)), columns=list(FEATURES))
        frame["label"] = (frame["x"] > 0).astype(int)
        frames[name] = TrainingData(frame, FEATURES, "label")
    return frames


def test_equally_quick_silos_in_a_buffer_of_all_are_the_plain_rounds(
    setting: Setting, silos: dict[str, TrainingData]
) -> None:
    found = play_buffered(setting, FedBuff(buffer=3), silos, 3, lambda name: 1.0)
    standing = first(setting)
    for _ in range(3):
        standing = after_round(setting, standing, silos)
    assert (found.standing.words == standing.words).all()
    assert found.time == 3.0 and set(found.behind) == {0}


def test_a_slow_silo_counts_less_and_holds_nobody_up(setting: Setting, silos: dict[str, TrainingData]) -> None:
    slow = {"a": 1.0, "b": 1.1, "c": 2.15}
    found = play_buffered(setting, FedBuff(buffer=2), silos, 3, lambda name: slow[name])
    zero = first(setting)
    one = after_round(setting, zero, {name: silos[name] for name in ("a", "b")})
    quick, _ = trained(setting, one, "a", silos["a"])
    late, _ = trained(setting, zero, "c", silos["c"])
    words = add(one.words, weighted_mean([quick, (counted_weight(late[0], 1), late[1])], d=zero.words.size))
    assert (play_buffered(setting, FedBuff(buffer=2), silos, 2, lambda name: slow[name]).standing.words == words).all()
    assert found.behind[:4] == (0, 0, 0, 1)


def test_what_is_too_old_is_dropped_and_trained_anew(setting: Setting, silos: dict[str, TrainingData]) -> None:
    speeds = {"a": 1.0, "b": 1.1, "c": 4.5}
    slow = play_buffered(setting, FedBuff(buffer=2, max_staleness=0), silos, 6, lambda name: speeds[name])
    without = {name: silos[name] for name in ("a", "b")}
    alone = play_buffered(setting, FedBuff(buffer=2), without, 6, lambda name: speeds[name])
    assert (slow.standing.words == alone.standing.words).all() and set(slow.behind) == {0}
    assert (
        play_buffered(setting, FedBuff(buffer=2, max_staleness=8), silos, 6, lambda name: speeds[name]).standing.words
        != alone.standing.words
    ).any()
