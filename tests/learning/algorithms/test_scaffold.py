"""SCAFFOLD: Algorithm 1 of the paper, through the integers of a round; with one silo it is FedAvg to the last bit."""

import numpy as np
import pytest
import torch

from prefect_federated.core.errors import ConfigurationError, ShapeMismatch
from prefect_federated.core.fixed_point import Encoding, decode
from prefect_federated.core.local_spec import Scaffold, Sgd
from prefect_federated.learning.determinism import reproducible
from prefect_federated.learning.local import local_update
from prefect_federated.learning.plan import TrainingData
from prefect_federated.learning.rounds import Setting, Standing, after_round, first, judged, seed_of
from prefect_federated.learning.tabular import TabularClassifier
from tests.learning.algorithms.plans import Normed, logistic, pair, silo

BITS = 24
Vectors = tuple[np.ndarray, np.ndarray]


def setting(local: object = None, **training: object) -> Setting:
    return Setting(logistic(**training), local or Scaffold(), frac_bits=BITS, limit=2**31 - 1)


def reals(standing: Standing) -> np.ndarray:
    return decode(standing.words, Encoding(BITS, 2**31 - 1))


def paper(plan: TabularClassifier, settings: Setting, silos: dict[str, TrainingData], rounds: int) -> Vectors:
    """Algorithm 1, option II, all silos in each round, rate 1 on the server, means weighted by examples; float64."""
    x = reals(first(settings))[:8]
    c, own = np.zeros(8), {name: np.zeros(8) for name in silos}
    share = {name: len(data) / sum(map(len, silos.values())) for name, data in silos.items()}
    for number in range(1, rounds + 1):
        moved, turned = np.zeros(8), np.zeros(8)
        for name, data in silos.items():
            y, steps = x.copy(), 0
            for rows in batches(plan, len(data), seed_of(settings, number, name)):
                y -= plan.lr * (gradient(y, data, rows) - own[name] + c)
                steps += 1
            new = own[name] - c + (x - y) / (steps * plan.lr)
            moved, turned = moved + share[name] * (y - x), turned + share[name] * (new - own[name])
            own[name] = new
        x, c = x + moved, c + turned
    return x, c


def batches(plan: TabularClassifier, rows: int, seed: int) -> list[np.ndarray]:
    with reproducible(seed):
        return [one.numpy() for _ in range(plan.epochs) for one in torch.split(torch.randperm(rows), plan.batch_size)]


def gradient(y: np.ndarray, data: TrainingData, rows: np.ndarray) -> np.ndarray:
    """Of the mean cross-entropy of a linear classifier with weights [2, 3] and biases [2], by hand."""
    x, labels = data.x[rows], data.y[rows]
    scores = x @ y[:6].reshape(2, 3).T + y[6:]
    odds = np.exp(scores - scores.max(axis=1, keepdims=True))
    wrong = odds / odds.sum(axis=1, keepdims=True) - np.eye(2)[labels]
    return np.concatenate(((wrong.T @ x).ravel(), wrong.sum(axis=0))) / len(rows)


def test_rounds_are_those_of_the_paper() -> None:
    settings, silos = setting(), pair()
    standing = first(settings)
    for _ in range(4):
        standing = after_round(settings, standing, silos)
    x, c = paper(settings.plan, settings, silos, 4)
    assert np.allclose(reals(standing), np.concatenate((x, c)), atol=2e-5)
    plain = first(setting(Sgd()))
    for _ in range(4):
        plain = after_round(setting(Sgd()), plain, silos)
    assert np.abs(reals(plain) - x).max() > 0.01, "the control variates make a difference"


def test_server_variate_is_the_mean_of_the_silos_own() -> None:
    settings = setting()
    silos = {name: silo(seed, 24, tilt) for name, seed, tilt in (("a", 1, 1.0), ("b", 2, -1.0), ("c", 3, 0.0))}
    standing = first(settings)
    for _ in range(3):
        standing = after_round(settings, standing, silos)
    kept = [np.concatenate([values.ravel() for values in own.values()]) for own in standing.personal.values()]
    assert len(kept) == 3 and all(np.abs(one).max() > 0.01 for one in kept)
    assert np.allclose(reals(standing)[8:], np.mean(kept, axis=0), atol=4 * 2.0**-BITS)


