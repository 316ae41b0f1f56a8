"""A silo's table as checks, training and audits meet it: in memory as a whole, or a file that is streamed.

table_of(silo) --root--> 32 bytes   --look--> digests, counts, report   --view--> what training reads
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from prefect_federated.adapters.data.looking import Looked
from prefect_federated.adapters.data.root import frame_root
from prefect_federated.adapters.data.sources import FileSource
from prefect_federated.adapters.data.streamed import Asked, streamed_checks, streamed_root, streamed_view
from prefect_federated.adapters.data.view import ConsentView, consent_view
from prefect_federated.adapters.silo import Silo
from prefect_federated.core.checks import CheckReport, Suite
from prefect_federated.core.consent import ConsentRecord
from prefect_federated.core.errors import DataRefused
from prefect_federated.core.round_spec import RoundSpec

if TYPE_CHECKING:
    from pandas import DataFrame


class Table(Protocol):
    """The same answers for the same rows, however they are read."""

    def root(self, secret: bytes) -> bytes:
        """Dataset root of all rows, under the secret of the consent record."""
        ...

    def view(self, spec: RoundSpec, record: ConsentRecord) -> ConsentView:
        """What of the table a round may use, in memory."""
        ...

    def look(self, spec: RoundSpec, record: ConsentRecord, suite: Suite) -> tuple[Looked, CheckReport]:
        """What the rows are, and what the suite says of the view."""
        ...


def table_of(silo: Silo) -> Table:
    """A silo's table; one in memory is read now, and once.

    Raises:
        DataError: it cannot be read.
    """
    source = silo.source
    if isinstance(source, FileSource) and source.stream:
        return StreamedTable(silo, source)
    return WholeTable(silo, source.read())


@dataclass(frozen=True, slots=True)
class WholeTable:
    """A table in memory."""

    silo: Silo
    frame: "DataFrame"

    def root(self, secret: bytes) -> bytes:
        """Dataset root of all rows."""
        return frame_root(self.frame, self.silo.subject_column, secret)

    def view(self, spec: RoundSpec, record: ConsentRecord) -> ConsentView:
        """What of the table a round may use."""
        data, silo = spec.spec.data, self.silo
        return consent_view(
            self.frame,
            subject_column=silo.subject_column,
            record=record,
            columns=data.features,
            target=data.target,
            min_rows=max(data.min_rows, silo.policy.min_rows),
            dataset=silo.source.name,
            freshness=data.freshness,
            until_s=spec.reads_until,
        )

    def look(self, spec: RoundSpec, record: ConsentRecord, suite: Suite) -> tuple[Looked, CheckReport]:
        """Root, view and report."""
        view = self.view(spec, record)
        looked = Looked(self.root(record.secret), view.digest, view.counts)
        return looked, self.silo.checks.run(view, suite, run=f"{self.silo.party.name}-round-{spec.round}")


@dataclass(frozen=True, slots=True)
class StreamedTable:
    """A Parquet file, sorted by subject, of which only a view is ever in memory."""

    silo: Silo
    source: FileSource

    def root(self, secret: bytes) -> bytes:
        """Dataset root of all rows."""
        return streamed_root(self.source, self.silo.subject_column, secret)

    def view(self, spec: RoundSpec, record: ConsentRecord) -> ConsentView:
        """What of the table a round may use; the rest is read and dropped, batch by batch."""
        return streamed_view(self._asked(spec, record))

    def look(self, spec: RoundSpec, record: ConsentRecord, suite: Suite) -> tuple[Looked, CheckReport]:
        """View and report, then root: two readings, of one file.

        Raises:
            DataRefused: the file changed between them.
        """
        before = self.source.fingerprint
        found = streamed_checks(self._asked(spec, record), suite, self.silo.checks)
        root = self.root(record.secret)
        if self.source.fingerprint != before:
            raise DataRefused(f"{self.source.name} changed while it was read; validate again when it is whole")
        self.silo.checks.keep(found.report)
        return Looked(root, found.report.view_digest, found.counts), found.report

    def _asked(self, spec: RoundSpec, record: ConsentRecord) -> Asked:
        silo = self.silo
        return Asked(self.source, silo.subject_column, record, spec.spec.data, silo.policy.min_rows, spec.reads_until)
