"""Signing what is relayed, receipts, votes, and words about sound updates, by EIP-712: bound to one chain and contract.

commit | location | receipt | vote | sound --struct hash, domain of (chain, contract)--> digest --signer's key--> r, vs
Sources: EIP-712, https://eips.ethereum.org/EIPS/eip-712; EIP-2098, https://eips.ethereum.org/EIPS/eip-2098
"""

from typing import TYPE_CHECKING

from prefect_federated.core.words import hash_words, keccak256

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

COORDINATOR, DISPUTES = "prefect-federated coordinator", "prefect-federated disputes"
COMMITTEE, VERSION = "prefect-federated committee", "1"
_DOMAIN_TYPE = keccak256(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


def digest_of(chain_id: int, contract: str, struct_hash: bytes, name: str = COORDINATOR) -> bytes:
    """What is signed, 32 bytes: `hashCommit`, `hashLocation`, `hashReceipt`, `hashSound` of the contract so named."""
    domain = hash_words(_DOMAIN_TYPE, keccak256(name.encode()), keccak256(VERSION.encode()), chain_id, contract)
    return keccak256(b"\x19\x01" + domain + struct_hash)


def sign_compactly(account: "LocalAccount", digest: bytes) -> tuple[bytes, bytes]:
    """The signature of a digest as (r, vs), 32 bytes each."""
    from eth_typing import Hash32

    signed = account.unsafe_sign_hash(Hash32(digest))
    return signed.r.to_bytes(32, "big"), (signed.s | (signed.v - 27) << 255).to_bytes(32, "big")


def signer_of(digest: bytes, r: bytes, vs: bytes) -> str | None:
    """Address that signed a digest; None where the signature is none, or malleable."""
    from eth_keys.datatypes import Signature
    from eth_keys.exceptions import BadSignature
    from eth_utils.exceptions import ValidationError

    word = int.from_bytes(vs, "big")
    s = word & (2**255 - 1)
    if s > _HALF_ORDER:
        return None
    try:
        signature = Signature(vrs=(word >> 255, int.from_bytes(r, "big"), s))
        return str(signature.recover_public_key_from_msg_hash(digest).to_checksum_address())
    except (BadSignature, ValidationError):
        return None
