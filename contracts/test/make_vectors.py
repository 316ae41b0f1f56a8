"""Known answers for both sides: writes `vectors.json`, read by the Solidity and the Python tests.

Every value is computed here from its written definition with eth_abi and eth_hash, not with the contracts
and not with the package, so that either can be wrong on its own. With --check nothing is written: it exits 1 if
the file differs.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_hash.auto import keccak

from prefect_federated.contracts.test.ballot_vectors import ballot
from prefect_federated.contracts.test.counted_vectors import counted
from prefect_federated.contracts.test.duo_vectors import duo
from prefect_federated.contracts.test.masked_round_vectors import masked_round
from prefect_federated.contracts.test.masking_vectors import masking
from prefect_federated.contracts.test.pay_vectors import pay
from prefect_federated.contracts.test.relayed_vectors import dealt_shares, location, shown_shares, signed_commit

HERE = Path(__file__).resolve().parent
CHAIN = 31337
COORDINATOR = "0x" + "c0" * 20
REGISTRY = "0x" + "a1" * 20
LEDGER = "0x" + "1e" * 20
COMMITTEE = "0x" + "c3" * 20
SPONSOR = "0x" + "50" * 20
SILO = "0x" + "51" * 20


def word(name: str) -> bytes:
    """Return 32 bytes that stand for `name`."""
    return hashlib.sha256(name.encode()).digest()


def show(value: Any) -> Any:
    """Bytes as 0x-hex, everything else as it is."""
    return "0x" + value.hex() if isinstance(value, bytes) else value


def commitment() -> dict[str, Any]:
    """Return one opening and its digest."""
    typehash = keccak(
        b"Commitment(uint256 chainId,address coordinator,uint32 task,uint32 round,bytes32 baseVersion,"
        b"address participant,bytes32 payloadRoot,bytes32 sealedRoot,bytes32 contentKeyHash,uint32 weight,"
        b"bytes32 groundsHash,bytes32 salt)"
    )
    fields: dict[str, tuple[str, Any]] = {
        "chain_id": ("uint256", CHAIN),
        "coordinator": ("address", COORDINATOR),
        "task": ("uint32", 3),
        "round": ("uint32", 7),
        "base_version": ("bytes32", word("base")),
        "participant": ("address", SILO),
        "payload_root": ("bytes32", word("payload")),
        "sealed_root": ("bytes32", word("sealed")),
        "content_key_hash": ("bytes32", word("content key")),
        "weight": ("uint32", 398),
        "grounds_hash": ("bytes32", keccak(word("grant") + word("evidence"))),
        "salt": ("bytes32", word("salt")),
    }
    digest = keccak(typehash + encode([t for t, _ in fields.values()], [v for _, v in fields.values()]))
    leaf = b"\x00" + bytes.fromhex(SILO[2:]) + word("payload") + (398).to_bytes(4, "big")
    return {name: value for name, (_, value) in fields.items()} | {
        "grant_id": word("grant"),
        "evidence_hash": word("evidence"),
        "digest": digest,
        "record": keccak(encode(["address"], [SILO]) + digest + fields["grounds_hash"][1]),
        "included_leaf": hashlib.sha256(leaf).digest(),
    }


def task() -> dict[str, Any]:
    """Return one task's parameters and its id."""
    params: dict[str, tuple[str, Any]] = {
        "specHash": ("bytes32", word("spec")),
        "genesisRoot": ("bytes32", word("genesis")),
        "purposes": ("uint64", 5),
        "commitWindow": ("uint32", 600),
        "revealWindow": ("uint32", 601),
        "aggregateWindow": ("uint32", 602),
        "challengeWindow": ("uint32", 603),
        "revealGrace": ("uint32", 60),
        "finalityGap": ("uint32", 12),
        "quorum": ("uint16", 3),
        "maxParticipants": ("uint16", 100),
        "maxMisses": ("uint16", 0),
        "waitRounds": ("uint16", 3),
        "maxWeight": ("uint32", 1000),
        "maxRounds": ("uint32", 50),
        "chunkBytes": ("uint32", 1024),
        "mode": ("uint8", 0),
        "rule": ("uint8", 3),
        "buffer": ("uint16", 40),
        "maxStaleness": ("uint8", 2),
        "bond": ("uint128", 10**15),
        "aggregatorBond": ("uint128", 5 * 10**15),
        "roundReward": ("uint128", 4 * 10**15),
        "token": ("address", "0x" + "00" * 20),
        "aggregator": ("address", "0x" + "a6" * 20),
        "standby": ("address", "0x" + "5b" * 20),
        "chunks": ("uint32", 5),
        "limit": ("uint32", 2**24),
        "trim": ("uint16", 1),
        "normBound": ("uint64", 10**9),
        "step": ("uint8", 0),
        "disclosure": ("uint8", 1),
        "floorBps": ("uint16", 2500),
        "modes": ("uint8", 1),
        "aggregateHeader": ("bytes32", word("aggregate header")),
        "rewardBy": ("uint8", 1),
        "feeBps": ("uint16", 250),
        "committee": ("uint8", 7),
        "voteWindow": ("uint32", 604),
        "voteRevealWindow": ("uint32", 605),
        "validatorBond": ("uint128", 6 * 10**15),
        "validatorBps": ("uint16", 300),
        "shareCapBps": ("uint16", 4000),
        "privacyFloor": ("uint256", 2**33 + 7),
        "shareWindow": ("uint32", 0),
        "unmaskWindow": ("uint32", 0),
        "threshold": ("uint16", 0),
        "group": ("uint16", 0),
    }
    packed = encode([t for t, _ in params.values()], [v for _, v in params.values()])
    typehash = keccak(b"Task(uint256 chainId,address coordinator,address sponsor,bytes32 paramsHash)")
    preimage = encode(["uint256", "address", "address"], [CHAIN, COORDINATOR, SPONSOR]) + keccak(packed)
    return {
        "chain_id": CHAIN,
        "coordinator": COORDINATOR,
        "sponsor": SPONSOR,
        "params": {name: show(value) for name, (_, value) in params.items()},
        "params_abi": packed,
        "task_id": keccak(typehash + preimage),
    }


