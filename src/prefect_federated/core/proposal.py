"""What an aggregator proposes for a round: hashes of everything it claims, and whom it left out.

exclusions: (index as uint16, reason as uint8) for each, ascending by index, 3 bytes a participant
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from prefect_federated.core.errors import PayloadError
from prefect_federated.core.round import Reason
from prefect_federated.core.usage_rights import UsageRights


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
    purposes: int
    usable_until: int
    exclusions: bytes
    uri: str

    @property
    def rights(self) -> UsageRights:
        """What the version that it makes is said to allow."""
        return UsageRights(self.purposes, self.usable_until)


def pack_exclusions(reasons: Mapping[int, Reason]) -> bytes:
    """Pack reasons by cohort index as the contract reads them.

    >>> pack_exclusions({258: Reason.NORM_BOUND, 1: Reason.UNAVAILABLE}).hex()
    '000101010206'
    """
    return b"".join(index.to_bytes(2, "big") + bytes([reasons[index]]) for index in sorted(reasons))


def unpack_exclusions(packed: bytes) -> dict[int, Reason]:
    """Reasons by cohort index.

    Raises:
        PayloadError: the length is no multiple of 3, indices do not ascend, or a reason is not listed.
    """
    if len(packed) % 3:
        raise PayloadError(f"exclusions have {len(packed)} bytes, no multiple of 3; the proposal is malformed")
    entries = [packed[at : at + 3] for at in range(0, len(packed), 3)]
    indices = [int.from_bytes(entry[:2], "big") for entry in entries]
    if any(a >= b for a, b in pairwise(indices)):
        raise PayloadError(f"the proposal excludes {indices}, which do not ascend; it is malformed")
    try:
        return {index: Reason(entry[2]) for index, entry in zip(indices, entries, strict=True)}
    except ValueError as error:
        raise PayloadError(f"the proposal excludes for a reason outside the closed list: {error}") from error
