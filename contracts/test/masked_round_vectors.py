"""A whole masked round of seven, from the written definitions: what is published, and the mean once the masks are off.

260 never shares, 2 shares and does not commit, 256 commits and does not reveal; 0, 3, 255 and 259 are left. Indices lie
in two words of a bitmap, and the vector ends in the midst of a chunk.
"""

import hashlib
import json
from typing import Any

from prefect_federated.contracts.test.masking_vectors import block, session_digest

COHORT = [0, 2, 3, 255, 256, 259, 260]
SHARED = COHORT[:-1]
WEIGHTS = {0: 3, 3: 1, 255: 1000, 259: 77}
COUNT, LIMIT, CHUNK = 70, 1000, 256
MASKED_WITH = {owner: [other for other in SHARED if other != owner] for owner in WEIGHTS}
ACCOUNTS = [f"0x{index + 1:040x}" for index in COHORT]


def masked_round(chain_id: int, coordinator: str) -> dict[str, Any]:
    """Return session, seeds and updates of the round, each payload's chunks and note, and the aggregate's chunks."""
    keys = [_key(index) for index in COHORT]
    session = session_digest(chain_id, coordinator, bytes(32), list(zip(COHORT, ACCOUNTS, keys, strict=True)), 4)
    payloads = {owner: _payload(session, owner) for owner in WEIGHTS}
    total = sum(WEIGHTS.values())
    columns = zip(*(_update(owner) for owner in WEIGHTS), strict=True)
    mean = [sum(w * u for w, u in zip(WEIGHTS.values(), column, strict=True)) // total for column in columns]
    opened = [(owner, other) for owner in WEIGHTS for other in sorted([owner, 2, 256])]
    return {
        "chain_id": chain_id,
        "coordinator": coordinator,
        "task": 3,
        "round": 7,
        "threshold": 4,
        "cohort": COHORT,
        "accounts": ACCOUNTS,
        "sealing_keys": ["0x" + key.hex() for key in keys],
        "session": session,
        "chunk_bytes": CHUNK,
        "count": COUNT,
        "limit": LIMIT,
        "shared": SHARED,
        "survivors": list(WEIGHTS),
        "weights": list(WEIGHTS.values()),
        "updates": [word for owner in WEIGHTS for word in _update(owner)],
        "chunks": ["0x" + chunk.hex() for owner in WEIGHTS for chunk in payloads[owner]],
        "payload_roots": ["0x" + _root([_leaf(chunk) for chunk in payloads[owner]]).hex() for owner in WEIGHTS],
        "neighbours": ["0x" + word.hex() for owner in WEIGHTS for word in _bitmap(owner)],
        "seeds_roots": ["0x" + _root(_seed_hashes(session, owner)).hex() for owner in WEIGHTS],
        "opened": [other for _, other in opened],
        "seeds": ["0x" + _seed(*pair).hex() for pair in opened],
        "paths": ["0x" + _seed_path(session, *pair).hex() for pair in opened],
        "aggregate": ["0x" + chunk.hex() for chunk in _chunks(_header("aggregate", "", 0), mean)],
    }


def _update(owner: int) -> list[int]:
    """Words from -LIMIT to LIMIT; of the first all are negative."""
    words = [int.from_bytes(_word(f"update {owner} {at}")[:4], "big") % (2 * LIMIT + 1) - LIMIT for at in range(COUNT)]
    return [-1 - owner % LIMIT, *words[1:]]


def _payload(session: bytes, owner: int) -> list[bytes]:
    words = [WEIGHTS[owner] * word for word in _update(owner)]
    for other in _near(owner):
        sign = 1 if other >= owner else -1
        mask = [word for number in range(-(-COUNT // 16)) for word in block(_seed(owner, other), number)]
        words = [word + sign * masking for word, masking in zip(words, mask, strict=False)]
    note = b"".join(_bitmap(owner)) + _root(_seed_hashes(session, owner))
    return _chunks(_header("update", _leaf(b"masks" + note).hex(), WEIGHTS[owner]), words)


def _header(kind: str, secret: str, weight: int) -> str:
    part = {"name": "model", "count": COUNT, "frac_bits": 16, "limit": LIMIT if kind == "update" else 2**31 - 1}
    fields = {"format": "federated-payload/1", "kind": kind, "weight": weight, "secret": secret, "chunk_bytes": CHUNK}
    return json.dumps(fields | {"parts": [part]}, sort_keys=True, separators=(",", ":"))


def _chunks(header: str, words: list[int]) -> list[bytes]:
    first = b"PFP1" + len(header).to_bytes(2, "big") + header.encode()
    stream = b"".join((word % 2**32).to_bytes(4, "little") for word in words)
    return [first.ljust(CHUNK, b"\0"), *(stream[at : at + CHUNK].ljust(CHUNK, b"\0") for at in (0, CHUNK))]


def _near(owner: int) -> list[int]:
    return sorted([owner, *MASKED_WITH[owner]])


def _seed(one: int, other: int) -> bytes:
    return _word(f"seed of {min(one, other)} and {max(one, other)}")


def _seed_hashes(session: bytes, owner: int) -> list[bytes]:
    places = ((other, owner.to_bytes(4, "big") + other.to_bytes(4, "big")) for other in _near(owner))
    return [_leaf(b"mask seed" + session + place + _seed(owner, other)) for other, place in places]


def _seed_path(session: bytes, owner: int, other: int) -> bytes:
    return _path(_seed_hashes(session, owner), _near(owner).index(other))


def _bitmap(owner: int) -> list[bytes]:
    words = [sum(1 << other % 256 for other in MASKED_WITH[owner] if other // 256 == word) for word in (0, 1)]
    return [word.to_bytes(32, "big") for word in words]


def _leaf(content: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + content).digest()


def _above(level: list[bytes]) -> list[bytes]:
    pairs = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]
    return pairs + ([level[-1]] if len(level) % 2 else [])


def _root(level: list[bytes]) -> bytes:
    return level[0] if len(level) == 1 else _root(_above(level))


def _path(level: list[bytes], at: int) -> bytes:
    if len(level) == 1:
        return b""
    return (level[at ^ 1] if at ^ 1 < len(level) else b"") + _path(_above(level), at // 2)


def _key(index: int) -> bytes:
    """32 bytes that are an X25519 key in its one canonical form."""
    return _word(f"key of {index}")[:31] + b"\x01"


def _word(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()
