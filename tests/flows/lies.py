"""Lies of an aggregator, each in one place of a result whose hashes are all in order."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from prefect_federated.adapters.aggregator import Aggregator
from prefect_federated.adapters.outcome import work_out
from prefect_federated.adapters.payloads import fetch_words, store_model, store_words
from prefect_federated.adapters.reading import RESULT_BYTES
from prefect_federated.adapters.regional import gather_for
from prefect_federated.core.findings import Wrong
from prefect_federated.core.proposal import Proposal, pack_exclusions
from prefect_federated.core.result import ResultDocument
from prefect_federated.core.round import Reason
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.scenario.consortium import Consortium

Lie = Callable[["Truth"], tuple[ResultDocument, dict[str, Any]]]


class Truth:
    """What an honest aggregator would propose, taken apart; a lie says what is different."""

    def __init__(self, aggregator: Aggregator, spec: RoundSpec) -> None:
        party = aggregator.party
        self.spec, self.store, self.federation = spec, party.store, party.federation
        reveals = party.federation.reveals(spec.task, spec.round)
        self.proposal = work_out(aggregator, spec, reveals, gather_for(aggregator, spec, reveals)).proposal
        content = b"".join(party.store.get(self.proposal.uri, RESULT_BYTES))
        self.document = ResultDocument.model_validate_json(content)

    def words(self, kind: str) -> "np.ndarray[Any, np.dtype[np.int32]]":
        uri = self.document.aggregate_uri if kind == "aggregate" else self.document.model_uri
        root = self.proposal.aggregate_root if kind == "aggregate" else self.proposal.model_root
        return fetch_words(self.store, self.spec, kind, uri, root).copy()

    def included(self, position: int, **changes: Any) -> tuple[ResultDocument, dict[str, Any]]:
        records = list(self.document.included)
        records[position] = records[position].model_copy(update=changes)
        return self.document.model_copy(update={"included": tuple(records)}), {}


def word_of_the_aggregate(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    lie, model = truth.words("aggregate"), truth.words("model")
    lie[-1] -= 1
    model[-1] -= 1
    (uri, root), (model_uri, model_root) = (
        store_words(truth.store, truth.spec, kind, words) for kind, words in (("aggregate", lie), ("model", model))
    )
    document = truth.document.model_copy(update={"aggregate_uri": uri, "model_uri": model_uri})
    return document, {"aggregate_root": root, "model_root": model_root}


def word_of_the_model(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    lie = truth.words("model")
    lie[3] += 1
    uri, root = store_words(truth.store, truth.spec, "model", lie)
    return truth.document.model_copy(update={"model_uri": uri}), {"model_root": root}


def header_of_the_aggregate(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    uri, root = store_model(truth.store, truth.spec.header("model"), truth.words("aggregate"))
    return truth.document.model_copy(update={"aggregate_uri": uri}), {"aggregate_root": root}


def weight_of_an_update(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    return truth.included(1, weight=truth.document.included[1].weight + 1)


def payload_of_an_update(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    return truth.included(0, payload_root=b"\x07" * 32)


def stranger_among_the_included(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    return truth.included(2, participant="0x" + "5e" * 20)


def order_of_the_included(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    first, second, *rest = truth.document.included
    return truth.document.model_copy(update={"included": (second, first, *rest)}), {}


def reason_that_the_task_does_not_have(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    document = truth.document.model_copy(update={"included": truth.document.included[:2]})
    return document, {"included": 2, "exclusions": pack_exclusions({2: Reason.NORM_BOUND})}


def award_moved_to_the_richest(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    (richest, wei), *_ = sorted(truth.document.rewards.items(), key=lambda item: -item[1])
    poorest, less = min(truth.document.rewards.items(), key=lambda item: item[1])
    moved = {**truth.document.rewards, richest: wei + 1, poorest: less - 1}
    return truth.document.model_copy(update={"rewards": moved}), {}


def award_of_nothing(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    rewards = {**truth.document.rewards, "0x" + "5e" * 20: 0}
    return truth.document.model_copy(update={"rewards": rewards}), {}


def total_that_locks_all_rewards(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    return truth.document, {"reward_total": truth.proposal.reward_total - 1}


def purpose_that_nobody_granted(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    return truth.document, {"purposes": truth.proposal.purposes | 1 << 40}


def second_after_the_first_grant_ends(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    grants = truth.federation.grants_of(truth.spec.task, truth.spec.round).values()
    return truth.document, {"usable_until": 1 + min(one.usable_until for one in truth.federation.rights_of(grants))}


def without(account: str) -> Lie:
    """Its update is there for everybody to read, and left out as missing; the aggregate is the one with it."""

    def lie(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
        included = tuple(one for one in truth.document.included if one.participant != account)
        revealed = truth.federation.reveals(truth.spec.task, truth.spec.round)
        out = {next(one.index for one in revealed if one.participant == account): Reason.UNAVAILABLE}
        changes = {"included": len(included), "exclusions": pack_exclusions(out)}
        return truth.document.model_copy(update={"included": included}), changes

    return lie


LIES: dict[Lie, Wrong] = {
    word_of_the_aggregate: Wrong.SUM,
    word_of_the_model: Wrong.STEP,
    header_of_the_aggregate: Wrong.HEADER,
    weight_of_an_update: Wrong.LEAF,
    payload_of_an_update: Wrong.LEAF,
    stranger_among_the_included: Wrong.LEAF,
    order_of_the_included: Wrong.ORDER,
    reason_that_the_task_does_not_have: Wrong.EXCLUSION,
    award_moved_to_the_richest: Wrong.REWARD,
    award_of_nothing: Wrong.REWARD,
    total_that_locks_all_rewards: Wrong.REWARD,
    purpose_that_nobody_granted: Wrong.RIGHTS,
    second_after_the_first_grant_ends: Wrong.RIGHTS,
}


def propose(consortium: Consortium, spec: RoundSpec, lie: Lie) -> Proposal:
    """Propose what the lie makes of the truth, with every hash in order."""
    aggregator = consortium.aggregator.open()
    truth = Truth(aggregator, spec)
    document, changes = lie(truth)
    root, total = document.reward_root
    bound = {
        "included_root": document.included_root,
        "metrics_hash": document.metrics_hash,
        "reward_root": root,
        "reward_total": total,
        "uri": truth.store.put([document.to_bytes()]),
    }
    proposal = replace(truth.proposal, **(bound | changes))
    aggregator.party.federation.propose(spec.task, spec.round, proposal)
    return proposal
