"""A round's cohort as the sessions in which it masks: one of all, or one of each group.

members, public seed --groups--> each group --graph_of: degree, threshold--> Session
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from math import inf

from prefect_federated.core.errors import SpecError
from prefect_federated.core.mask_spec import Masked
from prefect_federated.core.masking.degree import MOST_COMPLETE, Choice, choose
from prefect_federated.core.masking.graph import groups
from prefect_federated.core.masking.session import FEWEST_MEMBERS, Member, Session


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
    made = []
    for some in split:
        graph = graph_of(len(some), masking)
        who = tuple(by_index[index] for index in some)
        made.append(Session(chain_id, coordinator, task, round, who, graph.threshold, graph.degree, seed))
    return tuple(made)


def session_with(some: Sequence[Session], account: str) -> Session | None:
    """The one session that an account is a member of; None where it is of none."""
    return next((one for one in some if any(member.account == account for member in one.members)), None)


@lru_cache(maxsize=1024)
def graph_of(members: int, masking: Masked) -> Choice:
    """How so many mask together: all with all, or above 128 each with as many as the task's fractions ask for.

    With all, the threshold is the task's, above half of them; of a group three at least, for two who are left would
    read each other off its sum. On the sparse graph it is the one that goes with the degree (`degree.choose`).

    Raises:
        SpecError: no graph stands the fractions that collude and drop out.

    >>> graph_of(5, Masked(threshold=2)).threshold, graph_of(129, Masked(threshold=2)).degree
    (3, 38)
    """
    if members > MOST_COMPLETE:
        found = choose(members, masking.colluding, masking.dropping)
        if found.threshold > (most := members // 2 + 1):
            raise SpecError(
                f"{members} members of whom {masking.colluding:g} collude and {masking.dropping:g} drop out need"
                f" {found.threshold} shares for a secret, a round asks for {most}; lower masking.colluding"
            )
        return found
    threshold = max(masking.threshold, members // 2 + 1, FEWEST_MEMBERS if masking.group else 0)
    return Choice(members - 1, threshold, inf, inf)


def require_graphs(masking: Masked, fewest: int, most: int) -> None:
    """Refuse a task some of whose cohorts could not mask: the smallest and the largest on a sparse graph are tried.

    Args:
        fewest: members of the smallest session that a round can have.
        most: of the largest.

    Raises:
        SpecError: no graph stands the fractions that collude and drop out.
    """
    if most > MOST_COMPLETE:
        for members in (max(fewest, MOST_COMPLETE + 1), most):
            graph_of(members, masking)
