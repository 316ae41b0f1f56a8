"""Rounds in one process, in the integers of real ones and without a chain: for tests, benchmarks, a first look.

Standing --every silo: local_update, encode--> words --weighted_mean--> aggregate --server_step--> Standing
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.fixed_point import Encoding, decode, encode
from prefect_federated.core.local_spec import LocalSpec, Sgd, model_tensors
from prefect_federated.core.optimizers.server_step import State, initial_state, server_step
from prefect_federated.core.payload import INT32_MAX
from prefect_federated.core.server_spec import FedAvg, ServerSpec
from prefect_federated.core.spec import Tensor
from prefect_federated.learning.algorithms.chosen import shared_manifest
from prefect_federated.learning.algorithms.plain import NOTHING, Personal
from prefect_federated.learning.local import evaluate, initial_vector, local_update
from prefect_federated.learning.plan import TrainingData, TrainingPlan
from prefect_federated.learning.vector import size_of

Sent = tuple[int, NDArray[np.int32]]  # weight, words [d]
NOBODY: Mapping[str, Personal] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Setting:
    """What a task's spec would say of learning."""

    plan: TrainingPlan
    local: LocalSpec = field(default_factory=Sgd)
    server: ServerSpec = field(default_factory=FedAvg)
    clip_norm: float = 1e6
    frac_bits: int = 16
    limit: int = 2**24
    seed: int = 0

    @property
    def manifest(self) -> tuple[Tensor, ...]:
        """Tensors of the shared vector."""
        return shared_manifest(self.plan, self.local)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a round leaves: the shared words int32 `[d]`, the server's state, what each silo keeps at home."""

    round: int
    words: NDArray[np.int32]
    state: State
    personal: Mapping[str, Personal] = field(default_factory=dict)


def first(setting: Setting) -> Standing:
    """Version 0."""
    vector = initial_vector(setting.plan, setting.manifest, setting.seed, setting.local)
    words, _ = encode(vector, Encoding(setting.frac_bits, INT32_MAX))
    return Standing(0, words, initial_state(setting.server, words.size))


def after_round(setting: Setting, standing: Standing, silos: Mapping[str, TrainingData]) -> Standing:
    """One round in which all these silos take part; weights are their examples."""
    sent, personal = [], dict(standing.personal)
    for name, data in silos.items():
        update, personal[name] = trained(setting, standing, name, data)
        sent.append(update)
    return stepped(setting, standing, sent, personal)


def trained(setting: Setting, standing: Standing, name: str, data: TrainingData) -> tuple[Sent, Personal]:
    """A silo's update over a version, and what it keeps at home of it."""
    update = local_update(
        setting.plan,
        setting.manifest,
        decode(standing.words, Encoding(setting.frac_bits, INT32_MAX)).astype(np.float32),
        data,
        seed_of(setting, standing.round + 1, name),
        setting.clip_norm,
        local=setting.local,
        personal=standing.personal.get(name, NOTHING),
    )
    encoding = Encoding(setting.frac_bits, setting.limit)
    words, _ = encode(update.delta, encoding)
    return (update.examples, words), update.kept(decode(words, encoding))


def stepped(
    setting: Setting, standing: Standing, sent: Sequence[Sent], personal: Mapping[str, Personal] = NOBODY
) -> Standing:
    """What a round of these updates makes of a version."""
    aggregate = weighted_mean(sent, d=standing.words.size, limit=setting.limit)
    step = server_step(setting.server, standing.words, aggregate, standing.state, setting.frac_bits)
    return Standing(standing.round + 1, step.model, step.state, personal)


def judged(setting: Setting, standing: Standing, data: TrainingData, silo: str = "") -> dict[str, float]:
    """Metrics of the model; with what the silo keeps at home where one is named and the model has such layers."""
    tensors = model_tensors(setting.local, setting.manifest)
    vector = decode(standing.words, Encoding(setting.frac_bits, INT32_MAX)).astype(np.float32)
    at_home = standing.personal.get(silo, NOTHING) if setting.local.name == "fedbn" else NOTHING
    return evaluate(setting.plan, tensors, vector[: size_of(tensors)], data, at_home)


def seed_of(setting: Setting, round: int, silo: str) -> int:
    """Seed of a silo's batches in a round, 63 bits."""
    digest = hashlib.sha256(f"{setting.seed}/{round}/{silo}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1
