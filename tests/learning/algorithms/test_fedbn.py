"""FedBN: what normalises stays in the silo, what remains is averaged as ever, by hand and by the library."""

import numpy as np
import pandas as pd
import pytest

from prefect_federated.core.errors import ConfigurationError, ShapeMismatch
from prefect_federated.core.fixed_point import Encoding, decode
from prefect_federated.core.local_spec import FedBN, Sgd
from prefect_federated.learning.local import initial_vector, local_update
from prefect_federated.learning.plan import TrainingData, manifest
from prefect_federated.learning.rounds import Setting, Standing, after_round, first, judged, seed_of
from tests.learning.algorithms.plans import FEATURES, Normed, logistic, pair

BITS = 24
NORMS = {"1.weight", "1.bias", "1.running_mean", "1.running_var"}


def setting(*layers: str, plan: Normed | None = None) -> Setting:
    return Setting(
        plan or Normed(batch_size=8, lr=0.1, epochs=2), FedBN(layers=layers), frac_bits=BITS, limit=2**31 - 1
    )


def by_hand(settings: Setting, silos: dict[str, TrainingData], rounds: int) -> dict[str, np.ndarray]:
    """Algorithm 1 of the paper with the plan alone: average all but the normalisation, in float64."""
    plan = settings.plan
    fresh = plan.parameters(plan.build_model(settings.seed))
    shared = {name: values for name, values in fresh.items() if name not in NORMS}
    own = {name: {key: fresh[key] for key in NORMS} for name in silos}
    share = {name: len(data) / sum(map(len, silos.values())) for name, data in silos.items()}
    for number in range(1, rounds + 1):
        total = {name: np.zeros(values.shape) for name, values in shared.items()}
        for name, data in silos.items():
            model = plan.build_model(5)
            plan.load(model, {**shared, **own[name]})
            plan.train(model, data, seed_of(settings, number, name))
            after = plan.parameters(model)
            own[name] = {key: after[key] for key in NORMS}
            total = {key: total[key] + share[name] * after[key].astype(np.float64) for key in total}
        shared = {key: values.astype(np.float32) for key, values in total.items()}
    return shared | {f"{name}/{key}": values for name, kept in own.items() for key, values in kept.items()}


def test_rounds_are_those_of_the_paper() -> None:
    settings, silos = setting(), pair()
    standing = first(settings)
    for _ in range(3):
        standing = after_round(settings, standing, silos)
    theirs = by_hand(settings, silos, 3)
    shared = np.concatenate([values.ravel() for name, values in theirs.items() if "/" not in name])
    assert np.allclose(decode(standing.words, Encoding(BITS, 2**31 - 1)), shared, atol=1e-5)
    for name, kept in standing.personal.items():
        assert set(kept) == NORMS
        assert all(np.allclose(values, theirs[f"{name}/{key}"], atol=1e-5) for key, values in kept.items())
    north, south = (standing.personal[name]["1.running_mean"] for name in silos)
    assert np.abs(north - south).max() > 0.1, "each silo's own"


def test_normalisation_is_in_no_update_and_in_no_version() -> None:
    settings = setting()
    assert [tensor.name for tensor in settings.manifest] == ["0.weight", "0.bias", "3.weight", "3.bias"]
    assert {tensor.name for tensor in manifest(settings.plan)} - {tensor.name for tensor in settings.manifest} == NORMS


def test_named_layers_stay_in_place_of_normalisation() -> None:
    assert [tensor.name for tensor in setting("3.*").manifest] == [
        *("0.weight", "0.bias", "1.weight", "1.bias", "1.running_mean", "1.running_var")
    ]
    standing = after_round(setting("3.*"), first(setting("3.*")), pair())
    assert set(standing.personal["north"]) == {"3.weight", "3.bias"}


def shifted(seed: int, shift: float) -> TrainingData:
    """The same task in every silo, on features that lie elsewhere in each."""
    z = np.random.default_rng(seed).normal(size=(80, 3))
    frame = pd.DataFrame(z + shift, columns=list(FEATURES))
    return TrainingData(frame.assign(label=(z.sum(axis=1) > 0).astype(np.int64)), FEATURES, "label")


def test_silo_is_well_served_by_its_own_normalisation_and_badly_by_anothers() -> None:
    silos = {"low": shifted(1, -3.0), "high": shifted(2, 3.0)}
    settings = setting()
    standing = first(settings)
    for _ in range(8):
        standing = after_round(settings, standing, silos)
    for name, other in (("low", "high"), ("high", "low")):
        own, foreign = (judged(settings, standing, silos[name], whose)["accuracy"] for whose in (name, other))
        assert own > 0.9 and foreign < 0.7


def test_party_without_them_measures_with_those_of_a_fresh_model() -> None:
    settings, data = setting(), pair()["north"]
    standing = after_round(settings, first(settings), pair())
    plan = settings.plan
    model = plan.build_model(0)
    fresh = {name: plan.parameters(model)[name] for name in NORMS}
    lost = Standing(standing.round, standing.words, standing.state, {"north": fresh})
    assert judged(settings, standing, data) == judged(settings, lost, data, "north")


def test_base_with_the_layers_in_it_is_refused() -> None:
    plan, data = setting().plan, pair()["north"]
    whole = manifest(plan)
    with pytest.raises(ShapeMismatch, match="missing"):
        local_update(plan, whole, initial_vector(plan, whole, 0), data, 1, 1e6, local=FedBN())
    assert local_update(plan, whole, initial_vector(plan, whole, 0), data, 1, 1e6, local=Sgd()).examples == 40


@pytest.mark.parametrize(
    ("layers", "message"),
    [((), "names batch normalisation: 0 of 2 tensors"), (("9.*",), r"names 9\.\*: 0 of 2"), (("*",), "2 of 2 tensors")],
)
def test_nothing_or_everything_at_home_is_refused(layers: tuple[str, ...], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        first(setting(*layers, plan=logistic()))
