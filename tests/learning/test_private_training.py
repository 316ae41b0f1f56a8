"""DP-SGD: no row moves the model further than its clipped gradient, and the noise is all that was paid for."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from opacus import GradSampleModule
from torch import nn
from torch.nn.functional import cross_entropy

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.spec import PrivacySpec
from prefect_federated.learning.private_training import CHUNK, row_gradients
from prefect_federated.learning.secret_noise import SecretNoise
from prefect_federated.learning.tabular import TabularClassifier
from tests.learning.private_plans import (
    LOUD,
    QUIET,
    SECRET,
    Centred,
    Counter,
    Indifferent,
    Layers,
    Linear,
    flat,
    moved,
    table,
)


@pytest.mark.parametrize(("rows", "batch", "steps"), [(10, 10, 1), (10, 4, 3), (50, 1, 50)])
def test_noise_has_the_deviation_that_is_paid_for(rows: int, batch: int, steps: int) -> None:
    """A step adds lr * noise_multiplier * max_grad_norm / batch, steps add up in squares: within 2 %."""
    plan = Indifferent(200, 150, batch_size=batch, lr=0.5)
    found = moved(plan, table(rows, 200, 150), LOUD)
    expected = 0.5 * 1.3 * 0.7 / batch * steps**0.5
    assert found.std() == pytest.approx(expected, rel=0.02)
    assert abs(found.mean()) < 4 * expected / found.size**0.5


def test_steps_are_those_that_are_paid_for_and_empty_samples_are_among_them() -> None:
    plan = Linear(batch_size=1, epochs=2)
    moved(plan, table(50), LOUD)
    draw = SecretNoise(SECRET, "batches")
    sizes = [int((draw.uniform(50) <= 1 / 50).sum()) for _ in range(100)]
    assert 20 < sizes.count(0) < 55
    assert plan.last is not None and plan.last.taken == plan.sampling(50).steps == 100


def test_samples_are_drawn_row_by_row() -> None:
    """Clipped sums of one-hot gradients count who was drawn: here 3 of 4 rows on average."""
    plan = Linear(1, 2, batch_size=75, lr=1.0, epochs=1)
    data = table(100, 1, 2)
    data.frame["f0"], data.frame["label"] = 0.0, 0
    found = moved(plan, data, PrivacySpec(noise_multiplier=1e-9, max_grad_norm=1e-3))
    draw = SecretNoise(SECRET, "batches")
    sizes = [int((draw.uniform(100) <= 0.75).sum()) for _ in range(2)]
    assert np.linalg.norm(found) == pytest.approx(1e-3 * sum(sizes) / 75, rel=2e-3)
    assert sizes != [75, 75] and all(55 < size < 95 for size in sizes)


@pytest.mark.parametrize("rows", [1, 9, CHUNK, 2 * CHUNK + 5])
def test_a_step_is_the_mean_of_clipped_gradients(rows: int) -> None:
    """Against the formula, one row at a time by plain autograd: sum of g min(1, C / |g|) over the rows."""
    plan, data = Linear(batch_size=rows, lr=0.3), table(rows)
    model, total = plan.build_model(1), np.zeros(15)
    for x, y in zip(torch.from_numpy(data.x.astype(np.float32)), torch.from_numpy(data.y), strict=True):
        model.zero_grad()
        cross_entropy(model(x[None]), y[None]).backward()
        gradient = np.concatenate([p.grad.numpy().ravel() for p in model.parameters() if p.grad is not None])
        total += gradient * min(1.0, 0.5 / np.linalg.norm(gradient))
    np.testing.assert_allclose(moved(plan, data, QUIET), -0.3 * total / rows, rtol=1e-3, atol=1e-6)


SMOOTH = (nn.Linear(6, 5), nn.Tanh(), nn.LayerNorm(5), nn.Linear(5, 3))
CONVOLVED = (nn.Unflatten(1, (2, 3)), nn.Conv1d(2, 4, 2), nn.GroupNorm(2, 4), nn.Flatten(), nn.Linear(8, 3))


@pytest.mark.parametrize("layers", [SMOOTH, CONVOLVED], ids=["linear", "convolved"])
def test_gradients_of_single_rows_are_those_of_opacus(layers: tuple[nn.Module, ...]) -> None:
    torch.manual_seed(2)
    x, y, model = torch.randn(7, 6), torch.randint(0, 3, (7,)), nn.Sequential(*layers)
    ours = row_gradients(model, cross_entropy)(x, y)
    hooked = GradSampleModule(model)
    cross_entropy(hooked(x), y).backward()
    for name, p in model.named_parameters():
        torch.testing.assert_close(ours[name], p.grad_sample)


def extreme(rows: int = 12) -> tuple[Linear, Callable[[float], np.ndarray]]:
    """One step over a table whose first row's features are all `value`."""
    plan = Linear(batch_size=rows, lr=1.0)

    def after(value: float) -> np.ndarray:
        data = table(rows)
        data.frame.iloc[0, :4] = value
        return moved(plan, data, LOUD)

    return plan, after


