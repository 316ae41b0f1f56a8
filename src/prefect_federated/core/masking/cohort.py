"""A round's cohort as the sessions in which it masks: one of all, or one of each group.

members, public seed --groups--> each group --degree, threshold--> Session
"""

from collections.abc import Iterable, Sequence

from prefect_federated.core.mask_spec import Masked
from prefect_federated.core.masking.graph import groups
from prefect_federated.core.masking.session import FEWEST_MEMBERS, Member, Session, complete


def sessions(
    chain_id: int, coordinator: str, task: int, round: int, members: Iterable[Member], masking: Masked, seed: bytes
) -> tuple[Session, ...]:
    """Who masks with whom, the same for everybody who reads the chain.

    Args:
        members: all who can mask.
        seed: 32 public bytes, fixed after the cohort was.

    Raises:
        SpecError: fewer than three, or fewer than a group has, can mask.
    """
    by_index = {member.index: member for member in members}
    everybody = sorted(by_index)
    split = groups(everybody, masking.group, seed) if masking.group else [tuple(everybody)]
    place = (chain_id, coordinator, task, round)
    return tuple(complete(*place, [by_index[i] for i in some], _threshold(len(some), masking), seed) for some in split)


def session_with(some: Sequence[Session], account: str) -> Session | None:
    """The one session that an account is a member of; None where it is of none."""
    return next((one for one in some if any(member.account == account for member in one.members)), None)


def _threshold(members: int, masking: Masked) -> int:
    """Above half; of a group three at least, for two who are left would read each other off its sum."""
    return max(masking.threshold, members // 2 + 1, FEWEST_MEMBERS if masking.group else 0)
