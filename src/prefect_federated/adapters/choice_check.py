"""Whether a proposal includes, leaves out and weighs whom the task's rules do, over what a reader could read.

updates --combine--> kept, left out, coefficients <--> included, exclusions
"""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from prefect_federated.adapters.gathering import Gathered
from prefect_federated.adapters.unmasking import combine_masked
from prefect_federated.core.combine import combine
from prefect_federated.core.findings import Finding, Wrong
from prefect_federated.core.round import Reason
from prefect_federated.core.round_spec import RoundSpec

if TYPE_CHECKING:
    from prefect_federated.adapters.verification import Claimed


def choice_findings(
    spec: RoundSpec, claimed: "Claimed", gathered: Gathered, missed: Collection[str]
) -> Iterator[Finding]:
    """Who is in and who is out, by the task's rules over what this reader could read.

    Of those who are missed nothing is said, nor what depends on them: that too few are left, or whom a rule picks.
    """
    if spec.spec.summed:
        combined = combine_masked(spec, gathered)
    else:
        combined = combine(spec.spec.rule, gathered.updates, spec.spec.model.size, spec.spec.update.limit)
    ours = gathered.reasons | combined.left_out
    theirs, unsure = claimed.left_out(), set(missed)
    if missed:
        either = [*ours.items(), *(() if spec.spec.summed else theirs.items())]
        unsure |= {participant for participant, reason in either if reason is Reason.RULE}
    for participant in sorted({*ours, *theirs} - unsure):
        if ours.get(participant) != theirs.get(participant):
            why = gathered.details.get(participant)
            yield Finding(
                Wrong.RULE,
                f"{participant} is proposed as {_fate(theirs.get(participant))}, recomputed as"
                f" {_fate(ours.get(participant))}" + (f": {why}" if why else ""),
            )
    if spec.spec.rule.reweights and not missed:
        yield from _coefficients(claimed, {update.participant: update.weight for update in combined.kept})


def _coefficients(claimed: "Claimed", ours: Mapping[str, int]) -> Iterator[Finding]:
    """The first included update under another coefficient than the rule gives it."""
    for position, record in enumerate(claimed.document.included):
        weight = ours.get(record.participant)
        if weight is not None and weight != record.weight:
            detail = (
                f"included {position}, {record.participant}: weight {record.weight} is proposed, {weight} recomputed"
            )
            yield Finding(Wrong.RULE, detail, position)
            return


def _fate(reason: Reason | None) -> str:
    return "included" if reason is None else f"left out for {reason.name}"
