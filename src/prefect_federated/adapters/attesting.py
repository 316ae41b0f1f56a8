"""Measuring a round as a reader: the model that its updates would make, on a held-out set, beside the base model.

reveals --gather, combine as the aggregator would--> candidate --evaluate--> metrics;  updates --score--> scores
"""

from collections.abc import Mapping
from dataclasses import dataclass

from prefect_federated.adapters.detecting import run_detection
from prefect_federated.adapters.gathering import gather
from prefect_federated.adapters.holdout import HeldOut
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_words
from prefect_federated.adapters.scoring import Trial, score
from prefect_federated.adapters.server_stepping import step_from_base
from prefect_federated.core.combine import combine
from prefect_federated.core.opinion import Opinion
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.scoring.score_vector import Scores
from prefect_federated.core.sealing import derive
from prefect_federated.core.vote import Vote
from prefect_federated.learning.evaluation import Bench


@dataclass(frozen=True, slots=True)
class Measured:
    """Metrics of base and candidate by name, and the updates' scores by index; whom detection names scores nothing."""

    base: Mapping[str, float]
    candidate: Mapping[str, float]
    scores: Scores


def measure(party: Party, spec: RoundSpec, holdout: HeldOut) -> Measured:
    """Recompute the round with the exclusions that the aggregator would make, and measure what comes of it.

    Scores end with the last index that revealed; 0 stands for whoever is left out, or named by detection.

    Raises:
        DataRefused: the task fixed its committee's held-out set, and this is another.
    """
    reveals = party.federation.reveals(spec.task, spec.round)
    agreed, gathered = spec.spec, gather(party, spec, reveals)
    report = run_detection(party, spec, gathered)
    combined = combine(agreed.rule, gathered.updates, agreed.model.size, agreed.update.limit)
    base = fetch_words(party.store, spec, "model", spec.base_uri, spec.base_root)
    candidate = step_from_base(party, spec, base, combined.aggregate).model
    bench, places = Bench(agreed, holdout.read(agreed)), {reveal.participant: reveal.index for reveal in reveals}
    named = report.accounts if report else frozenset()
    worth = {places[update.participant]: update for update in combined.kept if update.participant not in named}
    trial = Trial(spec, bench, base, worth)
    return Measured(
        base=bench.metrics(trial.vector(base)),
        candidate=bench.metrics(trial.vector(candidate)),
        scores=score(trial, combined, max(places.values(), default=-1) + 1),
    )


def keep_opinion(party: Party, spec: RoundSpec, opinion: Opinion) -> Opinion:
    """Keep an opinion, encrypted to its validator, before anything is signed; one kept earlier stands."""
    return Opinion.from_bytes(party.vault.keep(spec.slot("opinion", party.account), opinion.to_bytes()))


def kept_opinion(party: Party, spec: RoundSpec) -> Opinion | None:
    """The opinion that this validator has kept in this round, on whatever machine, or None."""
    kept = party.vault.recall(spec.slot("opinion", party.account))
    return None if kept is None else Opinion.from_bytes(kept)


def vote_of(party: Party, spec: RoundSpec, opinion: Opinion) -> Vote:
    """The vote that says so; its salt comes from round and sealing key, so none can be lost.

    From that key under which the opinion is kept: after a rotation it is the same vote, and contradicts no earlier one.
    """
    kept = party.vault.find(spec.slot("opinion", party.account))
    key = party.sealing_key if kept is None else kept[1]
    return opinion.vote(derive(key.private_bytes, "vote salt", spec.context(party.account), key.version))
