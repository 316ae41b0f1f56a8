"""Signing grants: EIP-712 over the grant, bound to one chain and one ledger; the digest is the grant's id.

Grant --struct hash--> with the domain of (chain, ledger) --keccak256--> grant id --data holder's key--> signature
Source: EIP-712, https://eips.ethereum.org/EIPS/eip-712
"""

from typing import TYPE_CHECKING

from prefect_federated.core.consent import Grant
from prefect_federated.core.words import hash_words, keccak256

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

NAME, VERSION = "prefect-federated consent", "1"
_DOMAIN_TYPE = keccak256(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_GRANT_TYPE = keccak256(
    b"Grant(bytes32 dataset,address silo,uint64 purposes,uint40 validFrom,uint40 expiry,bytes32 columns,"
    b"bytes32 subjects,bytes32 record,uint256 budget,uint256 nonce,uint40 deadline)"
)
_WITHDRAWAL_TYPE = keccak256(b"Withdrawal(bytes32 grantId,uint40 deadline)")


def grant_id(ledger: str, chain_id: int, grant: Grant) -> bytes:
    """Digest that the holder signs and that names the grant on chain, 32 bytes."""
    struct = hash_words(
        _GRANT_TYPE,
        grant.dataset,
        grant.silo,
        grant.purposes,
        grant.valid_from,
        grant.expiry,
        grant.columns,
        grant.subjects,
        grant.record,
        grant.budget,
        grant.nonce,
        grant.deadline,
    )
    return _digest(ledger, chain_id, struct)


def sign_grant(account: "LocalAccount", ledger: str, chain_id: int, grant: Grant) -> bytes:
    """The data holder's signature of a grant, 65 bytes; anyone may put it on chain."""
    return _sign(account, grant_id(ledger, chain_id, grant))


def sign_withdrawal(account: "LocalAccount", ledger: str, chain_id: int, withdrawn: bytes, deadline: int) -> bytes:
    """The data holder's signature of a withdrawal, to be relayed before chain time `deadline`."""
    return _sign(account, _digest(ledger, chain_id, hash_words(_WITHDRAWAL_TYPE, withdrawn, deadline)))


def _sign(account: "LocalAccount", digest: bytes) -> bytes:
    from eth_typing import Hash32

    return bytes(account.unsafe_sign_hash(Hash32(digest)).signature)


def _digest(ledger: str, chain_id: int, struct: bytes) -> bytes:
    domain = hash_words(_DOMAIN_TYPE, keccak256(NAME.encode()), keccak256(VERSION.encode()), chain_id, ledger)
    return keccak256(b"\x19\x01" + domain + struct)
