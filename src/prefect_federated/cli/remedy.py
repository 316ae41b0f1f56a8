"""`federated remedy`: model versions that descend from data whose consent was taken back, and what is done about each.

list -> answer retrain | retire | accept, by a steward, with a reason that stays in the content store
"""

import secrets
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prefect_federated.cli import console
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.sender import Sender
from prefect_federated.cli.tables import show_table, show_time
from prefect_federated.cli.where import Where
from prefect_federated.core.errors import ConfigurationError

if TYPE_CHECKING:
    from prefect_federated.adapters.stores.base import ContentStore
    from prefect_federated.core.remedies import Remedy

remedy_app = typer.Typer(
    help="What became of model versions once consent for their data was taken back. None of it makes a model unlearn.",
    no_args_is_help=True,
)

TaskArgument = Annotated[int, typer.Argument(min=1, help="Number of the task on chain.")]
STORE = "Content store of the federation, e.g. local:PATH or s3://..."


class Action(StrEnum):
    """What a steward may answer."""

    RETRAIN = "retrain"
    RETIRE = "retire"
    ACCEPT = "accept"


@remedy_app.command("list", epilog="Example: federated remedy list 1 --store s3://models/fl --json")
@console.says_what_to_do
@takes(where=Where)
def list_(
    task: TaskArgument,
    where: Where,
    store: Annotated[
        str | None,
        typer.Option(envvar="FEDERATED_STORE", help=f"{STORE}; for the reasons, and for rounds with rolls."),
    ] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Only what nobody has answered.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Show each version with each grant that it descends from and that was withdrawn, or whose subjects changed."""
    from prefect_federated.adapters.remedies import read_remedies
    from prefect_federated.adapters.stores.base import open_store
    from prefect_federated.core.remedies import State

    federation, opened = where.open(), open_store(store) if store else None
    if opened is not None:
        federation.read_rolls_from(opened)
    federation.task_of(task)
    found = [one for one in read_remedies(federation, task) if not open_only or one.state is State.OPEN]
    rows = [_record(one, opened) for one in found]
    if as_json:
        console.print_json(rows)
        return
    if not rows:
        console.out.print("nothing to answer: no version descends from consent that was taken back", highlight=False)
        return
    header = ("version", "grant", "what happened", "at", "used in rounds", "state", "reason", "steward")
    fields = ("version", "grant", "change", "changed_at", "rounds", "state", "reason", "steward")
    shown = [row | {"changed_at": show_time(row["changed_at"])} for row in rows]
    show_table(f"Remedies of task {task}", header, [[row[field] for field in fields] for row in shown])


@remedy_app.command(
    epilog="Example: federated remedy answer 1 3 --grant 0x5f... --action retire --reason 'superseded by version 5'"
    " --store s3://models/fl --keystore steward.json"
)
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def answer(
    task: TaskArgument,
    version: Annotated[int, typer.Argument(min=0, help="Number of the version; see `federated remedy list`.")],
    grant: Annotated[str, typer.Option(help="Id of the grant, 0x and 64 hex digits.")],
    action: Annotated[
        Action,
        typer.Option(help="retrain: to be replaced. retire: not to be used again, for good. accept: it stays."),
    ],
    reason: Annotated[str, typer.Option(help="Why; goes to the content store, its salted hash to the chain.")],
    store: Annotated[str, typer.Option(envvar="FEDERATED_STORE", help=STORE)],
    sender: Sender,
    where: Where,
) -> None:
    """Answer for one version and one grant, as a steward. A later answer takes the place of an earlier one."""
    from prefect_federated.adapters import remedies
    from prefect_federated.adapters.stores.base import open_store
    from prefect_federated.core.rationale import Rationale

    if not reason.strip():
        raise ConfigurationError("the answer has no reason; say with --reason why it is so")
    federation, opened, grant_id = where.open(sender), open_store(store), _grant_id(grant)
    federation.read_rolls_from(opened)
    found = remedies.remedy_of(federation, task, version, grant_id)
    said = Rationale(
        version_hash=found.version_hash,
        grant_id=grant_id,
        action=action.value,
        reason=reason,
        salt=secrets.token_bytes(32),
    )
    remedies.answer(federation, opened, task, said)
    console.out.print(
        f"version {version} of task {task}: {action.value}, for grant {grant}; the reason is in the store under"
        f" 0x{said.digest.hex()}",
        soft_wrap=True,
        highlight=False,
    )


def _record(remedy: "Remedy", store: "ContentStore | None") -> dict[str, Any]:
    from prefect_federated.adapters.remedies import read_rationale

    said = remedy.answer
    rationale = read_rationale(store, said.reason_hash) if said and store is not None else None
    return {
        "version": remedy.number,
        "version_hash": "0x" + remedy.version_hash.hex(),
        "grant": "0x" + remedy.grant_id.hex(),
        "change": "grant withdrawn" if remedy.change.whole else "subjects replaced",
        "changed_at": remedy.change.at_s,
        "rounds": list(remedy.rounds),
        "state": remedy.state.word,
        "reason": rationale.reason if rationale else None,
        "reason_hash": "0x" + said.reason_hash.hex() if said else None,
        "steward": said.steward if said else None,
        "answered_at": said.at_s if said else None,
    }


def _grant_id(text: str) -> bytes:
    try:
        found = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        found = b""
    if len(found) != 32:
        raise ConfigurationError(f"{text!r} is no grant id; give 0x and 64 hex digits, as `federated remedy list` does")
    return found
