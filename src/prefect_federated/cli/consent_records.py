"""`federated consent draft | seal | subjects | prove-subject | check-subject | erase`: what happens to a record's file.

template + data's columns and subjects --draft--> sealed record --prove-subject--> file --check-subject--> the auditor
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prefect_federated.cli import console
from prefect_federated.cli.account import account_of
from prefect_federated.cli.consent_options import (
    KeyOption,
    RecordArgument,
    RecordKey,
    hash_of,
    require_new,
    say,
    write_new,
)
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.rest_key import open_key, table_of
from prefect_federated.cli.sender import Sender
from prefect_federated.cli.where import Where
from prefect_federated.core.errors import ConfigurationError, ConsentError

if TYPE_CHECKING:
    from prefect_federated.core.consent_template import RecordTemplate
    from prefect_federated.core.data_use import Terms

subjects_app = typer.Typer(help="Subjects of a grant: who joins, who leaves.", no_args_is_help=True)

SubjectsArgument = Annotated[
    list[str] | None, typer.Argument(metavar="SUBJECT", help="Ids as the data have them; or --file.")
]
FileOption = Annotated[Path | None, typer.Option("--file", help="File with one id a line.")]
TermOption = Annotated[list[str] | None, typer.Option(help="Value of a code; may be given again.")]


@console.says_what_to_do
def template() -> None:
    """Print a template to fill in: what all consent records of an organisation have in common."""
    from prefect_federated.core.consent_template import EXAMPLE

    console.print_json(EXAMPLE.model_dump(mode="json"))


@console.says_what_to_do
@takes(key=RecordKey, where=Where)
def draft(
    record: RecordArgument,
    template: Annotated[Path, typer.Option(help="What `federated consent template` printed, filled in.")],
    silo: Annotated[str, typer.Option(help="Account that may use the data.")],
    holder: Annotated[str, typer.Option(help="Account of the data holder.")],
    data: Annotated[Path, typer.Option(help="CSV or Parquet file; its columns and subjects are covered.")],
    code: Annotated[list[str], typer.Option(help="DUO code, such as HMB or NPU; may be given again.")],
    key: RecordKey,
    where: Where,
    subject_column: Annotated[str, typer.Option(help="Column that names the subject of a row.")] = "subject",
    column: Annotated[list[str] | None, typer.Option(help="Cover this column only; may be given again.")] = None,
    file: Annotated[Path | None, typer.Option("--subjects", help="Cover the ids in this file, one a line.")] = None,
    days: Annotated[int, typer.Option(min=1, help="How long the grant holds, from now.")] = 365,
    dataset: Annotated[str, typer.Option(help="Id of a dataset on chain; a new one is drawn if empty.")] = "",
    disease: TermOption = None,
    country: TermOption = None,
    user: TermOption = None,
    project: TermOption = None,
    institution: TermOption = None,
    research: TermOption = None,
    months: Annotated[int, typer.Option(help="Months of code TS.")] = 0,
    moratorium_until: Annotated[int, typer.Option(help="Unix seconds of code MOR.")] = 0,
) -> None:
    """Write the consent record of a grant, encrypted to a sealing key; nothing is signed or sent yet."""
    import secrets
    import uuid

    from prefect_federated.adapters.granting import UNSIGNED
    from prefect_federated.adapters.record_file import write_record
    from prefect_federated.core.consent import ConsentRecord
    from prefect_federated.core.consent_template import GrantDraft, draft_document

    require_new(record)
    lists = {"diseases": disease, "countries": country, "users": user, "projects": project}
    lists |= {"institutions": institution, "research": research}
    terms = _terms(code, lists, months=months, moratorium_until=moratorium_until)
    columns, found = _covered(data, subject_column, column)
    now_s, named = where.open().chain_time(), hash_of(dataset) if dataset else secrets.token_bytes(32)
    accounts = (account_of(holder, None), account_of(silo, None))
    draft = GrantDraft(named, *accounts, columns, terms, now_s, now_s + days * 86_400)
    document = draft_document(_template(template), draft, now_s, str(uuid.uuid4()))
    subjects = _lines(file) if file else found
    made = ConsentRecord(UNSIGNED, secrets.token_bytes(32), columns, subjects, document)
    write_record(record, made, key.open().public_bytes)
    say(
        f"drafted {record} over {len(columns)} columns and {len(subjects)} subjects, {', '.join(terms.codes)};"
        f" next: `federated consent grant {record}`"
    )


@console.says_what_to_do
@takes(key=RecordKey)
def seal(record: RecordArgument, key: RecordKey) -> None:
    """Encrypt a record that lies there in plain text, as earlier versions wrote it."""
    from prefect_federated.adapters.record_file import seal_file

    sealed = seal_file(record, key.open().public_bytes)
    say(f"{record} is encrypted now; it is of grant 0x{sealed.grant_id.hex()}")


@subjects_app.command("add", epilog="Example: federated consent subjects add c.sealed 4711 --sealing-key s.pem")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def add(
    record: RecordArgument,
    sealing_key: KeyOption,
    sender: Sender,
    where: Where,
    subjects: SubjectsArgument = None,
    file: FileOption = None,
) -> None:
    """Cover more subjects from the next validation on; the signer must be the data holder."""
    _change(record, sealing_key, sender, where, add=_named(subjects, file))


@subjects_app.command("remove", epilog="Example: federated consent subjects remove c.sealed 4711 --sealing-key s.pem")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def remove(
    record: RecordArgument,
    sealing_key: KeyOption,
    sender: Sender,
    where: Where,
    subjects: SubjectsArgument = None,
    file: FileOption = None,
) -> None:
    """Leave subjects out from the next validation on; models trained before still hold what they learned."""
    _change(record, sealing_key, sender, where, remove=_named(subjects, file))


@console.says_what_to_do
@takes(key=RecordKey)
def prove_subject(
    record: RecordArgument,
    subject: Annotated[str, typer.Argument(help="Id as the data have it.")],
    out: Annotated[Path, typer.Option(help="File for the auditor; it shows this subject and nobody else.")],
    key: RecordKey,
) -> None:
    """Show an auditor that a grant covers one subject, without showing the others."""
    from prefect_federated.adapters.record_file import read_record
    from prefect_federated.core.subject_proof import prove_subject as prove

    write_new(out, prove(read_record(record, key.open()), subject).to_json())
    say(f"wrote {out}; the auditor runs `federated consent check-subject {out}`")


@console.says_what_to_do
@takes(where=Where)
def check_subject(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What the silo handed over.")],
    where: Where,
    root: Annotated[str, typer.Option(help="An earlier root of subjects; default the ledger's of now.")] = "",
) -> None:
    """Check on chain that a grant covers the subject that a file shows."""
    from prefect_federated.core.subject_proof import SubjectProof
    from prefect_federated.core.subject_proof import check_subject as check

    shown = SubjectProof.from_json(_json(file))
    state = where.open().grant_state(shown.grant_id)
    against = hash_of(root) if root else state.subjects
    if not check(against, shown):
        raise ConsentError(
            f"grant 0x{shown.grant_id.hex()} does not cover this subject under root 0x{against.hex()[:12]}; it may have"
            " left since: ask the silo for the root of that time and give it with --root"
        )
    withdrawn = f"; the grant itself was withdrawn at chain time {state.withdrawn_at}" if state.withdrawn_at else ""
    say(f"covered: one of {shown.count} subjects of grant 0x{shown.grant_id.hex()}{withdrawn}")


@console.says_what_to_do
def erase(
    record: RecordArgument,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Overwrite and remove a record with its secret: what is on chain can then be linked to nothing, by nobody."""
    from prefect_federated.adapters.record_file import erase_file

    if not yes:
        typer.confirm(f"Erase {record}? Nobody can prove anything about its grant afterwards.", abort=True)
    erase_file(record)
    say(f"{record} is erased; withdraw its grant too if it still stands, and erase copies in backups")


