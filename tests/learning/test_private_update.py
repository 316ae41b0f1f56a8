"""A silo's private update: drawn from its own secret, bound to its rows, with nothing measured beside it."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from prefect_federated.adapters.data.training import noise_secret
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.core.agreement import in_numbers
from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.fixed_point import Encoding, encode
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.spec import ModelSpec, PrivacySpec, RuleSpec, TaskSpec, UpdateSpec
from prefect_federated.learning.local import initial_vector, local_update
from prefect_federated.learning.plan import Private, TrainingData, TrainResult, code_hash, load_plan, manifest
from prefect_federated.learning.tabular import TabularClassifier
from prefect_federated.learning.update import train_update, training_seed

PLAN = "prefect_federated.learning.tabular:TabularClassifier"
SETTINGS = {"means": [50.0] * 3, "scales": [10.0] * 3, "batch_size": 30, "epochs": 2, "lr": 0.1}
ALICE, BOB = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
KEYS = {who: SealingKey.from_seed(bytes([place]) * 32) for place, who in enumerate((ALICE, BOB), 1)}
PRIVACY = PrivacySpec(noise_multiplier=1.0, max_grad_norm=1.0)
DIGEST = b"\x05" * 32
ONES = dict.fromkeys(("commit_window", "reveal_window", "aggregate_window", "challenge_window", "quorum"), 1)


def agreed(**changes: Any) -> RoundSpec:
    """Round 3 of a task over three features, with private training unless `changes` say otherwise."""
    tensors, update = manifest(load_plan(PLAN, SETTINGS)), UpdateSpec(clip_norm=50.0, limit=2**24)
    model = ModelSpec(tensors=tensors, frac_bits=16, genesis_uri="")
    enforced = {
        **{"genesis_root": bytes(32), "max_participants": 4, "max_misses": 1, "max_weight": 1000, "max_rounds": 9},
        **{"bond": 1, "aggregator_bond": 1, "round_reward": 1, "aggregator": BOB, **ONES},
        **in_numbers(("GRU",), RuleSpec(), update, model, 1024),
    }
    if changes.get("privacy", PRIVACY) is not None:
        enforced |= {"privacy_floor": 1, "modes": 1}
    columns = [{"name": name, "minimum": 0, "maximum": 100} for name in ("a", "b", "c")]
    task = TaskSpec.model_validate(
        {
            **{"name": "ward", "purposes": ["GRU"], "model": model, "update": update, "enforced": enforced},
            "data": {"columns": columns, "target": "label", "target_values": [0, 1]},
            "plan": {"ref": PLAN, "code_hash": code_hash(PLAN), "hyperparameters": SETTINGS},
            **{"privacy": PRIVACY, **changes},
        }
    )
    return RoundSpec(31337, "0x" + "cc" * 20, 1, 3, b"\x01" * 32, task, 0, b"\x07" * 32, b"\x02" * 32, "", (), 2, 0)


def trained(spec: RoundSpec, data: TrainingData, secret: bytes, who: str = ALICE) -> np.ndarray:
    """The words of an update from the task's first model."""
    vector = initial_vector(load_plan(PLAN, SETTINGS), spec.spec.model.tensors, 1)
    words, _ = encode(vector, Encoding(16, 2**31 - 1))
    return train_update(spec, who, words, data, secret).words


def secret_of(who: str, spec: RoundSpec, digest: bytes = DIGEST) -> bytes:
    return noise_secret(KEYS[who], spec, who, digest)


def test_same_silo_round_and_rows_give_the_same_update(data: TrainingData) -> None:
    spec = agreed()
    first, again = (trained(spec, data, secret_of(ALICE, spec)) for _ in range(2))
    assert first.any() and first.tobytes() == again.tobytes()


def test_two_silos_with_the_same_rows_draw_other_noise(data: TrainingData) -> None:
    spec = agreed()
    ours, theirs = (trained(spec, data, secret_of(who, spec)) for who in (ALICE, BOB))
    assert (ours != theirs).mean() > 0.9
    stolen = noise_secret(KEYS[BOB], spec, ALICE, DIGEST)  # another key, everything public as Alice's
    assert (ours != trained(spec, data, stolen)).mean() > 0.9