def version() -> dict[str, Any]:
    """Return one model version and its hash."""
    typehash = keccak(
        b"Version(uint256 chainId,address registry,uint32 task,uint32 number,uint32 round,uint8 kind,"
        b"bytes32 parent,bytes32 modelRoot,bytes32 aggregateRoot,bytes32 stateRoot,bytes32 metricsHash,"
        b"uint64 purposes,uint40 usableUntil)"
    )
    fields: dict[str, tuple[str, Any]] = {
        "chain_id": ("uint256", CHAIN),
        "registry": ("address", REGISTRY),
        "task": ("uint32", 3),
        "number": ("uint32", 8),
        "round": ("uint32", 7),
        "kind": ("uint8", 1),
        "parent": ("bytes32", word("parent")),
        "model_root": ("bytes32", word("model")),
        "aggregate_root": ("bytes32", word("aggregate")),
        "state_root": ("bytes32", word("state")),
        "metrics_hash": ("bytes32", word("metrics")),
        "purposes": ("uint64", 2**52 + 5),
        "usable_until": ("uint40", 2_000_000_000),
    }
    packed = encode([t for t, _ in fields.values()], [v for _, v in fields.values()])
    return {name: value for name, (_, value) in fields.items()} | {"version_hash": keccak(typehash + packed)}


def grant() -> dict[str, Any]:
    """Return one grant and the digest its holder signs."""
    domain_type = b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    domain = keccak(
        keccak(domain_type)
        + keccak(b"prefect-federated consent")
        + keccak(b"1")
        + encode(["uint256", "address"], [CHAIN, LEDGER])
    )
    fields: dict[str, tuple[str, Any]] = {
        "dataset": ("bytes32", word("dataset")),
        "silo": ("address", SILO),
        "purposes": ("uint64", 5),
        "validFrom": ("uint40", 1_700_000_000),
        "expiry": ("uint40", 1_800_000_000),
        "columns": ("bytes32", word("columns")),
        "subjects": ("bytes32", word("subjects")),
        "record": ("bytes32", word("record")),
        "budget": ("uint256", 2**64 - 5),
        "nonce": ("uint256", 11),
        "deadline": ("uint40", 1_700_000_900),
    }
    names = ",".join(f"{kind} {name}" for name, (kind, _) in fields.items())
    packed = encode([t for t, _ in fields.values()], [v for _, v in fields.values()])
    struct = keccak(keccak(f"Grant({names})".encode()) + packed)
    return (
        {"chain_id": CHAIN, "ledger": LEDGER}
        | {name: value for name, (_, value) in fields.items()}
        | {"grant_id": keccak(b"\x19\x01" + domain + struct)}
    )


def sum_tree(n: int) -> dict[str, Any]:
    """Return a reward tree over `n` accounts: its root, its total, and the proof of its last account."""
    accounts = ["0x" + bytes([i + 1] * 20).hex() for i in range(n)]
    amounts = [1000 + 37 * i * i for i in range(n)]
    level = [
        (keccak(encode(["uint8", "address", "uint256"], [0, a, v])), v) for a, v in zip(accounts, amounts, strict=True)
    ]
    at, proof = n - 1, []
    while len(level) > 1:
        if at ^ 1 < len(level):
            sibling = level[at ^ 1]
            proof.append({"hash": show(sibling[0]), "sum": sibling[1], "left": at % 2 == 1})
        level, at = _above(level), at // 2
    root, total = level[0]
    return {"accounts": accounts, "amounts": amounts, "root": root, "total": total, "last_proof": proof}


