"""`federated at-rest`: files that lie sealed on a party's disk under a key from a variable, a keystore or AWS KMS.

key -> a keystore        sealing-key -> a sealing key without a password        seal | open | rewrap | show -> files
"""

import os
from pathlib import Path
from typing import Annotated

import typer

from prefect_federated.cli import console
from prefect_federated.cli.rest_key import OLD_PASSWORD, PASSWORD, VARIABLE, rest_key, rest_password
from prefect_federated.cli.sender import Sender

at_rest_app = typer.Typer(
    help="Data files and sealing keys, sealed at rest under a key that lies elsewhere.", no_args_is_help=True
)

AtRestOption = Annotated[
    str, typer.Option("--at-rest", envvar=VARIABLE, help="Key at rest: env:NAME, keystore:FILE or kms:KEY?region=NAME.")
]
SealedArgument = Annotated[Path, typer.Argument(metavar="FILE", help="File that is sealed at rest.")]


@at_rest_app.command(epilog="Example: federated at-rest key rest.json")
@console.says_what_to_do
def key(out: Annotated[Path, typer.Argument(help="Keystore to write; must not exist.")]) -> None:
    """Make a keystore with a fresh key at rest; back it up, lost it opens nothing any more.

    Its password is that of FEDERATED_AT_REST_PASSWORD, which also opens it; else it is asked for.
    """
    from prefect_federated.adapters.keys import create_keystore

    create_keystore(out, rest_password(f"the keystore {out}", fresh=True))
    _say(f"{out}: name it as keystore:{out}; back it up, and keep its password where {PASSWORD} is set")


@at_rest_app.command(epilog="Example: federated at-rest seal ward.parquet --at-rest kms:alias/ward --erase")
@console.says_what_to_do
def seal(
    file: Annotated[Path, typer.Argument(help="CSV or Parquet file that lies open.")],
    at_rest: AtRestOption = "",
    out: Annotated[Path | None, typer.Option(help="Where it goes; default FILE.sealed.")] = None,
    erase: Annotated[bool, typer.Option("--erase", help="Overwrite and remove the open file afterwards.")] = False,
) -> None:
    """Seal a data file; Silo, Aggregator and Validator blocks read it with the same key as at_rest."""
    from prefect_federated.adapters.record_file import erase_file
    from prefect_federated.adapters.sealed_file import ENDING, seal_file
    from prefect_federated.core.at_rest import Use

    target = out or file.with_name(file.name + ENDING)
    seal_file(file, target, rest_key(at_rest), Use.DATA)
    if erase:
        erase_file(file)
    _say(f"{target}: sealed; {file} is {'erased' if erase else 'still there in plain: erase it, and its copies'}")


@at_rest_app.command("open", epilog="Example: federated at-rest open ward.parquet.sealed ward.parquet")
@console.says_what_to_do
def open_(
    file: SealedArgument,
    out: Annotated[Path, typer.Argument(help="Plain file to write; must not exist.")],
    at_rest: AtRestOption = "",
) -> None:
    """Write a sealed data file out in plain: to restore or to hand over, never to train."""
    from prefect_federated.adapters.sealed_file import open_file
    from prefect_federated.core.at_rest import Use

    open_file(file, out, rest_key(at_rest), Use.DATA)
    _say(f"{out}: lies in plain now")


@at_rest_app.command(epilog="Example: federated at-rest rewrap ward.csv.sealed --old env:OLD --at-rest kms:alias/ward")
@console.says_what_to_do
def rewrap(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files that are sealed at rest.")],
    old: Annotated[str, typer.Option(help="Key at rest that they are sealed under, as --at-rest has it.")],
    at_rest: AtRestOption = "",
) -> None:
    """Put sealed files under another key; what is encrypted stays as it is, so that this is as fast as a copy.

    From one keystore to another: FEDERATED_AT_REST_OLD_PASSWORD is the password of the old one, where it is another.
    """
    from prefect_federated.adapters.sealed_file import rewrap_file

    before = rest_key(old, OLD_PASSWORD if OLD_PASSWORD in os.environ else PASSWORD)
    after = rest_key(at_rest)
    for file in files:
        rewrap_file(file, before, after)
        _say(f"{file}: sealed under {after.name} now; copies in backups are still under {before.name}")


@at_rest_app.command(epilog="Example: federated at-rest show ward.csv.sealed")
@console.says_what_to_do
def show(file: SealedArgument) -> None:
    """Say under which key a file is sealed, and for which use; no key is needed."""
    from prefect_federated.adapters.sealed_file import header_of

    header = header_of(file)
    _say(f"{file}: {header.use.value}, sealed under {header.wrapped.under}")


@at_rest_app.command(
    "sealing-key", epilog="Example: federated at-rest sealing-key silo.sealed --at-rest kms:alias/silo"
)
@console.says_what_to_do
def sealing_key(
    out: Annotated[Path, typer.Argument(help="Where the sealed key goes; must not exist.")],
    at_rest: AtRestOption = "",
    source: Annotated[
        Path | None, typer.Option("--from", help="Sealing key under a password; a fresh one is made if empty.")
    ] = None,
    password_env: Annotated[
        str, typer.Option(help="Environment variable with the password of --from; else it is asked for.")
    ] = "FEDERATED_PASSWORD",
) -> None:
    """Seal a silo's sealing key, which opens openings, evidence and consent record; no password is left to it."""
    from prefect_federated.adapters.keys import SealingKey

    made = SealingKey.load(source, Sender(password_env=password_env).password) if source else SealingKey.generate()
    made.save_at_rest(out, rest_key(at_rest))
    _say(f"{out}: public key 0x{made.public_bytes.hex()}, version {made.version}; back it up, lost it costs the stake")


def _say(line: str) -> None:
    console.out.print(line, soft_wrap=True, markup=False, highlight=False)
