"""An aggregator at work: a bonded party that reads the payloads of a round and proposes its result."""

import os
from dataclasses import dataclass

from prefect_federated.adapters.data.sources import DataSource
from prefect_federated.adapters.gathering import Gathered
from prefect_federated.adapters.mailbox import Mailbox
from prefect_federated.adapters.mlflow.mirror import Mirror
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.unmasking import combine_masked
from prefect_federated.core.combine import Combined, combine
from prefect_federated.core.round_spec import RoundSpec


@dataclass(frozen=True, slots=True)
class Aggregator:
    """What the conclude flow works with. Without a holdout the model is proposed unmeasured."""

    party: Party
    holdout: DataSource | None = None
    mirror: Mirror | None = None
    mailbox: Mailbox | None = None
    relies_on_regions: bool = False  # on the sums of the task's regional aggregators; its own bond answers for them
    records: bool = False  # whether it lets settled rounds count for reputation

    def combine(self, spec: RoundSpec, gathered: Gathered) -> Combined:
        """Aggregate a round's verified updates by the task's rules; of masked ones sums are all that is known."""
        agreed = spec.spec
        if agreed.summed:
            return combine_masked(spec, gathered)
        threads = os.cpu_count() or 1
        return combine(agreed.rule, gathered.updates, agreed.model.size, agreed.update.limit, threads)
