"""Signed policies on disk: signed by an account, read back only if that account signed exactly this.

rules --sign--> document --file--> Policy, for this silo, from this signer, not older than one that was in force
"""

from pathlib import Path
from typing import TYPE_CHECKING

from prefect_federated.adapters.vault import Vault
from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.policy import Policy
from prefect_federated.core.signed_policy import POLICY_BYTES, Mark, SignedPolicy, parse_policy, require_newest

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount


def sign_policy(account: "LocalAccount", silo: str, serial: int, policy: Policy) -> SignedPolicy:
    """Sign the policy of a silo.

    Args:
        serial: above that of every policy which this one replaces.
    """
    from eth_account.messages import encode_defunct

    unsigned = SignedPolicy(silo=silo, serial=serial, policy=policy)
    signed = account.sign_message(encode_defunct(primitive=unsigned.message))
    return unsigned.model_copy(update={"signature": "0x" + bytes(signed.signature).hex()})


def signer_of_policy(document: SignedPolicy) -> str | None:
    """The account that signed a policy; None where the signature is none."""
    from eth_account import Account
    from eth_account.messages import encode_defunct

    try:
        message = encode_defunct(primitive=document.message)
        return str(Account.recover_message(message, signature=bytes.fromhex(document.signature[2:])))
    except Exception:  # eth_account and its curve raise several kinds for bytes that are no signature
        return None


def read_policy(path: Path, silo: str, signer: str, vault: Vault) -> Policy:
    """The rules of a silo, as they were signed; the silo remembers that they were in force.

    Args:
        signer: the only account whose signature counts.
        vault: the silo's, in which it remembers the highest serial.

    Raises:
        ConfigurationError: the file is missing, malformed, for another silo, altered, or signed by somebody else; or
            one with a higher serial was in force.
        StoreUnreachable: the store that holds the vault does not answer.
    """
    document = _signed(path, silo, signer)
    _put_in_force(vault, document.silo.lower(), document.mark, str(path))
    return document.policy


def highest(vault: Vault, silo: str) -> tuple[int, Mark | None]:
    """How many policies a silo has had in force under one sealing key, and the last of them; None before the first."""
    low, high = 0, 1
    while vault.recall(_place(silo, high)) is not None:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if vault.recall(_place(silo, middle)) is not None else (low, middle)
    last = vault.recall(_place(silo, low)) if low else None
    return low, Mark.from_bytes(last) if last is not None else None


def _put_in_force(vault: Vault, silo: str, mark: Mark, where: str) -> None:
    """Remember a policy; whoever remembers another one at the same time is looked at first.

    Under each sealing key the policies are numbered anew: one that was in force under a former key counts as well.
    """
    own, *former = vault.each
    for one in former:
        if (before := highest(one, silo)[1]) is not None:
            require_newest(mark, before, where)
    while True:
        count, seen = highest(own, silo)
        if seen is not None:
            require_newest(mark, seen, where)
        if seen == mark or own.keep(_place(silo, count + 1), mark.to_bytes()) == mark.to_bytes():
            return


def _place(silo: str, number: int) -> str:
    return f"policy in force/{silo}/{number}"


def _signed(path: Path, silo: str, signer: str) -> SignedPolicy:
    try:
        with path.open("rb") as file:
            content = file.read(POLICY_BYTES)
    except OSError as error:
        raise ConfigurationError(f"policy {path} cannot be read ({type(error).__name__}); name the file") from error
    document = parse_policy(content, str(path))
    if document.silo.lower() != silo.lower():
        raise ConfigurationError(f"policy {path} is for silo {document.silo}, this is {silo}; have its own one signed")
    found = signer_of_policy(document)
    if found is None or found.lower() != signer.lower():
        raise ConfigurationError(
            f"policy {path} is signed by {found or 'nobody'}, {signer} has to; it was altered since, or signed with"
            " another key: have it signed again"
        )
    return document
