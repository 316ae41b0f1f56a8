"""`federated participant`: register, stake, join a task, leave it, replace a key, see where an account stands.

join: register -> deposit what is missing -> enrol (or accept the duty)      leave: leave -> bond back -> stake back

Each command looks at the chain first and does only what is not done, so that it may be repeated at any time.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prefect_federated.cli import console
from prefect_federated.cli.account import account_of, participant_record
from prefect_federated.cli.amounts import parse_amount, show_amount
from prefect_federated.cli.budgets import DeltaOption, EpsilonOption, limit_from
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.joining import deposit_missing, register_once
from prefect_federated.cli.rotation import rotate
from prefect_federated.cli.sender import Sender
from prefect_federated.cli.tables import show_pairs, show_span, show_table, show_time
from prefect_federated.cli.where import Where
from prefect_federated.core.epsilon import epsilon_text
from prefect_federated.core.errors import UnknownParticipant
from prefect_federated.core.privacy import DELTA
from prefect_federated.core.reputation import MAX

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.federation import Federation

participant = typer.Typer(help="Accounts: join a task, leave it, see stake and enrolments.", no_args_is_help=True)

participant.command(
    epilog="Example: federated participant rotate --sealing-key new.pem --former-key old.pem --backup usb/new.pem"
    " --keystore me.json"
)(rotate)

TaskArgument = Annotated[int, typer.Argument(min=1, help="Number of the task on chain.")]


@participant.command(
    epilog="Example: federated participant join 1 --keystore hospital-a.json --sealing-key hospital-a.pem"
)
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def join(
    task: TaskArgument,
    sender: Sender,
    where: Where,
    sealing_key: Annotated[
        Path | None, typer.Option(help="Encrypted X25519 key file; made if missing. Needed to register.")
    ] = None,
    stake: Annotated[
        str | None, typer.Option(help="Have at least this much free stake, e.g. 2eth; default the task's bond.")
    ] = None,
) -> None:
    """Register if needed, deposit what stake is missing, and enrol.

    Whom the task names as aggregator or standby accepts the duty instead.
    """
    federation = where.open(sender)
    on_chain, account = federation.task_of(task), federation.signer
    duty = account in (on_chain.aggregator, on_chain.standby)
    bond = on_chain.enforced.aggregator_bond if duty else on_chain.enforced.bond
    register_once(federation, sender, sealing_key)
    done = _on_duty(federation, task) if duty else federation.enrolment(task, account).enrolled
    locks = 0 if done or (not duty and federation.enrolment(task, account).bonded) else bond
    deposit_missing(federation, max(locks, parse_amount(stake) if stake else 0))
    if done:
        console.out.print(f"{account} is already in task {task}; nothing to do")
    elif duty:
        federation.accept_duty(task)
        console.out.print(f"accepted the duty of task {task}; {show_amount(bond)} of the stake are its bond")
    else:
        _require_admitted(federation, account)
        start = federation.enrol(task).event("Enrolled").args["fromRound"]
        console.out.print(f"enrolled {account} in task {task} from round {start} on; {show_amount(bond)} are its bond")


@participant.command(epilog="Example: federated participant register --keystore north.json --sealing-key north.pem")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def register(
    sender: Sender,
    where: Where,
    sealing_key: Annotated[
        Path | None, typer.Option(help="Encrypted X25519 key file; made if missing. Needed to register.")
    ] = None,
) -> None:
    """Register an account with its sealing key and no stake: it can read, as a region's aggregator does."""
    federation = where.open(sender)
    if federation.participant(federation.signer).registered:
        console.out.print(f"{federation.signer} is already registered; nothing to do")
    register_once(federation, sender, sealing_key)


@participant.command(epilog="Example: federated participant leave 1 --keystore hospital-a.json --withdraw")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def leave(
    task: TaskArgument,
    sender: Sender,
    where: Where,
    withdraw: Annotated[bool, typer.Option("--withdraw", help="Also take the free stake out.")] = False,
) -> None:
    """Leave a task from its next round on; repeat it to get back a bond that a running round holds."""
    federation = where.open(sender)
    account = federation.signer
    place = federation.enrolment(task, account)
    if place.enrolled:
        until = federation.leave(task).event("Left").args["untilRound"]
        console.out.print(f"{account} left task {task}; round {until} is the last it belongs to")
    elif place.bonded:
        federation.release_bond(task, account)
    elif not withdraw:
        raise UnknownParticipant(f"{account} is not enrolled in task {task}; see `federated participant status`")
    held = federation.enrolment(task, account).bonded
    console.out.print("its bond is held until the running round is over" if held else "its bond is free")
    if withdraw:
        _withdraw(federation)


