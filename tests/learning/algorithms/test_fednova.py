"""FedNova: the paper's normalised averaging for silos with unlike numbers of steps; with equal ones it is FedAvg."""

import numpy as np
import pytest

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.fixed_point import Encoding, decode
from prefect_federated.core.local_spec import FedNova, Sgd
from prefect_federated.core.server_spec import FedNova as NovaServer
from prefect_federated.learning.local import local_update
from prefect_federated.learning.rounds import Setting, after_round, first, seed_of
from tests.learning.algorithms.plans import Normed, logistic, pair, silo

BITS = 24


def setting(nominal: float = 8.0, **training: object) -> Setting:
    plan = logistic(**training)
    return Setting(plan, FedNova(nominal_steps=nominal), NovaServer(), frac_bits=BITS, limit=2**31 - 1)


def reals(words: np.ndarray) -> np.ndarray:
    return decode(words, Encoding(BITS, 2**31 - 1))


def effective(count: int, rho: float) -> float:
    """L1 norm of the weights of `count` gradients under momentum, one by one: each lives on in later steps."""
    return sum(rho**age for last in range(count) for age in range(last + 1))


@pytest.mark.parametrize("rho", [0.0, 0.9])
@pytest.mark.parametrize("nominal", [1.0, 8.0])
def test_round_is_that_of_the_paper(rho: float, nominal: float) -> None:
    """x + tau_eff sum p_i delta_i / a_i with tau_eff = sum p_i a_i; 10 and 6 steps of two unlike silos."""
    settings, silos = setting(nominal, momentum=rho), pair()
    begun = first(settings)
    base = reals(begun.words)[:8].astype(np.float32)
    plain = Setting(settings.plan)
    deltas, weights = [], []
    for name, data in silos.items():
        update = local_update(plan := settings.plan, plain.manifest, base, data, seed_of(settings, 1, name), 1e6)
        a = effective(plan.epochs * -(-len(data) // plan.batch_size), rho)
        deltas.append(update.delta.astype(np.float64) / a)
        weights.append((len(data), a))
    p = np.array([rows for rows, _ in weights]) / sum(rows for rows, _ in weights)
    tau = p @ np.array([a for _, a in weights])
    theirs = base + tau * (p @ np.array(deltas))
    ours = reals(after_round(settings, begun, silos).words)
    assert ours[-1] == 0 and np.allclose(ours[:8], theirs, atol=1e-5)
    averaged = base + p @ np.array([delta * a for delta, (_, a) in zip(deltas, weights, strict=True)])
    assert np.abs(averaged - theirs).max() > 1e-3, "the silos step differently often, and that shows"


def test_with_equal_steps_it_is_plain_averaging_to_the_last_bit() -> None:
    silos = {"a": silo(1, 24, 1.0), "b": silo(2, 24, -1.0)}
    nova, plain = setting(6.0), Setting(logistic(), Sgd(), frac_bits=BITS, limit=2**31 - 1)  # 2 passes of 3 batches
    ours, theirs = first(nova), first(plain)
    for _ in range(3):
        ours, theirs = after_round(nova, ours, silos), after_round(plain, theirs, silos)
    assert ours.words[:-1].tolist() == theirs.words.tolist() and theirs.words.any()


def test_bound_is_that_of_the_normalised_update() -> None:
    settings, data = setting(), pair()["north"]
    base = reals(first(settings).words).astype(np.float32)
    found = local_update(settings.plan, settings.manifest, base, data, 1, 0.01, local=settings.local)
    assert np.linalg.norm(found.delta[:-1]) == pytest.approx(0.01) and found.delta[-1] == 10 / 8


def test_more_steps_than_a_word_holds_are_refused_and_not_cut() -> None:
    settings = Setting(logistic(), FedNova(), NovaServer(), frac_bits=22, limit=2**24)
    with pytest.raises(ConfigurationError, match=r"10 units of local steps are 4 in a word .*nominal_steps, now 1"):
        after_round(settings, first(settings), pair())
    fits = Setting(logistic(), FedNova(nominal_steps=10), NovaServer(), frac_bits=22, limit=2**24)
    assert after_round(fits, first(fits), pair()).round == 1


def test_running_statistics_are_refused_for_a_variance_could_turn_negative() -> None:
    with pytest.raises(ConfigurationError, match=r"also shares 1\.running_mean, 1\.running_var, which no gradient"):
        first(Setting(Normed(), FedNova(), NovaServer()))


@pytest.mark.parametrize(
    ("training", "message"),
    [({"optimizer": "adam"}, "optimizer='adam'"), ({"momentum": 1.0}, "momentum=1: scaffold and fednova count")],
)
def test_plan_whose_steps_have_no_weight_is_refused(training: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        first(setting(**training))


def test_no_step_at_all_is_refused() -> None:
    settings = setting(epochs=0)
    with pytest.raises(ConfigurationError, match="divides by the number of local steps, 0 on 40 rows"):
        after_round(settings, first(settings), pair())