def _change(
    record: Path,
    sealing_key: Path,
    sender: Sender,
    where: Where,
    add: tuple[str, ...] = (),
    remove: tuple[str, ...] = (),
) -> None:
    from prefect_federated.adapters.granting import change_subjects

    after = change_subjects(where.open(sender), record, open_key(sealing_key, sender), add, remove)
    say(f"grant 0x{after.grant_id.hex()} covers {len(after.subjects)} subjects, {after.history[-1].count} before")


def _terms(codes: list[str], lists: dict[str, list[str] | None], **numbers: int) -> "Terms":
    from pydantic import ValidationError

    from prefect_federated.core.data_use import Terms

    values = {name: tuple(value) for name, value in lists.items() if value}
    try:
        return Terms(codes=tuple(codes), **values, **numbers)
    except ValidationError as error:
        raise ConsentError(f"{error.errors()[0]['msg']}; correct the options") from error


def _template(path: Path) -> "RecordTemplate":
    from pydantic import ValidationError

    from prefect_federated.core.consent_template import RecordTemplate

    try:
        return RecordTemplate.model_validate_json(path.read_text())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "template"
        raise ConfigurationError(f"{path}: field {where}: {first['msg']}; correct it in the template") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read ({type(error).__name__}); name the template") from error


def _covered(data: Path, subject_column: str, columns: list[str] | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Columns and subjects of a file, of which the subjects' column alone is read."""
    from prefect_federated.core.view import require_columns

    source = table_of(data)
    present = source.columns
    require_columns([subject_column, *(columns or ())], present, data.name)
    ids = source.read_column(subject_column)
    subjects = [str(one) for one, absent in zip(ids.tolist(), ids.isna().tolist(), strict=True) if not absent]
    return tuple(columns or (name for name in present if name != subject_column)), tuple(dict.fromkeys(subjects))


def _named(subjects: list[str] | None, file: Path | None) -> tuple[str, ...]:
    if bool(subjects) == (file is not None):
        raise ConfigurationError("name the subjects as arguments or with --file FILE; exactly one of them")
    return _lines(file) if file else tuple(subjects or ())


def _lines(path: Path) -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys(line for line in path.read_text().splitlines() if line))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path} cannot be read ({type(error).__name__}); name a file of ids") from error


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} is no JSON file ({type(error).__name__}); name the right file") from error
