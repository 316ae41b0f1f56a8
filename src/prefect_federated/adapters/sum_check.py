"""Whether the proposed aggregate is the rule's over the included updates, and the model the step's over both.

included updates --rule--> aggregate, word by word;   base + aggregate --step_check--> model, state
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from prefect_federated.adapters.gathering import Gathered
from prefect_federated.adapters.masked_check import masked_aggregate, masked_findings
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import S, fetch_kept
from prefect_federated.adapters.spool import Spool, in_memory
from prefect_federated.adapters.step_check import step_findings, told_by_root, wrong_step
from prefect_federated.adapters.unreached import unread, wrong_of
from prefect_federated.core.aggregation.two_tiers import mean_of_sums
from prefect_federated.core.combine import Update, Words, apply_rule
from prefect_federated.core.errors import ConfigurationError, PayloadError, SpecError, StoreUnreachable
from prefect_federated.core.findings import AGGREGATE, MODEL, Finding, Wrong
from prefect_federated.core.payload import check_stream, header_chunk, parse, words_of
from prefect_federated.core.proofs import coordinate_of, first_difference, with_ranks
from prefect_federated.core.round_spec import RoundSpec

if TYPE_CHECKING:
    from prefect_federated.adapters.verification import Claimed


def result_findings(party: Party, spec: RoundSpec, claimed: "Claimed", gathered: Gathered | None) -> Iterator[Finding]:
    """What is wrong with aggregate, model and state.

    The model is compared from a spool, so that what is in memory at once is base, aggregate and what either should be.
    What is not to be had is told from its root where a reader can work it out: an aggregate or model of the right root
    is not withheld by a place that does not answer, one of another is false, wherever it lies.

    Args:
        gathered: the round's updates where they could be read and the proposal's records of them are true, else None.
    """
    document, proposal = claimed.document, claimed.proposal
    stream, why = _stream(party, spec, "aggregate", document.aggregate_uri, proposal.aggregate_root, in_memory)
    model, lacks = _stream(party, spec, "model", document.model_uri, proposal.model_root, Spool().keep)
    if stream is not None:
        aggregate = parse(stream, spec.header("aggregate"))[1]["model"]
        if gathered is not None and document.included:
            yield from sum_findings(spec, claimed, gathered, aggregate)
    else:
        ours = None if gathered is None else own_aggregate(spec, claimed, gathered)
        told = list(told_by_root(spec, "aggregate", ours, proposal.aggregate_root, why))
        yield from told
        if told or ours is None:
            yield from [lacks] if lacks else []
            return
        aggregate = ours
    proposed = None if model is None else words_of(model, spec.header("model"))["model"]
    yield from step_findings(party, spec, proposal, document, aggregate, proposed, lacks)


def own_aggregate(spec: RoundSpec, claimed: "Claimed", gathered: Gathered) -> Words | None:
    """The aggregate of the included updates, int32 `[d]`; None where they give none, or not all of them are read."""
    there = [update for update in included_updates(claimed, gathered) if update is not None]
    if len(there) < len(claimed.document.included) or not there:
        return None
    if spec.spec.enforced.masked:
        return masked_aggregate(spec, claimed, gathered)
    if spec.spec.summed:
        if gathered.total is None or len(there) < len(gathered.updates):
            return None
        return mean_of_sums([gathered.total], sum(update.weight for update in there))
    try:
        return apply_rule(spec.spec.rule, there)
    except SpecError:
        return None


def _stream(
    party: Party, spec: RoundSpec, kind: str, uri: str, root: bytes, keep: Callable[[Iterable[bytes], int], S]
) -> tuple[S | None, Finding | None]:
    """The stream of a proposed aggregate or model; where it is not to be had, None, and why not."""
    tree, header = (AGGREGATE if kind == "aggregate" else MODEL), header_chunk(spec.header(kind))
    try:
        stream = fetch_kept(party.store, spec, kind, uri, root, keep)
        if (found := stream[: len(header)]) != header:
            detail = f"the {kind} starts with {found[:80]!r}, the task's header is {header[:80]!r}"
            return None, Finding(Wrong.HEADER if kind == "aggregate" else wrong_step(spec), detail)
        check_stream(stream, spec.header(kind))
    except (ConfigurationError, PayloadError, StoreUnreachable) as error:
        return None, Finding(wrong_of(error), str(error), tree=tree)
    return stream, None


def sum_findings(spec: RoundSpec, claimed: "Claimed", gathered: Gathered, aggregate: Words) -> Iterator[Finding]:
    """The first word in which the aggregate is not the rule's, or which included updates could not be read."""
    if spec.spec.enforced.masked:
        yield from masked_findings(spec, claimed, gathered, aggregate)
        return
    updates = included_updates(claimed, gathered)
    for position, record in enumerate(claimed.document.included):
        if updates[position] is None:
            yield unread(gathered, record.participant, position)
    there = [update for update in updates if update is not None]
    if len(there) < len(updates):
        return
    if spec.spec.summed:
        yield from _encrypted_findings(spec, there, gathered, aggregate)
        return
    try:
        ours = apply_rule(spec.spec.rule, there)
    except SpecError as error:  # too few for the rule, or coefficients that it does not give
        yield Finding(Wrong.RULE, f"no aggregate of the {len(there)} included updates: {error}")
        return
    wrong = first_difference(ours, aggregate)
    if wrong is None:
        return
    enforced, words = spec.spec.enforced, [int(update.words[wrong : wrong + 1][0]) for update in there]
    at = with_ranks(coordinate_of(wrong, enforced.chunk_bytes), words, enforced.rule, enforced.trim)
    yield Finding(
        Wrong.SUM,
        f"aggregate word {wrong} is {int(aggregate[wrong])}, {spec.spec.rule.name} of the {len(there)} included"
        f" updates is {int(ours[wrong])}",
        at=at,
    )


def _encrypted_findings(
    spec: RoundSpec, there: Sequence[Update], gathered: Gathered, aggregate: Words
) -> Iterator[Finding]:
    """The first word in which the aggregate is not the mean of what key holders opened; else, why there is none.

    No contract reckons with ciphertexts, so no challenge shows it.
    """
    if gathered.total is None or len(there) < len(gathered.updates):
        others = f"the one that was opened is of {len(gathered.updates)} updates"
        yield Finding(
            Wrong.RULE,
            f"an aggregate of {len(there)} encrypted updates is proposed, and their sum cannot be opened:"
            f" {next(iter(gathered.details.values()), others)}",
        )
        return
    ours = mean_of_sums([gathered.total], sum(update.weight for update in there))
    if (wrong := first_difference(ours, aggregate)) is not None:
        yield Finding(
            Wrong.RULE,
            f"aggregate word {wrong} is {int(aggregate[wrong])}, the mean of the {len(there)} included encrypted"
            f" updates is {int(ours[wrong])}",
            at=coordinate_of(wrong, spec.spec.enforced.chunk_bytes),
        )


def included_updates(claimed: "Claimed", gathered: Gathered) -> list[Update | None]:
    """The included updates in their order, under the weights that are bound; None where one could not be had."""
    found = {update.participant: update.words for update in gathered.updates}
    return [
        Update(record.participant, record.weight, found[record.participant]) if record.participant in found else None
        for record in claimed.document.included
    ]