@pytest.mark.parametrize("clip_norm", [1e6, 0.05])
def test_with_one_silo_it_is_plain_averaging_to_the_last_bit(clip_norm: float) -> None:
    """c and c_i move by the same words, so that their difference is 0 in each round, whatever the clipping."""
    alone = {"north": pair()["north"]}
    settings = Setting(logistic(), Scaffold(), clip_norm=1e6)
    standing, plain = first(settings), first(Setting(logistic(), Sgd(), clip_norm=1e6))
    for _ in range(3):
        standing = after_round(settings, standing, alone)
        plain = after_round(Setting(logistic(), Sgd(), clip_norm=1e6), plain, alone)
    assert standing.words[:8].tolist() == plain.words.tolist() and standing.words[8:].any()
    tight = Setting(logistic(), Scaffold(), clip_norm=clip_norm)
    standing = first(tight)
    for _ in range(3):
        standing = after_round(tight, standing, alone)
    own = np.concatenate([values.ravel() for values in standing.personal["north"].values()])
    assert (decode(standing.words, Encoding(16, 2**31 - 1))[8:] == own).all()


def test_update_and_its_control_are_clipped_as_one() -> None:
    settings, data = setting(), pair()["north"]
    base = reals(first(settings)).astype(np.float32)
    whole = local_update(settings.plan, settings.manifest, base, data, 1, 1e6, local=Scaffold()).delta
    cut = local_update(settings.plan, settings.manifest, base, data, 1, 0.1, local=Scaffold()).delta
    assert np.linalg.norm(cut) == pytest.approx(0.1) and np.allclose(
        cut * np.linalg.norm(whole), whole * 0.1, atol=1e-6
    )


def test_what_was_kept_changes_the_next_round_and_nothing_kept_is_zero() -> None:
    settings, silos = setting(), pair()
    once = after_round(settings, first(settings), silos)
    twice = after_round(settings, once, silos)
    forgot = after_round(settings, Standing(once.round, once.words, once.state), silos)
    zeros = {name: {key: 0 * values for key, values in own.items()} for name, own in once.personal.items()}
    zeroed = after_round(settings, Standing(once.round, once.words, once.state, zeros), silos)
    assert (twice.words != forgot.words).any() and (forgot.words == zeroed.words).all()


def test_variates_of_other_tensors_are_refused() -> None:
    settings, data = setting(), pair()["north"]
    base = reals(first(settings)).astype(np.float32)
    with pytest.raises(ShapeMismatch, match="unknown"):
        local_update(
            settings.plan, settings.manifest, base, data, 1, 1e6, local=Scaffold(), personal={"x": np.zeros(3)}
        )


def test_running_statistics_have_no_variate_and_the_model_is_judged_without_any() -> None:
    settings = Setting(Normed(batch_size=8, lr=0.05), Scaffold())
    names = [tensor.name for tensor in settings.manifest]
    assert "1.running_mean" in names and "control/1.running_mean" not in names and "control/1.weight" in names
    standing = after_round(settings, first(settings), pair())
    assert set(judged(settings, standing, pair()["north"])) == {"loss", "accuracy"}


@pytest.mark.parametrize(
    ("training", "message"),
    [
        ({"momentum": 0.9}, "the plan takes 2 that weigh 2.9; set momentum to 0"),
        ({"epochs": 0}, "the plan takes 0 that weigh 0; set momentum to 0 and at least one step"),
        ({"optimizer": "adam"}, "optimizer='adam' with momentum=0: scaffold and fednova count steps of sgd"),
    ],
)
def test_plan_that_takes_no_plain_steps_is_refused(training: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        first(setting(**training))
