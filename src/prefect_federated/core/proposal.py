"""What an aggregator proposes for a round: hashes of everything it claims, and whom it left out.

exclusions: (index as uint16, reason as uint8) for each, ascending by index, 3 bytes a participant or void leaf
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from prefect_federated.core.errors import PayloadError
from prefect_federated.core.round import Reason


@dataclass(frozen=True, slots=True)
class Proposal:
    """Mirror of `Proposal` in Coordinator.sol, in its order."""

    aggregate_root: bytes
    model_root: bytes
    state_root: bytes
    included_root: bytes
    metrics_hash: bytes
    reward_root: bytes
    reward_total: int
    included: int
    exclusions: bytes
    uri: str


def pack_exclusions(reasons: Mapping[int, Reason], void: Sequence[int] = ()) -> bytes:
    """Pack reasons by cohort index as the contract reads them.

    Args:
        void: an index for each rolled opening that stands for nobody; one may come often, and be in the aggregate too.

    >>> pack_exclusions({258: Reason.NORM_BOUND, 1: Reason.UNAVAILABLE}).hex()
    '000101010206'
    >>> pack_exclusions({1: Reason.UNAVAILABLE}, void=[1, 0, 1]).hex()
    '000008000108000108000101'
    """
    if Reason.VOID_LEAF in reasons.values():
        raise ValueError("VOID_LEAF is said of a leaf, not of an update; give its index in void")
    entries = [(index, False, Reason.VOID_LEAF) for index in void]
    entries += [(index, True, reason) for index, reason in reasons.items()]
    return b"".join(index.to_bytes(2, "big") + bytes([reason]) for index, _, reason in sorted(entries))


def unpack_exclusions(packed: bytes) -> dict[int, Reason]:
    """Reasons by cohort index, of updates that are left out; void leaves say nothing of an update.

    Raises:
        PayloadError: see `exclusion_entries`.
    """
    return {index: reason for index, reason in exclusion_entries(packed) if reason is not Reason.VOID_LEAF}


def void_leaves(packed: bytes) -> list[int]:
    """An index for each rolled opening that stands for nobody, as the proposal says.

    Raises:
        PayloadError: see `exclusion_entries`.
    """
    return [index for index, reason in exclusion_entries(packed) if reason is Reason.VOID_LEAF]


def exclusion_entries(packed: bytes) -> list[tuple[int, Reason]]:
    """Index and reason of each entry, in the order in which the contract counts them.

    Raises:
        PayloadError: the length is no multiple of 3, indices do not ascend, or a reason is not listed.
    """
    if len(packed) % 3:
        raise PayloadError(f"exclusions have {len(packed)} bytes, no multiple of 3; the proposal is malformed")
    entries = [packed[at : at + 3] for at in range(0, len(packed), 3)]
    indices = [int.from_bytes(entry[:2], "big") for entry in entries]
    if any(
        a > b or (a == b and one[2] != Reason.VOID_LEAF)
        for (a, b), one in zip(pairwise(indices), entries, strict=False)
    ):
        raise PayloadError(f"the proposal excludes {indices}, which do not ascend; it is malformed")
    try:
        return [(index, Reason(entry[2])) for index, entry in zip(indices, entries, strict=True)]
    except ValueError as error:
        raise PayloadError(f"the proposal excludes for a reason outside the closed list: {error}") from error
