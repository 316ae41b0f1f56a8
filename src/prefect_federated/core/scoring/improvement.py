"""Improvement: how many more held-out examples the base model gets right with one update added to it.

correct(base + update) - correct(base) --not below 0--> score
"""

from collections.abc import Mapping

from prefect_federated.core.scoring.score_vector import Scores


def improvement(base_correct: int, correct: Mapping[int, int], length: int) -> Scores:
    """score[i] = max(0, correct(base + update i) - correct(base)); 0 for whoever is not in `correct`.

    Counts of examples, so that the score is exact, and a validator's own: the sets of two validators differ.
    It sees one update at a time: two silos with the same data both earn the whole improvement.

    Args:
        base_correct: held-out examples that the base model gets right.
        correct: the same with the update of a participant added, by its index.
        length: how many scores the vector holds; above every index.

    >>> improvement(10, {0: 12, 2: 7}, 4)
    (2, 0, 0, 0)
    """
    return tuple(max(correct.get(index, base_correct) - base_correct, 0) for index in range(length))
