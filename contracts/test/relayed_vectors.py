"""Known answers about what participants sign for relayers; part of `make_vectors`."""

import hashlib
from typing import Any

from eth_abi.abi import encode
from eth_account import Account
from eth_hash.auto import keccak


def word(name: str) -> bytes:
    """Return 32 bytes that stand for `name`."""
    return hashlib.sha256(name.encode()).digest()


def coordinator_domain(chain_id: int, coordinator: str) -> bytes:
    """Return the EIP-712 domain separator of the coordinator."""
    domain_type = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    names = keccak(b"prefect-federated coordinator") + keccak(b"1")
    return keccak(keccak(domain_type) + names + encode(["uint256", "address"], [chain_id, coordinator]))


def location(chain_id: int, coordinator: str, participant: str) -> dict[str, Any]:
    """Return where a payload lies, and the digest by which its participant says so."""
    uri = "s3://bucket/sha256/ä"
    typehash = keccak(b"Location(uint32 task,uint32 round,address participant,string uri)")
    values = encode(["uint32", "uint32", "address", "bytes32"], [3, 7, participant, keccak(uri.encode())])
    digest = keccak(b"\x19\x01" + coordinator_domain(chain_id, coordinator) + keccak(typehash + values))
    return {
        "chain_id": chain_id,
        "coordinator": coordinator,
        "task": 3,
        "round": 7,
        "participant": participant,
        "uri": uri,
        "digest": digest,
    }


def signed_commit(chain_id: int, coordinator: str) -> dict[str, Any]:
    """Return one commit to be relayed, the digest its participant signs, and the signature in 64 bytes (EIP-2098)."""
    signer = Account.from_key(word("participant's key"))
    fields: dict[str, tuple[str, Any]] = {
        "task": ("uint32", 3),
        "round": ("uint32", 7),
        "participant": ("address", signer.address),
        "commitment": ("bytes32", word("commitment")),
        "grant_id": ("bytes32", word("grant")),
        "evidence_hash": ("bytes32", word("evidence")),
    }
    typehash = keccak(
        b"Commit(uint32 task,uint32 round,address participant,bytes32 commitment,bytes32 grantId,bytes32 evidenceHash)"
    )
    struct = keccak(typehash + encode([t for t, _ in fields.values()], [v for _, v in fields.values()]))
    digest = keccak(b"\x19\x01" + coordinator_domain(chain_id, coordinator) + struct)
    signature = signer.unsafe_sign_hash(digest)
    return {
        "chain_id": chain_id,
        "coordinator": coordinator,
        "key": word("participant's key"),
        **{name: value for name, (_, value) in fields.items()},
        "digest": digest,
        "r": signature.r.to_bytes(32, "big"),
        "vs": (signature.s | (signature.v - 27) << 255).to_bytes(32, "big"),
    }


def dealt_shares(chain_id: int, coordinator: str, participant: str) -> dict[str, Any]:
    """Return dealt shares to be relayed, and the digest by which their participant says so."""
    words = {"grant_id": word("grant"), "masking_key": word("masking key"), "root": word("shares")}
    typehash = keccak(
        b"Dealing(uint32 task,uint32 round,address participant,bytes32 grantId,bytes32 maskingKey,bytes32 root,"
        b"string uri)"
    )
    return _placed(typehash, chain_id, coordinator, participant, words, "s3://bucket/sha256/dä")


def shown_shares(chain_id: int, coordinator: str, participant: str) -> dict[str, Any]:
    """Return shown shares to be relayed, and the digest by which their participant says so."""
    typehash = keccak(b"Shown(uint32 task,uint32 round,address participant,bytes32 root,string uri)")
    return _placed(typehash, chain_id, coordinator, participant, {"root": word("shown")}, "s3://bucket/sha256/sä")


def _placed(
    typehash: bytes, chain_id: int, coordinator: str, participant: str, words: dict[str, bytes], uri: str
) -> dict[str, Any]:
    types = ["uint32", "uint32", "address", *["bytes32"] * (len(words) + 1)]
    values = encode(types, [3, 7, participant, *words.values(), keccak(uri.encode())])
    return {
        "chain_id": chain_id,
        "coordinator": coordinator,
        "task": 3,
        "round": 7,
        "participant": participant,
        **words,
        "uri": uri,
        "digest": keccak(b"\x19\x01" + coordinator_domain(chain_id, coordinator) + keccak(typehash + values)),
    }
