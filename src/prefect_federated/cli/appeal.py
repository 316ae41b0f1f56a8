"""`federated appeal`: against a slash, its answer, and what is left when nobody appeals or answers.

list -> open (deposit) -> answer accept | reject | draw         nobody in time --> close
"""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prefect_federated.cli import console
from prefect_federated.cli.account import account_of
from prefect_federated.cli.amounts import show_amount
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.sender import Sender
from prefect_federated.cli.tables import show_table, show_time
from prefect_federated.cli.where import Where

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.appealing import Slash
    from prefect_federated.adapters.evm.federation import Federation

appeal_app = typer.Typer(help="Slashes: see them, appeal, answer, close what is over.", no_args_is_help=True)

SlashArgument = Annotated[int, typer.Argument(min=1, help="Number of the slash; see `federated appeal list`.")]


class Answer(StrEnum):
    """What the arbitrator may say."""

    ACCEPT = "accept"
    REJECT = "reject"
    DRAW = "draw"


@appeal_app.command("list", epilog="Example: federated appeal list 0xf39F...2266 --json")
@console.says_what_to_do
@takes(where=Where)
def list_(
    where: Where,
    account: Annotated[str | None, typer.Argument(help="Only slashes of this participant.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Show slashes: what was taken, by whose accusation, and what became of it."""
    federation = where.open()
    slashes = federation.slashes(account_of(account, None) if account else None)
    now_s = federation.chain_time()
    if as_json:
        console.print_json([_record(one, now_s) for one in slashes])
        return
    header = ("slash", "participant", "taken", "accuser", "evidence", "at", "state", "open until")
    show_table("Slashes", header, [_row(one, now_s) for one in slashes])


@appeal_app.command("open", epilog="Example: federated appeal open 3 --why ipfs://bafy... --keystore hospital-a.json")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def open_(
    slash: SlashArgument,
    why: Annotated[str, typer.Option(help="Link under which the arbitrator finds the reasons; public.")],
    sender: Sender,
    where: Where,
) -> None:
    """Appeal against a slash of your own. It costs a deposit, which only a rejected appeal loses."""
    federation = where.open(sender)
    event = federation.open_appeal(slash, why).event("AppealOpened")
    console.out.print(
        f"slash {slash} is under appeal for a deposit of {show_amount(event.args['deposit'])};"
        f" it is answered by {show_time(event.args['until'])}, or ends as a draw",
        soft_wrap=True,
        highlight=False,
    )


@appeal_app.command(epilog="Example: federated appeal answer 3 accept --keystore arbitrator.json")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def answer(
    slash: SlashArgument,
    ruling: Annotated[Answer, typer.Argument(help="accept: all goes back. reject: deposit lost. draw: deposit back.")],
    sender: Sender,
    where: Where,
) -> None:
    """Answer an appeal, as the arbitrator."""
    from prefect_federated.adapters.evm.appealing import Ruling

    where.open(sender).answer_appeal(slash, Ruling[ruling.name])
    said = {
        Answer.ACCEPT: "what it took is given back, and the deposit can be collected",
        Answer.REJECT: "it stands, and the deposit is the treasury's",
        Answer.DRAW: "it stands, and the deposit can be collected",
    }
    console.out.print(f"slash {slash}: {said[ruling]}")


@appeal_app.command(epilog="Example: federated appeal close --keystore me.json")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def close(sender: Sender, where: Where) -> None:
    """Close all slashes that nobody appealed or answered in time, and fetch what is owed to the signer. Anyone may."""
    federation = where.open(sender)
    closed = federation.close_appeals()
    console.out.print(f"closed {len(closed)} slashes: {closed}" if closed else "nothing is over that is not closed")
    _fetch(federation)


def _fetch(federation: "Federation") -> None:
    account = federation.signer
    if bounty := federation.bounty_of(account):
        federation.collect_bounty(account)
        console.out.print(f"fetched bounties of {show_amount(bounty)}")
    if deposit := federation.appeal_deposit_of(account):
        federation.collect_appeal_deposit(account)
        console.out.print(f"fetched deposits of {show_amount(deposit)}")


def _state(slash: "Slash", now_s: int) -> str:
    if slash.state != "held":
        return slash.state
    kind = "appealed" if slash.appealed else "may be appealed"
    return "over: close it" if slash.closable(now_s) else kind


def _row(slash: "Slash", now_s: int) -> tuple[Any, ...]:
    until = show_time(slash.until) if slash.state == "held" else None
    return (
        slash.id,
        slash.participant,
        show_amount(slash.taken),
        slash.accuser if int(slash.accuser, 16) else None,
        "0x" + slash.evidence.hex(),
        show_time(slash.at),
        _state(slash, now_s),
        until,
    )


def _record(slash: "Slash", now_s: int) -> dict[str, Any]:
    return {
        "slash": slash.id,
        "participant": slash.participant,
        "taken_wei": str(slash.taken),
        "accuser": slash.accuser if int(slash.accuser, 16) else None,
        "evidence": "0x" + slash.evidence.hex(),
        "at": slash.at,
        "state": slash.state,
        "appealed": slash.appealed,
        "why": slash.why or None,
        "ruling": slash.ruling.name.lower() if slash.ruling else None,
        "until": slash.until,
        "closable": slash.closable(now_s),
    }
