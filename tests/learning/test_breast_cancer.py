"""What the demo's data and settings promise: federation beats every hospital alone, and comes near to pooling."""

import numpy as np
import pytest

from prefect_federated.learning.baselines import train_each, train_pooled
from prefect_federated.learning.clip import norm_bound_words
from prefect_federated.learning.local import evaluate, initial_vector, local_update
from prefect_federated.learning.plan import TrainingData, load_plan, manifest
from prefect_federated.scenario import breast_cancer

PLAN = "prefect_federated.learning.tabular:TabularClassifier"
ROUNDS = 5


def tables(seed: int) -> tuple[dict[str, TrainingData], TrainingData, TrainingData]:
    demo = breast_cancer.split(seed)
    silos = {name: breast_cancer.training_data(frame) for name, frame in demo.hospitals.items()}
    flipper = breast_cancer.training_data(demo.misbehaving["flipper"])
    return silos, flipper, breast_cancer.training_data(demo.held_out)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_federated_model_beats_each_hospital_alone_and_comes_near_pooling(seed: int) -> None:
    silos, flipper, held_out = tables(seed)
    plan = load_plan(PLAN, breast_cancer.hyperparameters(breast_cancer.split(seed).held_out))
    shapes = manifest(plan)
    vector = initial_vector(plan, shapes, seed).astype(np.float64)
    longest, attacks = 0.0, []
    for number in range(1, ROUNDS + 1):
        updates = [
            local_update(plan, shapes, vector, data, 100 * seed + 10 * number + place, breast_cancer.CLIP_NORM)
            for place, data in enumerate(silos.values())
        ]
        attack = local_update(plan, shapes, vector, flipper, 100 * seed + 10 * number + 9, breast_cancer.CLIP_NORM)
        longest = max(longest, *(update.metrics["update_norm"] for update in updates))
        attacks.append(np.linalg.norm(np.rint(-10.0 * attack.delta.astype(np.float64) * 2**16)))
        weights = np.array([update.examples for update in updates], np.float64)
        vector = vector + weights @ np.array([update.delta for update in updates], np.float64) / weights.sum()
    federated = evaluate(plan, shapes, vector, held_out)["accuracy"]
    pooled = train_pooled(plan, silos.values(), held_out, ROUNDS, seed)["accuracy"]
    alone = {name: found["accuracy"] for name, found in train_each(plan, silos, held_out, ROUNDS, seed).items()}
    print(f"seed {seed}: federated {federated:.3f}, pooled {pooled:.3f}, alone {alone}, longest {longest:.2f}")
    assert federated >= 0.95
    assert federated >= max(alone.values()) + 0.02
    assert federated >= pooled - 0.02
    assert longest < breast_cancer.CLIP_NORM, "no honest update is cut"
    assert min(attacks) > 1.5 * norm_bound_words(breast_cancer.CLIP_NORM, vector.size, 16)


def test_no_patient_is_in_two_tables() -> None:
    demo = breast_cancer.split(3)
    frames = [*demo.hospitals.values(), *demo.misbehaving.values(), demo.held_out]
    subjects = [subject for frame in frames for subject in frame[breast_cancer.SUBJECT]]
    assert len(subjects) == len(set(subjects))
    assert len(subjects) > 560
