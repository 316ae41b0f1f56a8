"""Local training: what a delta is, and that it is the same each time."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from prefect_federated.core.errors import NonFiniteUpdate, ShapeMismatch
from prefect_federated.learning.local import evaluate, initial_vector, local_update
from prefect_federated.learning.plan import TrainingData, manifest
from prefect_federated.learning.tabular import TabularClassifier


def update(plan: TabularClassifier, data: TrainingData, seed: int = 5, clip_norm: float = 100.0) -> np.ndarray:
    tensors = manifest(plan)
    return local_update(plan, tensors, initial_vector(plan, tensors, 1), data, seed, clip_norm).delta


def test_base_plus_delta_is_the_trained_model(plan: TabularClassifier, data: TrainingData) -> None:
    tensors = manifest(plan)
    base = initial_vector(plan, tensors, 1)
    found = local_update(plan, tensors, base, data, 5, 100.0)
    before, after = evaluate(plan, tensors, base, data), evaluate(plan, tensors, base + found.delta, data)
    assert after["loss"] < 0.6 * before["loss"]
    assert after["accuracy"] > 0.9
    assert found.examples == 90
    assert found.metrics["update_norm"] == pytest.approx(float(np.linalg.norm(found.delta)), rel=1e-5)


def test_same_seed_gives_the_same_bits_and_another_seed_does_not(plan: TabularClassifier, data: TrainingData) -> None:
    assert update(plan, data).tobytes() == update(plan, data).tobytes()
    assert update(plan, data).tobytes() != update(plan, data, seed=6).tobytes()


def test_bits_do_not_depend_on_global_state_or_threads(plan: TabularClassifier, data: TrainingData) -> None:
    alone = update(plan, data).tobytes()
    torch.manual_seed(999)
    torch.set_num_threads(2)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: update(plan, data).tobytes(), range(8)))
    assert set(together) == {alone}


def test_training_leaves_global_state_as_it_was(plan: TabularClassifier, data: TrainingData) -> None:
    torch.manual_seed(4)
    torch.set_num_threads(2)
    expected = torch.random.get_rng_state()
    update(plan, data)
    assert torch.equal(torch.random.get_rng_state(), expected)
    assert torch.get_num_threads() == 2
    assert not torch.are_deterministic_algorithms_enabled()


def test_another_process_finds_the_same_bits(plan: TabularClassifier, data: TrainingData) -> None:
    code = (
        "import sys; sys.path.insert(0, 'tests/learning'); import conftest, hashlib;"
        "from prefect_federated.learning.plan import manifest;"
        "from prefect_federated.learning.local import *;"
        "plan = conftest.plan.__wrapped__(); data = conftest.data.__wrapped__(); t = manifest(plan);"
        "print(local_update(plan, t, initial_vector(plan, t, 1), data, 5, 100.0).delta.tobytes().hex())"
    )
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == update(plan, data).tobytes().hex()


def test_long_update_is_clipped_and_says_so(plan: TabularClassifier, data: TrainingData) -> None:
    tensors = manifest(plan)
    found = local_update(plan, tensors, initial_vector(plan, tensors, 1), data, 5, 0.01)
    assert np.linalg.norm(found.delta) == pytest.approx(0.01, rel=1e-5)
    assert found.metrics["clip_factor"] < 1 < 100 * found.metrics["update_norm"]


def test_base_is_not_written_into(plan: TabularClassifier, data: TrainingData) -> None:
    tensors = manifest(plan)
    base = initial_vector(plan, tensors, 1)
    kept = base.copy()
    local_update(plan, tensors, base, data, 5, 100.0)
    assert base.tobytes() == kept.tobytes()


def test_base_of_another_model_is_refused(plan: TabularClassifier, data: TrainingData) -> None:
    with pytest.raises(ShapeMismatch, match=r"\(3,\) does not fill the manifest's 26 numbers"):
        local_update(plan, manifest(plan), np.zeros(3, np.float32), data, 5, 1.0)


def test_diverging_training_is_refused(data: TrainingData) -> None:
    wild = TabularClassifier(means=[0.0] * 3, scales=[1e-6] * 3, epochs=20, lr=1e30)
    with pytest.raises(NonFiniteUpdate):
        update(wild, data)


def test_adam_and_dropout_are_reproducible_too(data: TrainingData) -> None:
    class Noisy(TabularClassifier):
        def module(self) -> torch.nn.Module:
            return torch.nn.Sequential(torch.nn.Dropout(0.5), super().module())

    noisy = Noisy(means=[50.0] * 3, scales=[10.0] * 3, epochs=2, optimizer="adam")
    assert update(noisy, data).tobytes() == update(noisy, data).tobytes()


def test_prediction_agrees_with_accuracy(plan: TabularClassifier, data: TrainingData) -> None:
    model = plan.build_model(1)
    plan.train(model, data, 5)
    predicted = plan.predict(model, data.frame[list(data.features)])
    assert (predicted == data.y).mean() == pytest.approx(plan.evaluate(model, data)["accuracy"])


def test_integer_buffers_stay_at_home(data: TrainingData) -> None:
    class Normed(TabularClassifier):
        def module(self) -> torch.nn.Module:
            return torch.nn.Sequential(torch.nn.BatchNorm1d(3), super().module())

    names = [tensor.name for tensor in manifest(Normed(means=[50.0] * 3, scales=[10.0] * 3))]
    assert "0.running_mean" in names
    assert "0.num_batches_tracked" not in names