@pytest.mark.parametrize("value", [1e4, 1e9, 1e18, 1e30])
def test_row_that_is_there_or_not_moves_the_model_by_its_clipped_gradient_at_most(value: float) -> None:
    """A row without a finite gradient adds nothing, so that it stands for a row that is not there."""
    _, after = extreme()
    distance = np.linalg.norm(after(value) - after(np.nan))
    assert distance <= 0.7 / 12 * 1.001
    if value < 1e17:  # further off, the gradient's norm leaves float32, and the row adds nothing either
        assert distance > 0.7 / 12 * 0.99, "the bound is reached: the test would see a looser one"


def test_replaced_row_moves_the_model_twice_as_far_at_most() -> None:
    _, after = extreme()
    assert np.linalg.norm(after(1e4) - after(-1e4)) <= 2 * 0.7 / 12 * 1.001


def test_row_that_is_no_number_spoils_nothing() -> None:
    """An update of NaN would be refused, and the silo's absence would tell of that row."""
    _, after = extreme()
    assert np.isfinite(after(np.nan)).all() and np.isfinite(after(np.inf)).all()


def test_rows_mixed_by_module_or_loss_have_gradients_of_their_own() -> None:
    def mixing(output: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return cross_entropy(output, y) + (output.mean(dim=0) ** 2).sum()

    torch.manual_seed(3)
    x, y = torch.randn(6, 4), torch.randint(0, 3, (6,))
    gradients = row_gradients(nn.Sequential(Centred(), nn.Linear(4, 3)), mixing)
    among, alone = gradients(x, y), gradients(x[:1], y[:1])
    for name, values in alone.items():
        torch.testing.assert_close(among[name][0], values[0])


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (nn.BatchNorm1d(4), "BatchNorm1d"),
        (nn.BatchNorm1d(4, affine=False), "BatchNorm1d"),
        (nn.InstanceNorm1d(4, affine=True, track_running_stats=True), "InstanceNorm1d"),
        (nn.LSTM(4, 4), "LSTM"),
    ],
)
def test_layer_that_ties_rows_together_is_refused_by_name(layer: nn.Module, kind: str) -> None:
    plan = Layers(nn.Linear(4, 4), layer)
    with pytest.raises(ConfigurationError, match=rf"layer 1 \({kind}\) cannot train privately: .*; take GroupNorm"):
        moved(plan, table(5), LOUD)


def test_features_scaled_by_the_silos_own_rows_are_refused() -> None:
    class OwnMeans(Linear):
        def tensors(self, x: np.ndarray) -> torch.Tensor:
            return super().tensors(x - x.mean(axis=0))

    with pytest.raises(ConfigurationError, match=r"OwnMeans\.tensors makes another first row of one row than of 5"):
        moved(OwnMeans(), table(5), LOUD)


def test_buffers_stay_as_they_were() -> None:
    plan = Layers(Counter(), nn.Linear(4, 3), batch_size=5)
    model = plan.build_model(1)
    plan.train_privately(model, table(5), SECRET, LOUD)
    assert float(model.state_dict()["0.calls"]) == 0


def test_frozen_layers_stay_as_they_were() -> None:
    plan = Layers(nn.Linear(4, 4).requires_grad_(False), nn.Linear(4, 3), batch_size=5)
    found = moved(plan, table(5), LOUD)
    assert not found[:20].any() and found[20:].all()


def test_same_secret_gives_the_same_bits_and_another_does_not(plan: TabularClassifier) -> None:
    data = table(30, 3, 2)
    first = moved(plan, data, LOUD)
    torch.manual_seed(99)
    torch.set_num_threads(2)
    assert first.tobytes() == moved(plan, data, LOUD).tobytes()
    assert not np.isclose(first, moved(plan, data, LOUD, bytes(32))).any()


def test_dropout_and_adam_are_reproducible() -> None:
    plan = TabularClassifier(means=[0.0] * 4, scales=[1.0] * 4, labels=3, optimizer="adam")
    plan.module = lambda: nn.Sequential(nn.Dropout(0.5), nn.Linear(4, 3))
    assert moved(plan, table(40), LOUD).tobytes() == moved(plan, table(40), LOUD).tobytes()


def test_model_comes_back_as_it_was_given_and_keeps_no_gradient(plan: TabularClassifier) -> None:
    model, fresh = plan.build_model(1), plan.build_model(1)
    result = plan.train_privately(model, table(30, 3, 2), SECRET, LOUD)
    assert list(model.state_dict()) == list(fresh.state_dict())
    assert not any(module._forward_hooks or module._backward_hooks for module in model.modules())
    assert not any(vars(p) or p.grad is not None for p in model.parameters())
    assert (result.examples, result.metrics) == (30, {})


def test_one_row_and_enormous_noise_are_no_special_case() -> None:
    plan = Linear(batch_size=32, epochs=3, lr=1.0)
    found = moved(plan, table(1), PrivacySpec(noise_multiplier=1e6, max_grad_norm=1.0))
    assert np.isfinite(found).all() and np.linalg.norm(found) > 1e6
    assert plan.last is not None and plan.last.taken == 3


def test_no_row_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="0 rows cannot be sampled"):
        moved(Linear(), table(0), LOUD)


def test_private_training_still_learns(plan: TabularClassifier, data: object) -> None:
    model = plan.build_model(1)
    before = flat(plan, model)
    plan.train_privately(model, data, SECRET, PrivacySpec(noise_multiplier=0.8, max_grad_norm=1.0))
    assert plan.evaluate(model, data)["accuracy"] > 0.85
    assert np.linalg.norm(flat(plan, model) - before) > 0.1
