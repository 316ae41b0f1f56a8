"""`federated poster`: who posts a task's rolls: enlist, resign, get the bond back, see how one stands.

enlist (register, deposit what is missing, lock) --> relay --roll --> resign --> release
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prefect_federated.cli import console
from prefect_federated.cli.account import account_of
from prefect_federated.cli.amounts import show_amount
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.joining import deposit_missing, register_once
from prefect_federated.cli.sender import Sender
from prefect_federated.cli.tables import show_pairs
from prefect_federated.cli.where import Where
from prefect_federated.core.errors import ContractRefused

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.federation import Federation

poster_app = typer.Typer(help="Posters: who puts many commits and openings behind two roots.", no_args_is_help=True)

TaskArgument = Annotated[int, typer.Argument(min=1, help="Number of the task on chain.")]


@poster_app.command(epilog="Example: federated poster enlist 1 --keystore me.json --sealing-key my.pem")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def enlist(
    task: TaskArgument,
    sender: Sender,
    where: Where,
    sealing_key: Annotated[
        Path | None, typer.Option(help="Encrypted X25519 key file; made if missing. Needed to register.")
    ] = None,
) -> None:
    """Register if needed, deposit what stake is missing, and lock a bond as large as the aggregator's."""
    federation = where.open(sender)
    enforced, account = federation.task_of(task).enforced, federation.signer
    if not enforced.rolled:
        raise ContractRefused(f"task {task} takes no rolled commits; create a task with modes 5 or 7 for that")
    if federation.poster_of(task, account).bonded:
        console.out.print(f"{account} is a poster of task {task} already; nothing to do", soft_wrap=True)
        return
    register_once(federation, sender, sealing_key)
    deposit_missing(federation, enforced.aggregator_bond)
    federation.enlist_poster(task)
    console.out.print(
        f"{account} may post the rolls of task {task}; {show_amount(enforced.aggregator_bond)} are its bond",
        soft_wrap=True,
    )


@poster_app.command(epilog="Example: federated poster resign 1 --keystore me.json")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def resign(task: TaskArgument, sender: Sender, where: Where) -> None:
    """Post in the current round for the last time; `release` gives the bond back after it."""
    federation = where.open(sender)
    found = federation.poster_of(task, federation.signer)
    if found.stays or not found.bonded:  # who has no bond is told so by the contract
        federation.resign_poster(task)
    until = federation.poster_of(task, federation.signer).until_round
    console.out.print(f"round {until} is its last; then run `federated poster release {task}`", soft_wrap=True)


@poster_app.command(epilog="Example: federated poster release 1 --keystore me.json")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def release(
    task: TaskArgument,
    sender: Sender,
    where: Where,
    account: Annotated[str | None, typer.Option(help="Whose bond; default the signer's.")] = None,
) -> None:
    """Give a bond back to a poster whose last round can no longer be disputed; anyone may."""
    federation = where.open(sender)
    whose = account_of(account, None) if account else federation.signer
    amount = federation.release_poster(task, whose).event("PosterReleased").args["bond"]
    console.out.print(f"{show_amount(amount)} of {whose} are free", soft_wrap=True)


@poster_app.command(epilog="Example: federated poster show 1 0xf39F...2266 --json")
@console.says_what_to_do
@takes(where=Where)
def show(
    task: TaskArgument,
    account: Annotated[str, typer.Argument(help="The poster's account.")],
    where: Where,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Show a poster's bond and its last roll."""
    record = poster_record(where.open(), task, account_of(account, None))
    if as_json:
        console.print_json(record)
        return
    show_pairs(f"Poster of task {task}", [(name.replace("_", " "), value) for name, value in record.items()])


def poster_record(federation: "Federation", task: int, account: str) -> dict[str, Any]:
    """A poster with stable names; the bond is decimal text in wei.

    Raises:
        SpecError: there is no such task.
    """
    bond, found = federation.task_of(task).enforced.aggregator_bond, federation.poster_of(task, account)
    return {
        "account": account,
        "bond_wei": str(bond if found.bonded else 0),
        "until_round": None if found.stays or not found.bonded else found.until_round,
        "round": found.round or None,
        "leaves": found.leaves,
        "opened": found.opened,
        "state": found.state.name.lower(),
    }