def merkle(n: int) -> dict[str, Any]:
    """Return a payload tree over `n` chunks: its root, and the path of its last chunk but one."""
    chunks = [hashlib.sha256(f"chunk {i}".encode()).digest() for i in range(n)]
    level = [hashlib.sha256(b"\x00" + chunk).digest() for chunk in chunks]
    index = max(n - 2, 0)
    at, path = index, []
    while len(level) > 1:
        if at ^ 1 < len(level):
            path.append(level[at ^ 1])
        pairs = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]
        level, at = pairs + ([level[-1]] if len(level) % 2 else []), at // 2
    return {"chunks": list(map(show, chunks)), "index": index, "path": list(map(show, path)), "root": level[0]}


def coordinate(words: list[int], weights: list[int], trim: int) -> dict[str, Any]:
    """Return one coordinate of `n` updates under each rule, floor towards minus infinity."""
    ordered, middle = sorted(words), (len(words) - 1) // 2
    kept, two = ordered[trim : len(words) - trim], ordered[middle : len(words) - middle]
    return {
        "words": words,
        "weights": weights,
        "trim": trim,
        "mean": sum(w * u for w, u in zip(weights, words, strict=True)) // sum(weights),
        "median": sum(two) // len(two),
        "trimmed_mean": sum(kept) // len(kept),
        "reweighted": sum(w * u for w, u in zip(weights, words, strict=True)) // (len(words) * 2**16),
    }


def _above(level: list[tuple[bytes, int]]) -> list[tuple[bytes, int]]:
    above = []
    for i in range(0, len(level) - 1, 2):
        (left, left_sum), (right, right_sum) = level[i], level[i + 1]
        types = ["uint8", "bytes32", "uint256", "bytes32", "uint256"]
        above.append((keccak(encode(types, [1, left, left_sum, right, right_sum])), left_sum + right_sum))
    return above + ([level[-1]] if len(level) % 2 else [])


def main() -> int:
    """Write the vectors, or compare them."""
    groups = {
        "commitment": commitment(),
        "task": task(),
        "version": version(),
        "grant": grant(),
        "duo": duo(),
        "signed_commit": signed_commit(CHAIN, COORDINATOR),
        "location": location(CHAIN, COORDINATOR, SILO),
        "dealing": dealt_shares(CHAIN, COORDINATOR, SILO),
        "shown": shown_shares(CHAIN, COORDINATOR, SILO),
        "ballot": ballot(CHAIN, COMMITTEE, SILO, word),
        "masking": masking(CHAIN, COORDINATOR),
        "masked_round": masked_round(CHAIN, COORDINATOR),
        "sum_tree_1": sum_tree(1),
        "sum_tree_4": sum_tree(4),
        "sum_tree_5": sum_tree(5),
        "merkle_1": merkle(1),
        "merkle_6": merkle(6),
        "merkle_7": merkle(7),
        "pay_3": pay([[10, 0, 7, 100], [20, 1, 7, 2**32 - 1], [30, 2, 7]], 500, 900, 0, 3),
        "pay_2": pay([[5, 9, 1, 1], [6, 8, 0, 1]], 0, 1000, 4000, 3),
        "pay_0": pay([[], [1], [0, 0, 2]], 333, 1, 2500, 3),
        "counted": counted(),
        "coordinate_1": coordinate([-7], [3], 0),
        "coordinate_4": coordinate([-5, 2, -5, 1], [1, 2, 3, 4], 1),
        "coordinate_5": coordinate([2**31 - 1, -(2**31), 0, -1, -1], [1, 1000, 2, 3, 5], 2),
        "coordinate_6": coordinate([-3, -3, -3, 4, 4, 4], [7, 7, 7, 1, 1, 1], 2),
        "coordinate_7": coordinate([10, -9, -3, -3, 2, -20, -5], [1, 2, 3, 4, 5, 6, 7], 1),  # three strictly between
        "coordinate_9": coordinate([-3, -3, -3, -3, 0, 4, 4, 4, 4], [1, 2, 3, 4, 5, 6, 7, 8, 9], 1),  # ties at the ends
        "coordinate_8": coordinate([2**31 - 1, -(2**31), 77, -5, 40], [65_536, 65_535, 32_768, 0, 262_144], 1),
    }
    shown = {group: {name: show(value) for name, value in fields.items()} for group, fields in groups.items()}
    text, path = json.dumps(shown, indent=1) + "\n", HERE / "vectors.json"
    if "--check" in sys.argv:
        same = path.read_text(encoding="utf-8") == text
        print("vectors.json is up to date" if same else "vectors.json differs: run make_vectors.py")
        return 0 if same else 1
    path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
