"""`federated governance`: the pause, by whoever may call for it; and what of it holds now.

show --> since, until, next, longest        pause 2h --> opens, stakes and commits wait until then; it ends by itself
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from prefect_federated.cli import console
from prefect_federated.cli.account import account_of
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.sender import Sender
from prefect_federated.cli.spans import parse_span
from prefect_federated.cli.tables import show_pairs, show_span, show_time
from prefect_federated.cli.where import Where

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.federation import Federation
    from prefect_federated.core.pausing import PauseStanding

governance_app = typer.Typer(help="Governance: the guardian's pause.", no_args_is_help=True)


@governance_app.command(epilog="Example: federated governance pause 2h --keystore guardian.json")
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def pause(
    span: Annotated[str, typer.Argument(metavar="SPAN", help="How long from now, e.g. 90min, 2h, 1d.")],
    sender: Sender,
    where: Where,
) -> None:
    """Stop opens, stakes and commits for a while, or make the pause that is on last longer; guardians may.

    There is no way to end a pause early: it ends by itself, and somebody may rely on when. Begin with a short one.
    """
    from prefect_federated.adapters.pausing import pause as call_for

    wanted_s, federation = parse_span(span), where.open(sender)
    until = call_for(federation, federation.chain_time() + wanted_s)
    console.out.print(
        f"paused until {show_time(until)} (chain time {until}): no open, stake or commit; deadlines move by as much,"
        " all that gives back or finishes goes on",
        soft_wrap=True,
        highlight=False,
    )


@governance_app.command(epilog="Example: federated governance show --json")
@console.says_what_to_do
@takes(where=Where)
def show(
    where: Where,
    account: Annotated[str | None, typer.Option(help="Say also whether this account may pause.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Show whether a pause is on and until when, when the next may begin, how long it may last, and who may call."""
    from prefect_federated.adapters.pausing import pause_standing

    federation = where.open()
    standing = pause_standing(federation)
    record = pause_record(federation, standing, account_of(account, None) if account else None)
    if as_json:
        console.print_json(record)
    else:
        _show(standing, record)


def pause_record(federation: "Federation", standing: "PauseStanding", account: str | None) -> dict[str, Any]:
    """The pause with stable names; times in seconds of chain time, null where there is none."""
    from prefect_federated.adapters.pausing import may_pause, pauser

    return {
        "coordinator": federation.coordinator,
        "chain_time": standing.now_s,
        "paused_since": standing.since or None,
        "paused_until": standing.until or None,
        "next_pause_from": max(standing.earliest, standing.now_s),
        "longest_pause_s": standing.longest_s,
        "latest_end": standing.latest or None,
        "may_be_called_by": pauser(federation),
        "account": account,
        "may_pause": may_pause(federation, account) if account else None,
    }


def _show(standing: "PauseStanding", record: dict[str, Any]) -> None:
    def when(second: int) -> str:
        return f"{show_time(second)}, {show_span(second - standing.now_s)}"

    show_pairs(
        f"Pause of {record['coordinator']}",
        [
            ("paused", f"until {when(standing.until)}" if standing.on else "no"),
            ("since", show_time(standing.since) or None),
            ("can last until", when(standing.latest) if standing.latest else None),
            ("next one from", when(record["next_pause_from"])),
            ("longest", f"{standing.longest_s} s"),
            ("called by", record["may_be_called_by"]),
            (f"{record['account']} may pause", record["may_pause"]),
        ],
    )
