"""A validator at work: a bonded reader that measures candidate models on data of its own, and votes."""

from dataclasses import dataclass

from prefect_federated.adapters.attesting import Measured, measure
from prefect_federated.adapters.holdout import HeldOut
from prefect_federated.adapters.mailbox import Mailbox
from prefect_federated.adapters.party import Party
from prefect_federated.core.opinion import Opinion, weigh
from prefect_federated.core.round_spec import RoundSpec


@dataclass(frozen=True, slots=True)
class Validator:
    """What the attest flow works with; its held-out set never leaves it."""

    party: Party
    holdout: HeldOut
    mailbox: Mailbox | None = None

    def opinion(self, spec: RoundSpec) -> Opinion:
        """What this validator makes of the round's revealed updates.

        Raises:
            SpecError: the plan does not report the metric that the committee measures.
            StoreUnreachable: no payload could be asked for; try again.
        """
        return self.judged(spec, measure(self.party, spec, self.holdout))

    def judged(self, spec: RoundSpec, measured: Measured) -> Opinion:
        """The opinion that follows from what was measured."""
        accept, metric, base = weigh(spec.spec.committee, measured.base, measured.candidate)
        return Opinion(accept, metric, base, measured.scores)
