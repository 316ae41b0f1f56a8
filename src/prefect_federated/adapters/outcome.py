"""The outcome of a round as its aggregator works it out: aggregate, next model, metrics, rewards, rights, proposal.

updates --combine--> aggregate --server step--> model, state --evaluate--> metrics --pay--> rewards --> Proposal
updates --detect--> report -->
base version and grants of the included --intersection--> rights -->
"""

from collections.abc import Collection
from dataclasses import dataclass

from prefect_federated.adapters.aggregator import Aggregator
from prefect_federated.adapters.detecting import run_detection
from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.gathering import Gathered
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import fetch_words, store_state, store_words
from prefect_federated.adapters.reading import rewards_so_far, version_with_hash
from prefect_federated.adapters.regional import with_tiers
from prefect_federated.adapters.server_stepping import require_true_base, step_from_base
from prefect_federated.core.combine import Combined, Words
from prefect_federated.core.fixed_point import decode_single
from prefect_federated.core.pay import Part, ShownVote, round_pay
from prefect_federated.core.proposal import Proposal, pack_exclusions
from prefect_federated.core.result import IncludedUpdate, ResultDocument
from prefect_federated.core.rewards import add_rewards
from prefect_federated.core.round import Reason
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.usage_rights import UsageRights, intersection
from prefect_federated.learning.evaluation import evaluate_vector


@dataclass(frozen=True, slots=True)
class Outcome:
    """A proposal with the words for people that the chain does not keep."""

    proposal: Proposal
    metrics: dict[str, float]
    reasons: dict[str, Reason]
    details: dict[str, str]


def work_out(aggregator: Aggregator, spec: RoundSpec, reveals: list[Reveal], gathered: Gathered) -> Outcome:
    """Everything that the proposal binds. With nobody left to aggregate it says so, and the round voids.

    Raises:
        ProtocolError: the base version is not what the task's optimiser makes; nothing is built on it.
    """
    require_true_base(aggregator.party, spec)
    party = aggregator.party
    store, detection = party.store, run_detection(party, spec, gathered)
    combined = with_tiers(spec, gathered, aggregator.combine(spec, gathered), reveals)
    stepped = step_from_base(party, spec, _base(party, spec), combined.aggregate)
    aggregate_uri, aggregate_root = store_words(store, spec, "aggregate", combined.aggregate)
    stored_uri, model_root = store_words(store, spec, "model", stepped.model)
    state_uri, state_root = store_state(store, spec, stepped.state)
    roots = {reveal.participant: reveal.opening.payload_root for reveal in reveals}
    document = ResultDocument(
        aggregate_uri=aggregate_uri,
        model_uri=stored_uri,
        state_uri=state_uri,
        included=tuple(
            IncludedUpdate(participant=u.participant, payload_root=roots[u.participant], weight=u.weight)
            for u in combined.kept
        ),
        rewards=_rewards(aggregator, spec, reveals, combined),
        metrics=_metrics(aggregator, spec, stepped.model),
        detection=detection,
    )
    reasons = gathered.reasons | combined.left_out
    indices = {reveal.participant: reveal.index for reveal in reveals}
    rights = rights_due(party, spec, [update.participant for update in combined.kept])
    proposal = Proposal(
        aggregate_root=aggregate_root,
        model_root=model_root,
        state_root=state_root,
        included_root=document.included_root,
        metrics_hash=document.metrics_hash,
        reward_root=document.reward_root[0],
        reward_total=document.reward_root[1],
        included=len(document.included),
        purposes=rights.purposes,
        usable_until=rights.usable_until,
        exclusions=pack_exclusions({indices[participant]: reason for participant, reason in reasons.items()}),
        uri=store.put([document.to_bytes()]),
    )
    return Outcome(proposal, document.metrics, reasons, gathered.details)


def _base(party: Party, spec: RoundSpec) -> Words:
    return fetch_words(party.store, spec, "model", spec.base_uri, spec.base_root)


def _metrics(aggregator: Aggregator, spec: RoundSpec, model: Words) -> dict[str, float]:
    if aggregator.holdout is None or spec.spec.statistics is not None:
        return {}
    vector = decode_single(model, spec.header("model").parts[0].encoding)
    return evaluate_vector(spec.spec, vector, aggregator.holdout.read())


def _rewards(aggregator: Aggregator, spec: RoundSpec, reveals: list[Reveal], combined: Combined) -> dict[str, int]:
    """Cumulative rewards: those of the last settled round, and this round's pay on top."""
    party, indices = aggregator.party, {reveal.participant: reveal.index for reveal in reveals}
    parts = [Part(update.participant, indices[update.participant], update.weight) for update in combined.kept]
    earned = round_pay(spec.spec.enforced, party.account, parts, shown_votes(party, spec))
    return add_rewards(rewards_so_far(party, spec.task), earned)


def rights_due(party: Party, spec: RoundSpec, included: Collection[str]) -> UsageRights:
    """What the base version and the grants of the included allow; who committed nothing has no grant to count."""
    federation = party.federation
    grants = federation.grants_of(spec.task, spec.round)
    given = federation.rights_of(grants[account] for account in included if account in grants)
    base = version_with_hash(federation.versions(spec.task), spec.base_version)
    return intersection(base.rights, given)


def shown_votes(party: Party, spec: RoundSpec) -> list[ShownVote]:
    """What the round's committee showed; nothing where the task has none."""
    return party.federation.shown_votes(spec.task, spec.round) if spec.spec.enforced.committee else []
