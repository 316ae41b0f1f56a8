"""Accounts of a scenario: keys that follow from a seed, kept in encrypted files as a deployment would."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import SecretStr

from prefect_federated.adapters.keys import SealingKey, address_of, create_keystore, dev_key
from prefect_federated.blocks.signer import Signer

PASSWORD = "federated-demo"


@dataclass(frozen=True, slots=True)
class Account:
    """A name with an address and a signer block."""

    name: str
    address: str
    signer: Signer


def make_account(folder: Path, seed: int, name: str) -> Account:
    """Create keystore and sealing key of one party under `folder/name`."""
    home, key = folder / name, dev_key(seed, name)
    keystore, sealing = home / "keystore.json", home / "sealing-key.pem"
    home.mkdir(parents=True, exist_ok=True)
    create_keystore(keystore, PASSWORD, key, dev=True)
    SealingKey.from_seed(dev_key(seed, f"{name}/sealing")).save(sealing, PASSWORD)
    signer = Signer(keystore=keystore, sealing_key=sealing, password=SecretStr(PASSWORD), home=home)
    return Account(name, address_of(key), signer)
