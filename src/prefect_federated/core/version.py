"""Model versions as the registry hashes them: each names its parent, the head names them all.

version_hash = keccak256(abi.encode(VERSION_TYPEHASH, chain id, registry, the eleven fields in order))
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from prefect_federated.core.words import hash_words, keccak256

VERSION_TYPE = (
    b"Version(uint256 chainId,address registry,uint32 task,uint32 number,uint32 round,uint8 kind,bytes32 parent,"
    b"bytes32 modelRoot,bytes32 aggregateRoot,bytes32 stateRoot,bytes32 metricsHash,uint64 purposes,uint40 usableUntil)"
)
VERSION_TYPEHASH = keccak256(VERSION_TYPE)
KINDS = ("genesis", "round", "rollback")
NO_PARENT = bytes(32)


@dataclass(frozen=True, slots=True)
class VersionFields:
    """What a version hash covers, in the contract's order; hashes have 32 bytes, `kind` is a place in `KINDS`."""

    task: int
    number: int
    round: int
    kind: int
    parent: bytes
    model_root: bytes
    aggregate_root: bytes
    state_root: bytes
    metrics_hash: bytes
    purposes: int
    usable_until: int

    def digest(self, chain_id: int, registry: str) -> bytes:
        """Hash of the version as the ModelRegistry at `registry` computes it, 32 bytes.

        >>> genesis = VersionFields(1, 0, 0, 0, bytes(32), bytes(32), bytes(32), bytes(32), bytes(32), 7, 9)
        >>> genesis.digest(1, "0x" + "11" * 20) == genesis.digest(1, "0x" + "22" * 20)
        False
        """
        return hash_words(
            VERSION_TYPEHASH,
            chain_id,
            registry,
            self.task,
            self.number,
            self.round,
            self.kind,
            self.parent,
            self.model_root,
            self.aggregate_root,
            self.state_root,
            self.metrics_hash,
            self.purposes,
            self.usable_until,
        )


@dataclass(frozen=True, slots=True)
class Break:
    """Where a chain of versions breaks: at which version, and what is wrong with it."""

    number: int
    problem: str


def first_break(
    versions: Sequence[tuple[VersionFields, bytes]], chain_id: int, registry: str, head: bytes
) -> Break | None:
    """The first version that is not what it claims to be or does not follow its parent; None if all do.

    Args:
        versions: each with the hash that the event log claims for it, from genesis on.
        chain_id: chain that the registry lies on.
        registry: address of the ModelRegistry.
        head: hash of the newest version as the contract holds it, 32 bytes.

    >>> first_break([], 1, "0x" + "11" * 20, head=b"\\1" * 32).problem[:12]
    'ends the log'
    """
    return next(_breaks(versions, chain_id, registry, head), None)


def _breaks(
    versions: Sequence[tuple[VersionFields, bytes]], chain_id: int, registry: str, head: bytes
) -> Iterator[Break]:
    parent = NO_PARENT
    for place, (version, claimed) in enumerate(versions):
        ours = version.digest(chain_id, registry)
        if version.number != place:
            yield Break(version.number, f"stands at place {place} of the log: a version is missing or there twice")
        if ours != claimed:
            yield Break(version.number, f"hashes to {_hex(ours)}, the log says {_hex(claimed)}")
        if version.parent != parent:
            yield Break(version.number, f"names {_hex(version.parent)} as its parent, it follows {_hex(parent)}")
        parent = claimed
    if parent != head:
        last = max(len(versions) - 1, 0)
        yield Break(last, f"ends the log with hash {_hex(parent)}, the head on chain is {_hex(head)}")


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
