"""`federated holder`: who opens the sums of encrypted tasks: make a key, and give its public half away.

key holder: `participant register` --> key --> entry of the spec's masking.holders --> flow `unlock`, once a minute
"""

from pathlib import Path
from typing import Annotated

import typer

from prefect_federated.cli import console
from prefect_federated.cli.grouped import takes
from prefect_federated.cli.rest_key import open_key
from prefect_federated.cli.sender import Sender
from prefect_federated.cli.where import Where
from prefect_federated.core.errors import ConfigurationError

holder_app = typer.Typer(help="Key holders: who opens the sums of encrypted tasks.", no_args_is_help=True)


@holder_app.callback()
def _holder() -> None:
    """A group, though it has one command."""


@holder_app.command(
    epilog="Example: federated holder key --store s3://models/fl --keystore me.json --sealing-key my.pem > holder.json"
)
@console.says_what_to_do
@takes(sender=Sender, where=Where)
def key(
    sealing_key: Annotated[
        Path, typer.Option(help="The signer's encrypted X25519 key file; the holder's key is kept under it.")
    ],
    store: Annotated[
        str, typer.Option(envvar="FEDERATED_STORE", help="Content store of the federation, where the key is kept.")
    ],
    sender: Sender,
    where: Where,
    name: Annotated[str, typer.Option(help="Another name makes another key, for another task.")] = "1",
) -> None:
    """Print the signer's entry of an encrypted task's `masking.holders`, made the first time, the same ever after.

    The signer must be registered (`federated participant register`). The secret half is kept in the store, encrypted to
    the sealing key: who loses that one opens no more sums. The first time it takes some seconds.
    """
    from prefect_federated.adapters.party import Party
    from prefect_federated.adapters.stores.base import open_store
    from prefect_federated.adapters.sum_keys import own_sum_key

    federation, own = where.open(sender), open_key(sealing_key, sender)
    if federation.participant(federation.account).sealing_key != own.public_bytes:
        raise ConfigurationError(
            f"{federation.account} is not registered with the sealing key in {sealing_key}, which silos would encrypt"
            f" to; run `federated participant register --sealing-key {sealing_key}`, or name the key it has"
        )
    party = Party("key holder", federation.account, federation, open_store(store), own)
    console.print_json({"account": party.account, "key": "0x" + own_sum_key(party, name).public_bytes().hex()})
