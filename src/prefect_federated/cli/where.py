"""Finding the federation that a command is about.

options, environment --> deployment file --> else the newest Coordinator on a short chain --> Federation
"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from prefect_federated.cli.console import err
from prefect_federated.core.errors import ChainIdMismatch, ChainUnreachable, ConfigurationError

if TYPE_CHECKING:
    from web3 import Web3

    from prefect_federated.adapters.evm.federation import Federation
    from prefect_federated.adapters.evm.records import Deployment
    from prefect_federated.cli.sender import Sender
    from prefect_federated.core.chain_profile import ChainProfile

DEFAULT_CHAIN = "http://127.0.0.1:8545"
DEFAULT_FILES = (Path("federated-demo/deployment.json"), Path("deployment.json"))
SHORT = 50_000  # blocks; the events of a longer chain are not searched through
PANEL = "Which federation"


@dataclass(frozen=True, slots=True)
class Where:
    """The options that name a federation; `open` resolves them."""

    chain: Annotated[
        str | None,
        typer.Option(envvar="FEDERATED_CHAIN", rich_help_panel=PANEL, help=f"Chain endpoint; default {DEFAULT_CHAIN}."),
    ] = None
    chain_id: Annotated[
        int | None,
        typer.Option(envvar="FEDERATED_CHAIN_ID", rich_help_panel=PANEL, help="Chain id that must answer there."),
    ] = None
    profile: Annotated[
        str | None,
        typer.Option(
            envvar="FEDERATED_PROFILE", rich_help_panel=PANEL, help="Known chain, e.g. base: see `federated chain`."
        ),
    ] = None
    coordinator: Annotated[
        str | None,
        typer.Option(
            envvar="FEDERATED_COORDINATOR", rich_help_panel=PANEL, help="Address of the Coordinator contract."
        ),
    ] = None
    deployment: Annotated[
        Path | None,
        typer.Option(
            envvar="FEDERATED_DEPLOYMENT",
            rich_help_panel=PANEL,
            help="File that names the contracts; default ./federated-demo/deployment.json or ./deployment.json.",
        ),
    ] = None

    def open(self, sender: "Sender | None" = None) -> "Federation":
        """Connect to the federation, to read with or, given a sender, to write to.

        Raises:
            ChainUnreachable: nothing answers at the endpoint.
            ChainIdMismatch: it serves another chain than the one named.
            ConfigurationError: no federation is named, and none is found.
        """
        from prefect_federated.adapters.evm.federation import Federation

        chain_id, profile = self._settled()
        w3 = self._connect(chain_id)
        found = self._named(w3) or self._beside(w3) or _search(w3)
        outbox = sender.outbox(w3, profile) if sender else None
        federation = Federation(w3, found.coordinator, outbox, from_block=found.block, profile=profile)
        _ = federation.addresses  # says now that there is no Coordinator, not in the middle of a command
        return federation

    def _settled(self) -> "tuple[int | None, ChainProfile | None]":
        from prefect_federated.core.chains import settled

        if self.profile is None and self.chain_id is None:
            return None, None
        return settled(self.profile, self.chain_id)

    def _connect(self, chain_id: int | None) -> "Web3":
        from prefect_federated.adapters.evm.rpc import connect

        try:
            return connect(self.chain or DEFAULT_CHAIN, chain_id)
        except ChainUnreachable as cause:
            if self.chain is not None:
                raise
            raise ChainUnreachable(f"{cause}; name another endpoint with --chain or FEDERATED_CHAIN") from cause

    def _named(self, w3: "Web3") -> "Deployment | None":
        """What --coordinator or --deployment name."""
        from prefect_federated.adapters.evm.deploy import deployment_of

        if self.coordinator is not None:
            return deployment_of(w3, _address(self.coordinator))
        if self.deployment is not None:
            return _on(w3, self.deployment)
        return None

    def _beside(self, w3: "Web3") -> "Deployment | None":
        """What a deployment file in the working folder names, unless it is of another chain."""
        from prefect_federated.adapters.evm.deploy import deployment_of

        for path in DEFAULT_FILES:
            if path.exists():
                try:
                    found = _on(w3, path)
                    deployment_of(w3, found.coordinator)
                    return found
                except ConfigurationError as error:
                    _say(f"{path} is left aside: {error}")
        return None


def read_deployment(path: Path) -> "Deployment":
    """Read a deployment file.

    Raises:
        ConfigurationError: it is missing or holds something else.
    """
    from prefect_federated.adapters.evm.records import Deployment

    try:
        return Deployment.from_json(path.read_text())
    except FileNotFoundError as cause:
        raise ConfigurationError(f"there is no deployment file {path}; name another, or --coordinator") from cause
    except (OSError, ValueError, TypeError) as cause:
        raise ConfigurationError(
            f"{path} is no deployment file ({type(cause).__name__}); name another, or --coordinator"
        ) from cause


def _on(w3: "Web3", path: Path) -> "Deployment":
    from prefect_federated.adapters.evm.rpc import chain_id_of

    found, served = read_deployment(path), chain_id_of(w3)
    if found.chain_id != served:
        raise ChainIdMismatch(
            f"{path} is of chain {found.chain_id}, the endpoint serves chain {served};"
            " name the right endpoint with --chain, or another file with --deployment"
        )
    return found


def _search(w3: "Web3") -> "Deployment":
    from prefect_federated.adapters.evm.deploy import find_deployments
    from prefect_federated.adapters.evm.logs import height
    from prefect_federated.adapters.evm.rpc import chain_id_of

    blocks = height(w3)
    if blocks > SHORT:
        raise ConfigurationError(
            f"chain {chain_id_of(w3)} has {blocks} blocks, more than the {SHORT} that are searched for a federation;"
            " name one with --coordinator or --deployment"
        )
    found = find_deployments(w3)
    if not found:
        raise ConfigurationError(
            f"no federation is on chain {chain_id_of(w3)}, {blocks} blocks searched;"
            " name another endpoint with --chain, or see `federated demo --help`"
        )
    which = "the only one" if len(found) == 1 else f"the newest of {len(found)}"
    _say(f"using the federation at {found[-1].coordinator}, {which} on this chain")
    return found[-1]


def _address(text: str) -> str:
    from eth_utils.address import is_address, to_checksum_address

    if not is_address(text):
        raise ConfigurationError(f"{text!r} is no address; --coordinator takes 0x and 40 hex digits")
    return str(to_checksum_address(text))


def _say(line: str) -> None:
    err.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)
