"""`federated validator`: who judges a task's rounds: admit, enlist, resign, get the bond back, see who there is.

sponsor: admit --> validator: enlist (register, deposit what is missing, lock) --> resign --> release
member without money for gas: see `votes`
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prefect_federated.cli import console, holdout, votes
from prefect_federated.cli.account import account_of
from prefect_federated.cli.amounts import parse_amount, show_amount
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.joining import deposit_missing, register_once
from prefect_federated.cli.sender import Sender
from prefect_federated.cli.tables import show_pairs, show_table
from prefect_federated.cli.where import Where
from prefect_federated.core.errors import ContractRefused, SpecError

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.federation import Federation
    from prefect_federated.core.committee import Validator

validator_app = typer.Typer(help="Validators: who may be drawn to judge a task's rounds.", no_args_is_help=True)

TaskArgument = Annotated[int, typer.Argument(min=1, help="Number of the task on chain.")]
FOR_GOOD = 2**32 - 1


@validator_app.command(epilog="Example: federated validator admit 1 0xf39F...2266 --keystore sponsor.json")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def admit(
    task: TaskArgument,
    account: Annotated[str, typer.Argument(help="Account to admit.")],
    sender: Sender,
    where: Where,
    revoke: Annotated[bool, typer.Option("--revoke", help="Take the admission back instead.")] = False,
) -> None:
    """Let an account serve as a validator; only the task's sponsor may. Silos must name it among their readers too."""
    federation, chosen = where.open(sender), account_of(account, None)
    if federation.is_reader(task, chosen) == revoke:
        federation.admit_reader(task, chosen, not revoke)
    console.out.print(
        f"{chosen} may {'no longer enlist' if revoke else 'enlist'} as a validator of task {task}", soft_wrap=True
    )


@validator_app.command(epilog="Example: federated validator enlist 1 --keystore me.json --sealing-key my.pem")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def enlist(
    task: TaskArgument,
    sender: Sender,
    where: Where,
    sealing_key: Annotated[
        Path | None, typer.Option(help="Encrypted X25519 key file; made if missing. Needed to register.")
    ] = None,
    bond: Annotated[
        str | None, typer.Option(help="Stake to lock, e.g. 2eth: the weight in the draw. Default the task's least.")
    ] = None,
) -> None:
    """Register if needed, deposit what stake is missing, and lock the bond; drawn from the next round on."""
    federation = where.open(sender)
    least, account = federation.task_of(task).enforced.validator_bond, federation.signer
    if not least:
        raise SpecError(f"task {task} has no committee; nobody can serve as its validator")
    if _place(federation, task, account):
        console.out.print(f"{account} is a validator of task {task} already; nothing to do", soft_wrap=True)
        return
    if not federation.is_reader(task, account):
        raise ContractRefused(
            f"{account} is not admitted; ask the sponsor for `federated validator admit {task} {account}`"
        )
    register_once(federation, sender, sealing_key)
    amount = parse_amount(bond) if bond else least
    deposit_missing(federation, amount)
    start = federation.enlist(task, amount).event("Enlisted").args["fromRound"]
    console.out.print(
        f"{account} may be drawn for task {task} from round {start} on; {show_amount(amount)} are its bond",
        soft_wrap=True,
    )


@validator_app.command(epilog="Example: federated validator resign 1 --keystore me.json")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def resign(task: TaskArgument, sender: Sender, where: Where) -> None:
    """Serve in the current round for the last time; `release` gives the bond back after it."""
    federation = where.open(sender)
    place = _place(federation, task, federation.signer)
    if place is None or place.until_round == FOR_GOOD:
        federation.resign(task)
        place = _place(federation, task, federation.signer)
    until = place.until_round if place else 0
    console.out.print(f"round {until} is its last; then run `federated validator release {task}`", soft_wrap=True)


@validator_app.command(epilog="Example: federated validator release 1 --keystore me.json")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def release(
    task: TaskArgument,
    sender: Sender,
    where: Where,
    account: Annotated[str | None, typer.Option(help="Whose bond; default the signer's.")] = None,
) -> None:
    """Give a bond back to a validator whose last round is over; anyone may."""
    federation = where.open(sender)
    whose = account_of(account, None) if account else federation.signer
    amount = federation.release_validator(task, whose).event("ValidatorReleased").args["amount"]
    console.out.print(f"{show_amount(amount)} of {whose} are free", soft_wrap=True)


@validator_app.command(epilog="Example: federated validator show 1 --json")
@console.says_what_to_do
@takes(where=Where)
def show(
    task: TaskArgument,
    where: Where,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Show a task's validators and the committee of its last round."""
    record = validators_record(where.open(), task)
    if as_json:
        console.print_json(record)
        return
    show_pairs(
        f"Committee of task {task}",
        [("seats", record["seats"]), ("round", record["round"]), ("drawn", "yes" if record["members"] else "no")],
    )
    show_table(
        "Validators",
        ("account", "from round", "until round", "bond", "seat"),
        [
            (
                one["account"],
                one["from_round"],
                one["until_round"],
                show_amount(int(one["bond_wei"])),
                "yes" if one["account"] in record["members"] else "",
            )
            for one in record["validators"]
        ],
    )


validator_app.command(
    "holdout-root", epilog="Example: federated validator holdout-root held-out.csv --salt held-out.salt"
)(holdout.holdout_root)
validator_app.command(
    "sign-vote",
    epilog="Example: federated validator sign-vote 1 --holdout mine.csv --store s3://models/fl --keystore me.json"
    " --sealing-key my.pem --out vote.json",
)(votes.sign_vote)
validator_app.command(
    "open-vote",
    epilog="Example: federated validator open-vote 1 --store s3://models/fl --keystore me.json --sealing-key my.pem"
    " --out open.json",
)(votes.open_vote)
validator_app.command(
    "bring-votes", epilog="Example: federated validator bring-votes vote.json other.json --keystore payer.json"
)(votes.bring_votes)
validator_app.command(
    "conflict", epilog="Example: federated validator conflict vote.json another.json --keystore me.json"
)(votes.conflict)


def validators_record(federation: "Federation", task: int) -> dict[str, Any]:
    """A task's validators with stable names; amounts are decimal text in wei.

    Raises:
        SpecError: there is no such task.
    """
    seats, ballot = federation.task_of(task).enforced.committee, federation.ballot(task)
    return {
        "task": task,
        "seats": seats,
        "round": ballot.round or None,
        "members": [seat.member for seat in federation.seats(task)],
        "validators": [
            {
                "account": one.account,
                "from_round": one.from_round,
                "until_round": None if one.until_round == FOR_GOOD else one.until_round,
                "skips": one.skipped or None,
                "weight_wei": str(one.weight),
                "bond_wei": str(one.bonded),
            }
            for one in federation.validators(task)
        ],
    }


def _place(federation: "Federation", task: int, account: str) -> "Validator | None":
    return next((one for one in federation.validators(task) if one.account == account), None)
