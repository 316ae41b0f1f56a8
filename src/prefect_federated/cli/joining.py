"""What every role does before it locks a bond: register with a sealing key, deposit what stake is missing."""

from pathlib import Path
from typing import TYPE_CHECKING

from prefect_federated.cli import console
from prefect_federated.cli.amounts import show_amount
from prefect_federated.cli.rest_key import open_key
from prefect_federated.cli.sender import Sender
from prefect_federated.core.errors import ConfigurationError

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.federation import Federation


def register_once(federation: "Federation", sender: Sender, path: Path | None) -> None:
    """Register the signer with a sealing key, unless it is registered; the key's file is made if it is missing.

    Raises:
        ConfigurationError: no file is named.
    """
    from prefect_federated.adapters.keys import SealingKey

    if federation.participant(federation.signer).registered:
        return
    if path is None:
        raise ConfigurationError(
            f"{federation.signer} is not registered, and registering needs its sealing key; name the key's file"
            " with --sealing-key, one is made there if it is missing"
        )
    if not path.exists():
        SealingKey.generate().save(path, sender.password)
        console.err.print(f"made a sealing key at {path}: back it up, lost it costs the stake", soft_wrap=True)
    federation.register(open_key(path, sender).public_bytes)
    console.out.print(f"registered {federation.signer}")


def deposit_missing(federation: "Federation", wanted: int) -> None:
    """Deposit what the signer's free stake lacks of `wanted`, wei."""
    found = federation.participant(federation.signer)
    missing = wanted - (found.stake - found.locked)
    if missing > 0:
        federation.deposit(missing)
        console.out.print(f"deposited {show_amount(missing)} of stake")
