"""`federated deploy`: put a federation's contracts on a chain, and name who governs them.

contracts --> profile dev | timelock | safe --> deployment.json, which the other commands read
"""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prefect_federated.cli import console
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.sender import Sender
from prefect_federated.cli.tables import show_pairs
from prefect_federated.cli.where import DEFAULT_CHAIN
from prefect_federated.core.chain_profile import ChainProfile, Prevrandao
from prefect_federated.core.errors import ConfigurationError

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.governance import Governance
    from prefect_federated.adapters.evm.records import Deployment

PANEL = "Who governs"
DAY_S = 24 * 3600


class Profile(StrEnum):
    """Who administers the contracts."""

    DEV = "dev"
    TIMELOCK = "timelock"
    SAFE = "safe"


@console.says_what_to_do
@takes(sender=Sender)
def deploy(
    sender: Sender,
    governance: Annotated[
        Profile, typer.Option(rich_help_panel=PANEL, help="dev: one key. timelock: a council's vote. safe: a Safe.")
    ] = Profile.DEV,
    guardian: Annotated[
        str | None,
        typer.Option(rich_help_panel=PANEL, help="May pause and take upgrades back at once; timelock and safe."),
    ] = None,
    registrar: Annotated[
        str | None, typer.Option(rich_help_panel=PANEL, help="May admit participants; else only who governs.")
    ] = None,
    arbitrator: Annotated[
        str | None, typer.Option(rich_help_panel=PANEL, help="May answer appeals; else only who governs.")
    ] = None,
    steward: Annotated[
        str | None,
        typer.Option(rich_help_panel=PANEL, help="May answer remedies after withdrawals; else only who governs."),
    ] = None,
    admin: Annotated[
        str | None, typer.Option(rich_help_panel=PANEL, help="safe: the Safe that administers, behind its Delay.")
    ] = None,
    member: Annotated[
        list[str] | None, typer.Option(rich_help_panel=PANEL, help="timelock: account with one vote; repeat it.")
    ] = None,
    votes: Annotated[
        str | None, typer.Option(rich_help_panel=PANEL, help="timelock: existing ERC-5805 token instead of members.")
    ] = None,
    delay: Annotated[
        int, typer.Option(min=0, rich_help_panel=PANEL, help="timelock: seconds between vote and effect.")
    ] = 2 * DAY_S,
    voting_delay: Annotated[
        int, typer.Option(min=0, rich_help_panel=PANEL, help="timelock: seconds between proposal and vote.")
    ] = DAY_S,
    voting_period: Annotated[
        int, typer.Option(min=1, rich_help_panel=PANEL, help="timelock: seconds for the vote.")
    ] = 3 * DAY_S,
    unbonding: Annotated[
        int, typer.Option(min=1, help="Seconds that stake stays slashable; an upgrade waits twice as long.")
    ] = 14 * DAY_S,
    stake_token: Annotated[str | None, typer.Option(help="ERC-20 for stakes; default the chain's own coin.")] = None,
    draw_delay: Annotated[
        int, typer.Option(min=1, help="Blocks from a round's opening to the block its committee is drawn from.")
    ] = 4,
    hash_draws: Annotated[
        bool | None,
        typer.Option(
            help="Draw committees from block hashes; default where a chain's prevrandao is known as constant."
        ),
    ] = None,
    label: Annotated[str, typer.Option(help="Another label deploys another set from this account.")] = "contracts",
    out: Annotated[Path, typer.Option(help="File to write; other commands find it here.")] = Path("deployment.json"),
    chain: Annotated[str, typer.Option(envvar="FEDERATED_CHAIN", help="Chain endpoint.")] = DEFAULT_CHAIN,
    chain_id: Annotated[
        int | None, typer.Option(envvar="FEDERATED_CHAIN_ID", help="Chain id that must answer there.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(envvar="FEDERATED_PROFILE", help="Known chain, e.g. base: see `federated chain`.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Deploy the contracts and hand them over to whoever governs them. A repeat goes on where it stopped."""
    from prefect_federated.adapters.evm.deploy import deploy as put
    from prefect_federated.adapters.evm.governance import Governance
    from prefect_federated.adapters.evm.rpc import chain_id_of, connect
    from prefect_federated.core.chains import profile_of_chain, settled
    from prefect_federated.core.enforced import NOBODY

    if out.exists():
        raise ConfigurationError(f"{out} is there already and names a federation; name another file with --out")
    who = Governance(
        governance.value,
        _address("--guardian", guardian) or NOBODY,
        _address("--registrar", registrar) or NOBODY,
        _address("--arbitrator", arbitrator) or NOBODY,
        _address("--steward", steward) or NOBODY,
        _address("--admin", admin) or NOBODY,
        tuple(_address("--member", one) or NOBODY for one in member or ()),
        _address("--votes", votes) or NOBODY,
        voting_delay,
        voting_period,
        delay,
    )
    wanted, known = settled(profile, chain_id) if profile is not None or chain_id is not None else (None, None)
    w3 = connect(chain, wanted)
    token = _address("--stake-token", stake_token)
    made = put(
        w3,
        sender.account(),
        sender.outbox(w3, known),
        token,
        unbonding,
        label,
        governance=who,
        draw_delay=draw_delay,
        hash_draws=_draws_by_hash(known or profile_of_chain(chain_id_of(w3))) if hash_draws is None else hash_draws,
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(made.to_json())
    if as_json:
        console.print_json(json.loads(made.to_json()))
    else:
        _show(made, who, out)


def _show(made: "Deployment", who: "Governance", out: Path) -> None:
    pairs = [(name, str(value)) for name, value in json.loads(made.to_json()).items() if value]
    show_pairs("Contracts", pairs)
    if who.profile == "dev":
        console.out.print("One key administers everything: for development, not for a consortium.", style="yellow")
    console.out.print(f"written to {out}", markup=False, highlight=False)


def _draws_by_hash(known: "ChainProfile | None") -> bool:
    return known is not None and known.prevrandao is Prevrandao.CONSTANT


def _address(option: str, text: str | None) -> str | None:
    from eth_utils.address import is_address, to_checksum_address

    if text is None:
        return None
    if not is_address(text):
        raise ConfigurationError(f"{text!r} is no address; {option} takes 0x and 40 hex digits")
    return str(to_checksum_address(text))
