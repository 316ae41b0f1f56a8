"""Updates in a store: what a silo puts there, what a reader gets, and what Mallory could put there instead."""

from collections.abc import Callable
from typing import Any

import numpy as np

from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.payloads import fetch_update, publish, seal_update
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.core.canonical import canonical
from prefect_federated.core.commitment import Grounds, Opening
from prefect_federated.core.merkle import chunks_of, leaf_hash, root
from prefect_federated.core.payload import Words, header_chunk, payload_chunks, plain_header
from prefect_federated.core.round_spec import Reader, RoundSpec
from prefect_federated.core.sealed import SealedOpening, seal
from prefect_federated.core.sealing import key_hash, seal_stream, wrap
from prefect_federated.core.spec import TaskSpec

ALICE, MALLORY = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
AGGREGATOR, STANDBY = "0x90F79bf6EB2c4f870365E785982E1f101E93b906", "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"
KEYS = {name: SealingKey.from_seed(bytes([i]) * 32) for i, name in enumerate((ALICE, MALLORY, AGGREGATOR, STANDBY), 1)}
WORDS = np.arange(-150, 150, dtype=np.int32)
GROUNDS = Grounds(b"\x0f" * 32, b"\x0e" * 32)


def ward() -> RoundSpec:
    """A round of a small task, with aggregator and standby as readers."""
    enforced = {
        "genesis_root": bytes(32), "purposes": 536805377, "commit_window": 1, "reveal_window": 1, "aggregate_window": 1,
        "challenge_window": 1, "quorum": 1, "max_participants": 4, "max_misses": 1, "max_weight": 1000,
        "max_rounds": 9, "chunk_bytes": 256, "bond": 1, "aggregator_bond": 1, "round_reward": 1,
        "aggregator": AGGREGATOR, "standby": STANDBY, "chunks": 6, "limit": 2**20,
        "aggregate_header": leaf_hash(header_chunk(plain_header("aggregate", 300, 16, 256))),
    }  # fmt: skip
    task = TaskSpec.model_validate({
        "name": "ward", "purposes": ["GRU"], "enforced": enforced,
        "data": {
            "columns": [{"name": "age", "minimum": 0, "maximum": 120}], "target": "ill", "target_values": [0, 1]
        },
        "model": {"tensors": [{"name": "w", "shape": [300]}], "genesis_uri": ""},
        "plan": {"ref": "plans:Plan", "code_hash": bytes(32)}, "update": {"clip_norm": 1.0, "limit": 2**20},
    })  # fmt: skip
    readers = tuple(Reader(account, KEYS[account].public_bytes) for account in (AGGREGATOR, STANDBY))
    return RoundSpec(31337, "0x" + "cc" * 20, 1, 3, bytes(32), task, 0, b"\x07" * 32, bytes(32), "", readers, 2, 0)


Revealed = tuple[SealedOpening, str]


def reveal(store: LocalStore, spec: RoundSpec, who: str = ALICE, words: Words = WORDS) -> Revealed:
    """Everything a silo does from a trained update to its reveal."""
    update = seal_update(store, spec, who, KEYS[who], words, 120, {"loss": 0.5})
    sealed = seal(update, GROUNDS, KEYS[who].private_bytes, spec.context(who), 1)
    return sealed, publish(store, spec, who, KEYS[who], sealed)


def fetch(store: LocalStore, spec: RoundSpec, opening: Opening, uri: str, who: str = ALICE) -> Words:
    return fetch_update(store, spec, who, opening, uri, AGGREGATOR, KEYS[AGGREGATOR])


def hostile(
    store: LocalStore,
    spec: RoundSpec,
    body: Callable[[bytes], bytes] = lambda sealed: sealed,
    plain: Callable[[bytes], bytes] = lambda stream: stream,
    content_key: bytes = b"\x33" * 32,
    sealing_key: bytes | None = None,
    envelope: dict[str, Any] | None = None,
    words: Words = WORDS,
) -> tuple[Opening, str]:
    """What Mallory could commit to and reveal: her own bytes at every layer, the hashes all honest."""
    context = spec.context(MALLORY)
    header = spec.header("update", 120, b"\x05" * 32)
    stream = plain(b"".join(payload_chunks(header, {"model": words})))
    sealed = body(b"".join(seal_stream([stream], sealing_key or content_key, bytes(16))))
    opening = Opening(
        root(chunks_of(stream, 256)), root(chunks_of(sealed, 256)), key_hash(content_key), 120, GROUNDS.hash, bytes(32)
    )
    reader = KEYS[AGGREGATOR].private.public_key()
    keys = {AGGREGATOR.lower(): wrap(content_key, reader, context, AGGREGATOR).hex()}
    whole = {"format": "federated-envelope/1", "body": store.put([sealed]), "keys": keys} | (envelope or {})
    return opening, store.put([canonical(whole)])
