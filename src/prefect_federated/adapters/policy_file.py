"""Signed policies on disk: signed by an account, read back only if that account signed exactly this.

rules --sign--> document --file--> Policy, for this silo and from this signer alone
"""

from pathlib import Path
from typing import TYPE_CHECKING

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.policy import Policy
from prefect_federated.core.signed_policy import POLICY_BYTES, SignedPolicy, parse_policy

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount


def sign_policy(account: "LocalAccount", silo: str, policy: Policy) -> SignedPolicy:
    """Sign the policy of a silo."""
    from eth_account.messages import encode_defunct

    unsigned = SignedPolicy(silo=silo, policy=policy)
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


def read_policy(path: Path, silo: str, signer: str) -> Policy:
    """The rules of a silo, as they were signed.

    Args:
        signer: the only account whose signature counts.

    Raises:
        ConfigurationError: the file is missing, malformed, for another silo, altered, or signed by somebody else.
    """
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
    return document.policy
