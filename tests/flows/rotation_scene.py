"""Parties whose sealing key was replaced, and their blocks, with the former key named or not."""

from dataclasses import replace
from typing import Any

from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.rotating import rotate
from prefect_federated.blocks.signer import Signer
from prefect_federated.scenario.accounts import PASSWORD
from prefect_federated.scenario.consortium import Consortium


def rotated(consortium: Consortium, name: str) -> Signer:
    """A party's signer after its sealing key was replaced, the former one named."""
    signer = consortium.ground.accounts[name].signer
    key, path = SealingKey.generate(version=2), signer.home / "sealing-key-2.pem"
    key.save(path, PASSWORD)
    rotate(consortium.federation(name), key)
    return signer.model_copy(update={"sealing_key": path, "former_keys": [signer.sealing_key]})


def silo_rotated(consortium: Consortium, name: str, **changes: Any) -> None:
    """The same of a silo, whose block has the new signer from now on; with what else is changed of the signer."""
    signer = rotated(consortium, name).model_copy(update=changes)
    consortium.members[name] = consortium.members[name].model_copy(update={"signer": signer})


def resigned(consortium: Consortium, name: str, **changes: Any) -> None:
    """Change a silo's signer."""
    signer = consortium.members[name].signer.model_copy(update=changes)
    consortium.members[name] = consortium.members[name].model_copy(update={"signer": signer})


def alone(party: Party, former: bool = False) -> Party:
    """A party with its current sealing key alone, or with its former one alone."""
    key = party.sealing_key.former[0] if former else party.sealing_key
    return replace(party, sealing_key=key.after(()))
