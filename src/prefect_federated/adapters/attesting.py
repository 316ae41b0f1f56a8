"""Measuring a round as a reader: the model that its updates would make, on a held-out set, beside the base model.

reveals --gather, combine as the aggregator would--> candidate --evaluate--> metrics;  base + each update --> correct
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from prefect_federated.adapters.data.sources import DataSource
from prefect_federated.adapters.detecting import run_detection
from prefect_federated.adapters.gathering import gather
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_words
from prefect_federated.adapters.server_stepping import step_from_base
from prefect_federated.core.combine import Words, add, combine
from prefect_federated.core.fixed_point import decode
from prefect_federated.core.opinion import Opinion
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealing import derive
from prefect_federated.core.vote import Vote
from prefect_federated.learning.evaluation import Bench


@dataclass(frozen=True, slots=True)
class Measured:
    """Metrics of base and candidate by name; held-out examples that the base gets right, and with each update added."""

    base: Mapping[str, float]
    candidate: Mapping[str, float]
    base_correct: int
    correct: Mapping[int, int]
    indices: int
    named: frozenset[int] = frozenset()  # indices that detection names


def measure(party: Party, spec: RoundSpec, holdout: DataSource) -> Measured:
    """Recompute the round with the exclusions that the aggregator would make, and measure what comes of it.

    Whoever is left out of the aggregate is not scored. `indices` ends with the last index that revealed.
    """
    reveals = party.federation.reveals(spec.task, spec.round)
    agreed, gathered = spec.spec, gather(party, spec, reveals)
    report = run_detection(party, spec, gathered)
    combined = combine(agreed.rule, gathered.updates, agreed.model.size, agreed.update.limit)
    base = fetch_words(party.store, spec, "model", spec.base_uri, spec.base_root)
    candidate = step_from_base(party, spec, base, combined.aggregate).model
    bench, places = Bench(agreed, holdout.read()), {reveal.participant: reveal.index for reveal in reveals}

    def vector(words: Words) -> NDArray[np.float32]:
        return decode(words, spec.header("model").parts[0].encoding).astype(np.float32)

    return Measured(
        base=bench.metrics(vector(base)),
        candidate=bench.metrics(vector(candidate)),
        base_correct=bench.correct(vector(base)),
        correct={places[u.participant]: bench.correct(vector(add(base, u.words))) for u in combined.kept},
        indices=max(places.values(), default=-1) + 1,
        named=frozenset(places[account] for account in report.accounts) if report else frozenset(),
    )


def keep_opinion(party: Party, spec: RoundSpec, opinion: Opinion) -> Opinion:
    """Keep an opinion, encrypted to its validator, before anything is signed; one kept earlier stands."""
    return Opinion.from_bytes(party.vault.keep(spec.slot("opinion", party.account), opinion.to_bytes()))


def kept_opinion(party: Party, spec: RoundSpec) -> Opinion | None:
    """The opinion that this validator has kept in this round, on whatever machine, or None."""
    kept = party.vault.recall(spec.slot("opinion", party.account))
    return None if kept is None else Opinion.from_bytes(kept)


def vote_of(party: Party, spec: RoundSpec, opinion: Opinion) -> Vote:
    """The vote that says so; its salt comes from sealing key and round, so none can be lost."""
    key = party.sealing_key
    return opinion.vote(derive(key.private_bytes, "vote salt", spec.context(party.account), key.version))
