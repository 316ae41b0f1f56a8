"""A simulated silo: its table and its consent record lie in memory, everything else is as in a real one.

table in memory, with the fingerprint of its rows --> the same checks, grants and views as a file's
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect_federated.adapters.data.consented import consented_view
from prefect_federated.adapters.data.looking import Looked, asked_of
from prefect_federated.adapters.data.report_cache import ReportCache
from prefect_federated.adapters.data.view import ConsentView
from prefect_federated.adapters.silo import Silo
from prefect_federated.core.canonical import canonical_hash
from prefect_federated.core.checks import Suite
from prefect_federated.core.consent import ConsentRecord
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.learning.plan import TrainingData

if TYPE_CHECKING:
    from pandas import DataFrame


@dataclass(frozen=True, slots=True)
class HeldTable:
    """A table in memory that nobody changes."""

    name: str
    frame: "DataFrame"
    root: bytes  # of all rows, under the secret of the consent record

    @property
    def fingerprint(self) -> str:
        """The root of the rows."""
        return self.root.hex()

    def read(self) -> "DataFrame":
        """The table itself."""
        return self.frame


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSilo(Silo):
    """A silo that keeps its consent record in memory; the grant on chain is held against it all the same."""

    held_record: ConsentRecord
    held_views: dict[bytes, ConsentView] = field(default_factory=dict, compare=False)
    held_data: dict[bytes, TrainingData] = field(default_factory=dict, compare=False)

    def consent_record(self) -> ConsentRecord:
        """The record."""
        return self.held_record

    def view(self, spec: RoundSpec) -> ConsentView:
        """What of the table the task may use; neither table nor record changes, so it is made once for each task.

        Raises:
            ConsentError, DataError: as a silo's view of a file.
        """
        if spec.task_id not in self.held_views:
            self.held_views[spec.task_id] = consented_view(self, spec, self.held_record)
        return self.held_views[spec.task_id]

    def training_data(self, spec: RoundSpec) -> TrainingData:
        """The rows of the view that are trained on, taken out of it once."""
        if spec.task_id not in self.held_data:
            self.held_data[spec.task_id] = self.view(spec).training_data()
        return self.held_data[spec.task_id]

    def look(self, spec: RoundSpec, suite: Suite) -> None:
        """Keep what there is to see of the table, to be found by its check under everything that it depends on.

        Raises:
            ConsentError, DataError: as a silo's view of a file.
        """
        asked = asked_of(self, spec, self.party.federation.grant_state(self.held_record.grant_id), suite)
        if self.checks.cache is not None and self.checks.cache.recall(asked) is None:
            view = self.view(spec)
            looked = Looked(bytes.fromhex(self.source.fingerprint or ""), view.digest, view.counts)
            self.checks.cache.keep(asked, looked.to_json())


class HeldReports(ReportCache):
    """Reports of earlier checks in memory, of all silos; each is kept under everything that it depends on."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        super().__init__(Path(), b"")
        self._held: dict[bytes, Any] = {}

    def recall(self, asked: Any) -> Any | None:
        """The answer that was kept for these JSON values, or None."""
        return self._held.get(canonical_hash(asked))

    def keep(self, asked: Any, answer: Any) -> None:
        """Keep an answer."""
        self._held[canonical_hash(asked)] = answer