@participant.command(epilog="Example: federated participant status 0xf39F...2266 --json")
@console.says_what_to_do
@takes(where=Where)
def status(
    where: Where,
    account: Annotated[str | None, typer.Argument(help="Account; default the keystore's.")] = None,
    keystore: Annotated[
        Path | None, typer.Option(envvar="FEDERATED_KEYSTORE", help="Take the account from here; not unlocked.")
    ] = None,
    delta: DeltaOption = DELTA,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Show an account's stake, bonds, enrolments, reputation, and what it spent of its privacy budget."""
    record = participant_record(where.open(), account_of(account, keystore), delta)
    if as_json:
        console.print_json(record)
        return
    amounts = ("stake_wei", "locked_wei", "free_wei", "unbonding_wei")
    show_pairs(
        f"Participant {record['account']}",
        [
            ("registered", "yes" if record["registered"] else "no: run `federated participant join`"),
            ("may enrol", "yes" if record["may_enrol"] else "no: the registry's administrator admits"),
            *((name.removesuffix("_wei"), show_amount(int(record[name]))) for name in amounts),
            ("unbonded at", show_time(record["unbond_at"]) or None),
            ("reputation", f"{record['reputation']} of {MAX}"),
            ("privacy spent", _privacy(record["privacy"])),
            ("sealing key", f"version {record['key_version']}" if record["registered"] else None),
        ],
    )
    if record["tasks"]:
        header = ("task", "role", "from round", "until round", "last commit", "bond locked")
        show_table("Enrolments", header, [tuple(row.values()) for row in record["tasks"]])


@participant.command(epilog="Example: federated participant limit --epsilon 8 --delta 1e-5 --keystore hospital-a.json")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def limit(sender: Sender, where: Where, epsilon: EpsilonOption = None, delta: DeltaOption = DELTA) -> None:
    """Set what this silo's commits may spend of privacy over all grants, past ones included; no --epsilon lifts it."""
    federation, wanted = where.open(sender), limit_from(epsilon, delta)
    if federation.own_budget(federation.signer).limit != wanted:
        federation.set_own_limit(wanted)
    said = f"at most epsilon {epsilon:g} at delta {delta:g}" if wanted else "without a limit"
    console.out.print(f"{federation.signer} spends {said}", highlight=False, soft_wrap=True)


@participant.command(epilog="Example: federated participant admit 0xf39F...2266 --keystore administrator.json")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def admit(account: Annotated[str, typer.Argument(help="Account to admit.")], sender: Sender, where: Where) -> None:
    """Let an account enrol; only the registry's administrator may."""
    federation, admitted = where.open(sender), account_of(account, None)
    if not federation.participant(admitted).admitted:
        federation.set_admission(admitted, True)
    console.out.print(f"{admitted} may enrol")


@participant.command(epilog="Example: federated participant record 1 --keystore me.json")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def record(task: TaskArgument, sender: Sender, where: Where) -> None:
    """Let the task's last settled round count for the reputation of everybody in its result; anyone may."""
    federation = where.open(sender)
    round = federation.round_state(task).round
    sent = federation.record_round(task, round)
    counted = [event.args["participant"] for event in sent.events if event.name == "Recorded"] if sent else []
    console.out.print(f"round {task}/{round} counts for {len(counted)} participants", highlight=False)


def _privacy(found: dict[str, Any]) -> str:
    of = "no limit" if found["epsilon_limit"] is None else epsilon_text(found["epsilon_limit"])
    return f"epsilon {epsilon_text(found['epsilon_spent'])} of {of}, delta {found['delta']:g}"


def _on_duty(federation: "Federation", task: int) -> bool:
    on_chain = federation.task_of(task)
    aggregates = federation.signer == on_chain.aggregator
    return on_chain.aggregator_bonded if aggregates else on_chain.standby_bonded


def _require_admitted(federation: "Federation", account: str) -> None:
    if not federation.call("ParticipantRegistry", "mayEnrol", account):
        raise UnknownParticipant(
            f"{account} is registered and staked, but not admitted; ask the registry's administrator to run"
            f" `federated participant admit {account}`, then join again"
        )


def _withdraw(federation: "Federation") -> None:
    """Ask the free stake back, or take out what has finished unbonding."""
    found, now_s = federation.participant(federation.signer), federation.chain_time()
    if found.unbonding and found.unbond_at <= now_s:
        federation.withdraw_stake()
        console.out.print(f"took out {show_amount(found.unbonding)}")
    elif found.unbonding:
        span = show_span(found.unbond_at - now_s)
        console.out.print(f"{show_amount(found.unbonding)} can be taken out {span}; run this again then")
    elif found.stake > found.locked:
        federation.request_unbond(found.stake - found.locked)
        span = show_span(federation.participant(federation.signer).unbond_at - now_s)
        console.out.print(f"{show_amount(found.stake - found.locked)} can be taken out {span}; run this again then")
