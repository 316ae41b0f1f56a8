"""Known answers of secure aggregation, from the written definitions: RFC 8439's block function in plain integers."""

import hashlib
import hmac
import struct
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from eth_abi.abi import encode

PRIME = 2**256 - 189
INDICES = [0, 2, 5]
ACCOUNTS = ["0x" + f"{number:02x}" * 20 for number in (0x51, 0x52, 0x53)]
KEYS = [  # public X25519 keys: both of RFC 7748, section 6.1, and the base point
    bytes.fromhex("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"),
    bytes.fromhex("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"),
    bytes([9]) + bytes(31),
]
ROUND_STEPS = [(0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15)]
ROUND_STEPS += [(0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)]


def masking(chain_id: int, coordinator: str) -> dict[str, Any]:
    """Return a session and its digest, hashes of a share and of seeds, one block of a mask, shares of one secret."""
    seed, share, salt, graph = (_word(name) for name in ("mask seed", "a share", "its salt", "graph"))
    session = session_digest(chain_id, coordinator, graph, list(zip(INDICES, ACCOUNTS, KEYS, strict=True)), 2)
    secret, slope = int.from_bytes(_word("secret"), "big") % PRIME, int.from_bytes(_word("slope"), "big") % PRIME
    return {
        "chain_id": chain_id,
        "coordinator": coordinator,
        "task": 3,
        "round": 7,
        "threshold": 2,
        "degree": 2,
        "graph_seed": graph,
        "indices": INDICES,
        "accounts": ACCOUNTS,
        "sealing_keys": ["0x" + key.hex() for key in KEYS],
        "session_digest": session,
        "order": sorted(INDICES, key=lambda index: hashlib.sha256(graph + struct.pack(">I", index)).digest()),
        "bitmap": sum(1 << index for index in INDICES).to_bytes(32, "big"),
        "share": share,
        "salt": salt,
        "share_hash": hashlib.sha256(b"\x00mask share" + session + struct.pack(">3I", 2, 5, 1) + share + salt).digest(),
        "seed": seed,
        "seed_hash": hashlib.sha256(b"\x00mask seed" + session + struct.pack(">2I", 2, 5) + seed).digest(),
        **_note(session),
        "block": 7,
        "block_words": block(seed, 7),
        "masking_secrets": ["0x" + _word(f"masking key {index}").hex() for index in (2, 5)],
        "masking_keys": ["0x" + _public(index).hex() for index in (2, 5)],
        "pair_seed": _pair_seed(session, 2, 5),
        "head": _head(session),
        "secret": secret.to_bytes(32, "big"),
        "slope": slope.to_bytes(32, "big"),
        "shares": ["0x" + ((secret + slope * (index + 1)) % PRIME).to_bytes(32, "big").hex() for index in INDICES],
    }


def _word(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def _note(session: bytes) -> dict[str, Any]:
    """Return what the payload of index 2 says of its masks, with 0, with 5 and of its own: leaves, root, digest."""
    seeds = [_word(f"mask seed of 2 with {index}") for index in INDICES]
    leaves = [
        hashlib.sha256(b"\x00mask seed" + session + struct.pack(">2I", 2, index) + seed).digest()
        for index, seed in zip(INDICES, seeds, strict=True)
    ]
    neighbours = sum(1 << index for index in INDICES if index != 2).to_bytes(32, "big")
    pair = hashlib.sha256(b"\x01" + leaves[0] + leaves[1]).digest()
    root = hashlib.sha256(b"\x01" + pair + leaves[2]).digest()
    return {
        "note_seeds": ["0x" + seed.hex() for seed in seeds],
        "neighbours": neighbours,
        "seeds_root": root,
        "masks_digest": hashlib.sha256(b"\x00masks" + neighbours + root).digest(),
        "note": b"PFN1" + neighbours + b"".join(leaves),
    }


def _head(session: bytes) -> bytes:
    """Return row 0 of what index 2 deals to 0, 2 and 5, any two of whom open its secrets; the self seed of the note."""
    own = b"\x00mask seed" + session + struct.pack(">2I", 2, 2) + _word("mask seed of 2 with 2")
    head = b"PFM1" + session + struct.pack(">3I", 2, len(INDICES), 2) + _public(2) + hashlib.sha256(own).digest()
    return head.ljust(256, b"\x00")


def _public(index: int) -> bytes:
    return X25519PrivateKey.from_private_bytes(_word(f"masking key {index}")).public_key().public_bytes_raw()


def _pair_seed(session: bytes, low: int, high: int) -> bytes:
    """Return HKDF-SHA256 (RFC 5869) of what both agree on, by two HMACs."""
    private = X25519PrivateKey.from_private_bytes(_word(f"masking key {low}"))
    agreed = private.exchange(X25519PublicKey.from_public_bytes(_public(high)))
    sides = b"".join(struct.pack(">I", index) + _public(index) for index in (low, high))
    extracted = hmac.digest(b"prefect-federated/1", agreed, "sha256")
    return hmac.digest(extracted, b"mask pair seed" + session + sides + b"\x01", "sha256")


def session_digest(
    chain_id: int, coordinator: str, graph: bytes, members: list[tuple[int, str, bytes]], threshold: int
) -> bytes:
    """Task 3, round 7; everybody masks with everybody. Members are index, account, sealing key."""
    where = encode(["uint256", "address", "uint32", "uint32"], [chain_id, coordinator, 3, 7])
    shape = encode(["uint32", "uint32", "bytes32", "uint32"], [threshold, len(members) - 1, graph, len(members)])
    rows = b"".join(encode(["uint32", "address", "bytes32"], member) for member in members)
    return hashlib.sha256(b"prefect-federated/1 masking session" + where + shape + rows).digest()


def block(key: bytes, counter: int) -> list[int]:
    """Return the block of RFC 8439, section 2.3, with a nonce of zeros: 16 words of 32 bits."""
    start = [0x61707865, 0x3320646E, 0x79622D32, 0x6B206574, *struct.unpack("<8I", key), counter, 0, 0, 0]
    state = list(start)
    for step in ROUND_STEPS * 10:
        _quarter_round(state, *step)
    return [(a + b) % 2**32 for a, b in zip(state, start, strict=True)]


def _quarter_round(state: list[int], a: int, b: int, c: int, d: int) -> None:
    for into, other, turned, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        state[into] = (state[into] + state[other]) % 2**32
        mixed = state[turned] ^ state[into]
        state[turned] = (mixed << bits | mixed >> (32 - bits)) % 2**32
