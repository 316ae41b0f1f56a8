"""What a validator makes of updates on a real held-out set, by each rule that a task can name."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from prefect_federated.adapters.payloads import fetch_words
from prefect_federated.adapters.scoring import Trial, score
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.core.combine import Combined, Update, combine
from prefect_federated.core.enforced import NOBODY
from prefect_federated.core.errors import SpecError
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.learning.evaluation import Bench
from prefect_federated.learning.update import train_update
from prefect_federated.scenario import breast_cancer
from prefect_federated.scenario.task_spec import Terms, build_spec

RULES = ("improvement", "loss", "cosine", "leave_one_out", "shapley")
GOOD, BAD, IDLE = 0, 1, 2

Try = Callable[..., tuple[Trial, Combined]]


@pytest.fixture
def trial(tmp_path: Path) -> Try:
    """A trained update, the same backwards, and one of nothing, on the scenario's task."""

    def make(rule: Any, some: tuple[int, ...] = (GOOD, BAD, IDLE)) -> tuple[Trial, Combined]:
        data, store = breast_cancer.split(0), LocalStore(tmp_path)
        terms = Terms(scores=rule)
        agreed = build_spec(store, terms, data.held_out, breast_cancer.load(), "0x" + "11" * 20, NOBODY)
        spec = RoundSpec(
            chain_id=31337,
            coordinator=NOBODY,
            task=1,
            round=1,
            task_id=bytes(32),
            spec=agreed,
            base_number=0,
            base_version=bytes(32),
            base_root=agreed.enforced.genesis_root,
            base_uri=agreed.model.genesis_uri,
            readers=(),
            cohort=3,
            reads_until=0,
        )
        base = fetch_words(store, spec, "model", spec.base_uri, spec.base_root)
        table = breast_cancer.training_data(data.hospitals["hospital-d"])
        trained = train_update(spec, "0x" + "22" * 20, base, table).words
        made = {GOOD: trained, BAD: -trained, IDLE: np.zeros_like(trained)}
        updates = {index: Update(str(index), 10 + 90 * (index == GOOD), made[index]) for index in some}
        return Trial(spec, Bench(agreed, data.held_out), base, updates), combine(agreed.rule, list(updates.values()))

    return make


@pytest.mark.parametrize("rule", RULES)
def test_update_that_helps_scores_above_its_opposite_and_nothing_scores_nothing(trial: Try, rule: str) -> None:
    scores = score(*trial(rule), length=4)
    assert scores[GOOD] > scores[BAD] >= scores[IDLE] == 0 and len(scores) == 4


def test_counts_are_those_of_the_models_themselves(trial: Try) -> None:
    tried, combined = trial("improvement")
    before = tried.correct(frozenset())
    gained = [tried.correct(frozenset({index})) - before for index in (GOOD, BAD, IDLE)]
    assert list(score(tried, combined, 3)) == [max(one, 0) for one in gained] and gained[GOOD] > 0


@pytest.mark.parametrize("rule", RULES)
def test_where_nobody_scores_whoever_is_tried_gets_one_and_others_nothing(trial: Try, rule: str) -> None:
    assert score(*trial(rule, (IDLE,)), length=4) == (0, 0, 1, 0)


def test_plan_without_a_loss_is_refused_by_name(trial: Try, monkeypatch: pytest.MonkeyPatch) -> None:
    tried, combined = trial("loss")
    monkeypatch.setattr(Bench, "metrics", lambda self, vector: {"accuracy": 0.5})
    with pytest.raises(SpecError, match="this one reports accuracy; name other scores"):
        score(tried, combined, 3)
