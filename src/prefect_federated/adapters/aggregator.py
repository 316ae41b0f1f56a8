"""An aggregator at work: a bonded party that reads the payloads of a round and proposes its result."""

import os
from collections.abc import Sequence
from dataclasses import dataclass

from prefect_federated.adapters.data.sources import DataSource
from prefect_federated.adapters.mailbox import Mailbox
from prefect_federated.adapters.mlflow.mirror import Mirror
from prefect_federated.adapters.party import Party
from prefect_federated.core.aggregation.two_tiers import Sums
from prefect_federated.core.combine import Combined, Update, combine, combine_total
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

    def combine(self, spec: RoundSpec, updates: Sequence[Update], total: Sums | None = None) -> Combined:
        """Aggregate a round's verified updates by the task's rules; of masked ones the sum is all that is known."""
        agreed = spec.spec
        if agreed.enforced.masked:
            return combine_total(updates, total, agreed.model.size)
        threads = os.cpu_count() or 1
        return combine(agreed.rule, updates, agreed.model.size, agreed.update.limit, threads)
