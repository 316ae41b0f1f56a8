"""`federated devnet`: a development chain in the foreground, with funded accounts, until Ctrl-C.

With --profile it is anvil set up like a known chain: a rehearsal in real time.
"""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prefect_federated.cli import console
from prefect_federated.cli.tables import show_table
from prefect_federated.core.errors import ConfigurationError

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.devnet import Devnet


class Kind(StrEnum):
    """Which chain to run."""

    AUTO = "auto"
    ANVIL = "anvil"
    ETH_TESTER = "eth-tester"


@console.says_what_to_do
def devnet(
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on this machine; 0 picks a free one.")] = 8545,
    kind: Annotated[Kind, typer.Option(help="auto takes anvil where it is found.")] = Kind.AUTO,
    state: Annotated[Path | None, typer.Option(help="Keep the chain in this file between runs; anvil only.")] = None,
    accounts: Annotated[int, typer.Option(min=1, max=100, help="How many funded accounts.")] = 10,
    block_time: Annotated[
        float | None, typer.Option(min=0.05, help="Mine every so many seconds; default each transaction at once.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(help="Set anvil up like a known chain, e.g. base: see `federated chain profiles`.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON, then run.")] = False,
) -> None:
    """Run a development chain until Ctrl-C. Its money is play money, and everybody knows its keys."""
    from prefect_federated.adapters.evm.devnet import Devnet

    if profile is None:
        started = Devnet.start(port, kind.value, state, block_time, accounts)
    else:
        started = _rehearsal(profile, port, kind, state, block_time, accounts)
    with started as running:
        record = _record(running, accounts)
        if as_json:
            typer.echo(json.dumps(record))
        else:
            _show(record, state)
        try:
            status = running.wait()
        except KeyboardInterrupt:
            status = 0
    raise typer.Exit(status)


def _rehearsal(
    name: str, port: int, kind: Kind, state: Path | None, block_time: float | None, accounts: int
) -> "Devnet":
    from prefect_federated.adapters.evm.rehearsal import rehearse
    from prefect_federated.core.chains import profile

    if kind is Kind.ETH_TESTER or state is not None or block_time is not None:
        raise ConfigurationError(
            f"--profile {name} sets anvil up by itself; leave --kind eth-tester, --state and --block-time out"
        )
    return rehearse(profile(name), port, accounts)


def _record(running: "Devnet", accounts: int) -> dict[str, Any]:
    from prefect_federated.adapters.keys import address_of

    return {
        "url": running.url,
        "kind": running.kind,
        "chain_id": running.chain_id,
        "accounts": [{"address": address_of(k), "key": "0x" + k.hex()} for k in running.accounts(accounts)],
    }


def _show(record: dict[str, Any], state: Path | None) -> None:
    kept = f"kept in {state}" if state else "gone when it ends"
    console.out.print(f"[bold]{record['url']}[/]  {record['kind']}, chain {record['chain_id']}, {kept}")
    show_table("Accounts with play money", ("address", "key"), [(a["address"], a["key"]) for a in record["accounts"]])
    console.out.print(
        "[yellow]These keys are public: whatever is sent to them on a real chain is gone.[/]"
        " What another key signs here is valid on the real chain of the same id. Ctrl-C ends the chain."
    )