def test_public_seed_does_not_give_the_noise_away(data: TrainingData) -> None:
    spec = agreed()
    seed = training_seed(spec, ALICE)
    known = (seed.to_bytes(32, "big"), seed.to_bytes(32, "little"), hashlib.sha256(str(seed).encode()).digest())
    ours = trained(spec, data, secret_of(ALICE, spec))
    for guess in known:
        assert (ours != trained(spec, data, guess)).mean() > 0.9


def test_plan_seed_of_the_task_does_not_touch_the_noise(data: TrainingData) -> None:
    plan = {"ref": PLAN, "code_hash": code_hash(PLAN), "hyperparameters": SETTINGS}
    one, other = agreed(plan={**plan, "seed": 1}), agreed(plan={**plan, "seed": 2})
    assert trained(one, data, DIGEST).tobytes() == trained(other, data, DIGEST).tobytes()


CHANGES: dict[str, Callable[[RoundSpec], RoundSpec]] = {
    "round": lambda spec: replace(spec, round=4),
    "task": lambda spec: replace(spec, task_id=b"\x09" * 32),
    "base": lambda spec: replace(spec, base_root=b"\x09" * 32),
    "chain": lambda spec: replace(spec, chain_id=1),
    "contract": lambda spec: replace(spec, coordinator="0x" + "dd" * 20),
}


@pytest.mark.parametrize("what", CHANGES)
def test_no_two_updates_share_noise_that_their_difference_would_cancel(what: str) -> None:
    spec = agreed()
    assert secret_of(ALICE, CHANGES[what](spec)) != secret_of(ALICE, spec)


def test_other_rows_get_other_noise() -> None:
    assert secret_of(ALICE, agreed()) != secret_of(ALICE, agreed(), b"\x06" * 32)


def test_private_task_without_a_secret_is_not_trained(data: TrainingData) -> None:
    with pytest.raises(ConfigurationError, match="has 0 bytes, it needs 32"):
        trained(agreed(), data, b"")


def test_task_without_privacy_trains_as_before(data: TrainingData) -> None:
    spec = agreed(privacy=None)
    assert trained(spec, data, b"").tobytes() == trained(spec, data, secret_of(ALICE, spec)).tobytes()
    assert trained(spec, data, b"").tobytes() != trained(spec, data, b"", BOB).tobytes()


def test_metrics_say_nothing_that_was_measured_without_noise(data: TrainingData) -> None:
    class Talkative(TabularClassifier):
        def train_privately(self, *args: Any) -> TrainResult:
            super().train_privately(*args)
            return TrainResult(17, {"train_loss": 0.5})

    plan = Talkative(**SETTINGS)
    tensors = manifest(plan)
    base = initial_vector(plan, tensors, 1)
    found = local_update(plan, tensors, base, data, 5, 1.0, Private(PRIVACY, bytes(32)))
    assert set(found.metrics) == {"update_norm", "clip_factor"}
    assert found.examples == len(data), "the rows are public, how many were drawn is not"
    assert "train_loss" in local_update(plan, tensors, base, data, 5, 1.0).metrics


def test_plan_that_cannot_train_privately_is_refused_before_it_trains(data: TrainingData) -> None:
    class Plain:
        """The methods of a plan, and no private training."""

        def __init__(self) -> None:
            self.inner, self.trained = TabularClassifier(**SETTINGS), False

        def train(self, model: Any, data: TrainingData, seed: int) -> TrainResult:
            self.trained = True
            return self.inner.train(model, data, seed)

        def __getattr__(self, name: str) -> Any:
            if name in ("build_model", "parameters", "load", "evaluate", "predict"):
                return getattr(self.inner, name)
            raise AttributeError(name)

    plan = Plain()
    tensors = manifest(plan)
    with pytest.raises(ConfigurationError, match="plan Plain lacks sampling or train_privately; subclass TorchPlan"):
        local_update(plan, tensors, initial_vector(plan, tensors, 1), data, 5, 1.0, Private(PRIVACY, bytes(32)))
    assert not plan.trained


def test_secret_does_not_show_where_settings_are_printed() -> None:
    assert "7777" not in repr(Private(PRIVACY, b"7" * 32))
