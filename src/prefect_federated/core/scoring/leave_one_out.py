"""Leave-one-out: how many held-out examples fewer the model gets right without one of the updates."""

from collections.abc import Iterable

from prefect_federated.core.scoring.score_vector import Scores
from prefect_federated.core.scoring.utility import Utility


def leave_one_out(utility: Utility, members: Iterable[int], length: int) -> Scores:
    """score[i] = max(0, U(all) - U(all without i)); 0 for whoever is no member.

    n + 1 models are measured. Two silos with the same data both get nothing: either can be spared.

    Source: Cook 1977, https://doi.org/10.1080/00401706.1977.10489493 (influence of one observation)

    Args:
        utility: a count for each set of indices.
        members: indices of those in the aggregate.
        length: how many scores the vector holds; above every index.

    >>> leave_one_out(lambda some: 3 * (0 in some) + len(some), [0, 1], 3)
    (4, 1, 0)
    """
    everybody = frozenset(members)
    whole = utility(everybody) if everybody else 0
    lost = {index: whole - utility(everybody - {index}) for index in everybody}
    return tuple(max(lost.get(index, 0), 0) for index in range(length))
