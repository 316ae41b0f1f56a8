"""`federated dataset`: the root of a silo's rows, on chain before a round and held against the rows after it.

data holder: root --> publish        silo: suite --> policy        data-protection officer, inside the silo: audit
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from prefect_federated.cli import console
from prefect_federated.cli.consent_options import KeyOption, RecordKey
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.rest_key import open_key, table_of
from prefect_federated.cli.sender import Sender
from prefect_federated.cli.tables import show_table
from prefect_federated.cli.where import Where
from prefect_federated.core.errors import ConfigurationError, DataRefused

if TYPE_CHECKING:
    from prefect_federated.adapters.data.auditing import Finding
    from prefect_federated.adapters.silo import Silo

dataset_app = typer.Typer(help="A silo's rows: their root, published and audited.", no_args_is_help=True)

PANEL = "Which rows"
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


@dataclass(frozen=True)
class Rows:
    """The options that name a table and the consent record whose secret salts it."""

    data: Annotated[Path, typer.Option(rich_help_panel=PANEL, help="CSV or Parquet file with one row a subject.")]
    record: Annotated[Path, typer.Option(rich_help_panel=PANEL, help="The silo's encrypted consent record.")]
    subject_column: Annotated[
        str, typer.Option(rich_help_panel=PANEL, help="Column that names the subject of a row.")
    ] = "subject"

    def root(self, secret: bytes) -> bytes:
        """The dataset root under a record's secret; Parquet is streamed."""
        from prefect_federated.adapters.data.root import frame_root
        from prefect_federated.adapters.data.streamed import streamed_root

        source = table_of(self.data)
        if source.kind == ".parquet":
            return streamed_root(source, self.subject_column, secret)
        return frame_root(source.read(), self.subject_column, secret)


@dataset_app.command(
    epilog="Example: federated dataset root --data ward.csv --record ward.consent --sealing-key silo.pem"
)
@console.says_what_to_do
@takes(rows=Rows, key=RecordKey)
def root(rows: Rows, key: RecordKey) -> None:
    """Print the root of a table: equal rows in any order have equal roots, one altered value gives another."""
    from prefect_federated.adapters.record_file import read_record

    record = read_record(rows.record, key.open())
    console.out.print("0x" + rows.root(record.secret).hex(), soft_wrap=True, highlight=False)


@dataset_app.command(
    epilog="Example: federated dataset publish --data ward.csv --record ward.consent --sealing-key silo.pem"
    " --keystore dpo.json --chain URL"
)
@console.says_what_to_do
@takes(rows=Rows, sender=Sender, where=Where)
def publish(rows: Rows, sealing_key: KeyOption, sender: Sender, where: Where) -> None:
    """Put the root of a table on chain as its data holder; it counts for rounds that open afterwards."""
    from prefect_federated.adapters.record_file import read_record

    record = read_record(rows.record, open_key(sealing_key, sender))
    federation, found = where.open(sender), rows.root(record.secret)
    dataset = federation.grant_state(record.grant_id).dataset
    _, published = federation.dataset_of(dataset)
    if published == found:
        console.out.print(f"the ledger has root 0x{found.hex()} already; nothing to do", soft_wrap=True)
        return
    federation.publish_root(dataset, found)
    console.out.print(
        f"dataset 0x{dataset.hex()[:12]} has root 0x{found.hex()} for rounds that open from now on", soft_wrap=True
    )


@dataset_app.command(epilog="Example: federated dataset suite own-suite.json")
@console.says_what_to_do
def suite(path: Annotated[Path, typer.Argument(help="JSON file with the silo's own expectations.")]) -> None:
    """Print the hash of a silo's own suite, to be named in its policy (suite_hash) after a review."""
    from prefect_federated.core.own_suite import suite_document_hash

    try:
        document = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read ({type(error).__name__}); name the suite's file") from error
    console.out.print("0x" + suite_document_hash(document, path.name).hex(), soft_wrap=True, highlight=False)


@dataset_app.command(epilog="Example: federated dataset audit 1 3 --silo hospital-a --retrain")
@console.says_what_to_do
def audit(
    task: Annotated[int, typer.Argument(min=1, help="Number of the task on chain.")],
    round: Annotated[int, typer.Argument(min=1, help="Number of the round.")],
    silo: Annotated[str, typer.Option(help="Name of the Silo block; its data and keys are read here.")],
    record: Annotated[
        Path | None, typer.Option(help="Consent record as it was in that round; default the silo's current one.")
    ] = None,
    retrain: Annotated[bool, typer.Option("--retrain", help="Train again, too, and compare the update.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Hold a silo's rows against what it committed to in a past round; ends with 4 where they differ."""
    from prefect_federated.adapters.data.auditing import audit_with_data
    from prefect_federated.adapters.record_file import read_record

    opened = _open(silo)
    kept = read_record(record, opened.party.sealing_key) if record else None
    findings = audit_with_data(opened, task, round, kept, retrain)
    if as_json:
        console.print_json([_row(finding) for finding in findings])
    else:
        rows = [(f.what, "ok" if f.holds else "differs", "" if f.holds else str(f)) for f in findings]
        show_table(f"Round {task}/{round} of {silo}, with its data", ("what", "is", "because"), rows)
    if wrong := [finding for finding in findings if not finding.holds]:
        raise DataRefused(
            f"{len(wrong)} of {len(findings)} comparisons of round {task}/{round} differ: "
            + "; ".join(str(finding) for finding in wrong)
        )


def _open(name: str) -> "Silo":
    from prefect_federated.blocks.silo import Silo as Block

    try:
        block = cast("Block", Block.load(name))
    except ValueError as error:
        raise ConfigurationError(f"no Silo block {name} is saved in this Prefect; name another with --silo") from error
    return block.open()


def _row(finding: "Finding") -> dict[str, object]:
    return {
        "what": finding.what,
        "holds": finding.holds,
        "found": "0x" + finding.found.hex(),
        "expected": "0x" + finding.expected.hex(),
        "means": "" if finding.holds else finding.why,
    }
