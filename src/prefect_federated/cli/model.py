"""`federated model`: what a model version may be used for.

TASK[@alias|number] --> version --rights, remedies--> yes or no, with the reason
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prefect_federated.cli import console
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.tables import show_time
from prefect_federated.cli.where import Where
from prefect_federated.core.errors import ConfigurationError, ConsentError

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.federation import Federation
    from prefect_federated.adapters.evm.records import Version

model_app = typer.Typer(help="What a model version may be used for, and until when.", no_args_is_help=True)

HEAD, CHAMPION = "head", "champion"


@model_app.callback()
def _group() -> None:
    """Keep `allowed` a command of its own, though it is the only one."""


@model_app.command(epilog="Example: federated model allowed 1@champion --purpose HMB --purpose NPU --at 2027-01-01")
@console.says_what_to_do
@takes(where=Where)
def allowed(
    model: Annotated[
        str,
        typer.Argument(
            metavar="TASK[@VERSION]", help="Number of the task, and head (default), champion or a version's number."
        ),
    ],
    purpose: Annotated[list[str], typer.Option(help="Purpose of the use, a DUO code; repeat it for several.")],
    where: Where,
    at: Annotated[
        str | None,
        typer.Option(help="Moment of the use: unix seconds, or a UTC date and time; default now, by the chain."),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(envvar="FEDERATED_STORE", help="Content store, where rounds had rolls, e.g. local:PATH."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Say whether a version may be used for all of these purposes, and why. Ends with 5 where it may not.

    A version has the rights that all its inputs have: grants of everybody included, in it and in what it descends
    from. Once consent was taken back, only a steward's `accept` lets it be used.
    """
    from prefect_federated.adapters.remedies import may_be_used
    from prefect_federated.adapters.stores.base import open_store
    from prefect_federated.core.consent import purpose_bits

    federation, bits = where.open(), purpose_bits(purpose)
    if store is not None:
        federation.read_rolls_from(open_store(store))
    version = _version(federation, model)
    at_s = federation.chain_time() if at is None else parse_moment(at)
    answer = may_be_used(federation, version, bits, at_s)
    if as_json:
        console.print_json(
            {"task": version.task, "version": version.number, "version_hash": "0x" + version.version_hash.hex()}
            | {"purposes": purpose, "at": at_s, "allowed": answer.allowed, "reason": answer.reason}
        )
        if not answer.allowed:
            raise typer.Exit(ConsentError.exit_code)
        return
    what = f"version {version.number} of task {version.task} for {', '.join(purpose)} at {show_time(at_s)}"
    if not answer.allowed:
        raise ConsentError(f"no: {what}: {answer.reason}")
    console.out.print(f"[green]yes[/]: {what}: {answer.reason}", highlight=False, soft_wrap=True)


def rights_record(version: "Version") -> dict[str, Any]:
    """A version's rights with stable names; no end is null."""
    from prefect_federated.core.usage_rights import FOREVER

    return {
        "purposes": hex(version.purposes),
        "usable_until": None if version.usable_until == FOREVER else version.usable_until,
        "rights": str(version.rights),
    }


def _version(federation: "Federation", model: str) -> "Version":
    task, _, which = model.partition("@")
    if not task.isdecimal():
        raise ConfigurationError(f"{model!r} names no model; write TASK, TASK@champion or TASK@3")
    federation.task_of(int(task))
    versions = federation.versions(int(task))
    if which in ("", HEAD):
        return versions[-1]
    if which == CHAMPION:  # the newest that no reorganisation can take back
        final = federation.final_block()
        return next((one for one in reversed(versions) if one.block <= final), versions[0])
    if not which.isdecimal() or int(which) >= len(versions):
        raise ConfigurationError(
            f"task {task} has no version {which!r}; it has 0 to {len(versions) - 1}, {HEAD} and {CHAMPION}"
        )
    return versions[int(which)]


def parse_moment(text: str) -> int:
    """Unix seconds of a moment, from seconds or from a date and time; UTC where no zone is named.

    Raises:
        ConfigurationError: it is neither.

    >>> parse_moment("1700000000"), parse_moment("2027-01-01"), parse_moment("2027-01-01T01:00:00+01:00")
    (1700000000, 1798761600, 1798761600)
    """
    if text.isdecimal():
        return int(text)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as cause:
        raise ConfigurationError(
            f"{text!r} is no moment; write unix seconds, 2027-01-31 or 2027-01-31T12:00"
        ) from cause
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())
