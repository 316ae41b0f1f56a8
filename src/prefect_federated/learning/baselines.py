"""What federation is measured against: the same plan and passes, on one silo alone or on all data pooled."""

from collections.abc import Iterable, Mapping

from prefect_federated.learning.plan import TrainingData, TrainingPlan


def train_alone(
    plan: TrainingPlan, data: TrainingData, held_out: TrainingData, rounds: int, seed: int
) -> dict[str, float]:
    """Train one model on one table for as many passes as a federation of `rounds` rounds, and judge it.

    Args:
        seed: of the first parameters and, plus the round, of each round's batches.
    """
    model = plan.build_model(seed)
    for number in range(1, rounds + 1):
        plan.train(model, data, seed + number)
    return plan.evaluate(model, held_out)


def train_pooled(
    plan: TrainingPlan, silos: Iterable[TrainingData], held_out: TrainingData, rounds: int, seed: int
) -> dict[str, float]:
    """Train on all tables in one place: what federation would reach if nobody needed to keep data at home."""
    return train_alone(plan, pooled(silos), held_out, rounds, seed)


def train_each(
    plan: TrainingPlan, silos: Mapping[str, TrainingData], held_out: TrainingData, rounds: int, seed: int
) -> dict[str, dict[str, float]]:
    """Metrics of every silo training alone, by name."""
    return {name: train_alone(plan, data, held_out, rounds, seed) for name, data in silos.items()}


def pooled(silos: Iterable[TrainingData]) -> TrainingData:
    """All tables below each other."""
    import pandas

    tables = list(silos)
    frame = pandas.concat([table.frame for table in tables], ignore_index=True)
    return TrainingData(frame, tables[0].features, tables[0].target)
