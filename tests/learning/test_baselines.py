"""Baselines train with the same plan and number of passes."""

from prefect_federated.learning.baselines import pooled, train_alone, train_each, train_pooled
from prefect_federated.learning.plan import TrainingData
from prefect_federated.learning.tabular import TabularClassifier


def part(data: TrainingData, keep: slice) -> TrainingData:
    return TrainingData(data.frame[keep], data.features, data.target)


def test_pooling_is_training_on_all_tables_below_each_other(plan: TabularClassifier, data: TrainingData) -> None:
    silos = [part(data, slice(0, 30)), part(data, slice(30, 90))]
    assert len(pooled(silos)) == 90
    assert train_pooled(plan, silos, data, 2, 1) == train_alone(plan, data, data, 2, 1)


def test_more_rounds_fit_better(plan: TabularClassifier, data: TrainingData) -> None:
    assert train_alone(plan, data, data, 5, 1)["loss"] < train_alone(plan, data, data, 1, 1)["loss"]


def test_each_silo_is_judged_by_name(plan: TabularClassifier, data: TrainingData) -> None:
    found = train_each(plan, {"a": part(data, slice(0, 30)), "b": data}, data, 2, 1)
    assert set(found) == {"a", "b"}
    assert found["b"] == train_alone(plan, data, data, 2, 1)
