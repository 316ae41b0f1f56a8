"""`federated chain`: what is known of the chains that a federation may live on."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from prefect_federated.cli import console
from prefect_federated.cli.tables import show_table

if TYPE_CHECKING:
    from prefect_federated.core.chain_profile import ChainProfile

chain_app = typer.Typer(help="Chains: what is known of them.", no_args_is_help=True)
HEADER = ("name", "chain id", "block", "final", "fees", "EVM", "gas cap", "code cap", "PREVRANDAO")


@chain_app.callback()
def chain() -> None:
    """Chains: what is known of them."""


@chain_app.command(epilog="Example: federated chain profiles --json")
@console.says_what_to_do
def profiles(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, with the source of every fact.")] = False,
) -> None:
    """List the chain profiles: the names that --profile and the EvmChain block take."""
    from prefect_federated.core.chains import PROFILES

    if as_json:
        console.print_json([record(one) for one in PROFILES.values()])
        return
    show_table("Chain profiles", HEADER, [_row(one) for one in PROFILES.values()])
    console.out.print("Sources and doubts: --json. Rehearse with `federated devnet --profile NAME`.", style="dim")


def record(profile: "ChainProfile") -> dict[str, Any]:
    """A profile with stable names."""
    return asdict(profile) | {"sources": dict(profile.sources), "finality_blocks": profile.finality_blocks}


def _row(one: "ChainProfile") -> tuple[Any, ...]:
    pace = f"{one.block_time_s:g} s" if one.block_time_s else "at once"
    final = f"{one.final_tag}, {one.finality_s} s" if one.finality_s else str(one.final_tag)
    evm = one.hardfork if one.native_evm else f"{one.hardfork}, interpreted"
    return (
        one.name, one.chain_id, pace, final, one.fees, evm, f"{one.tx_gas_cap:,}", f"{one.code_bytes:,}", one.prevrandao
    )  # fmt: skip
