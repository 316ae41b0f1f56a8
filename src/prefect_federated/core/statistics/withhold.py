"""Small cells are withheld before anything leaves a silo, and enough beside them that none can be worked out.

counts of one column --1 to k - 1?--> withheld --with cells beside them, in a public order--> shown counts + one total

The rule. All cells of 1 to k - 1 rows are withheld; with them one other cell at least, and as many as it takes until
the withheld ones hold 2k - 1 rows together, or none is left. Which others is decided by a public order, not by counts.

What it gives. Somebody sees the shown counts, the total withheld and which cells read 0, and knows this rule. Then of
each cell that can hold 1 to k - 1 rows at all, every number from 1 to k - 1 is possible. Take one such number v: the
table with v in that cell, the rest of the total in the first other cell of the order that reads 0, and none in the rest
looks the same. The rest has k rows or more where the total is 2k - 1 or more, and then comes before every shown cell; a
smaller total is that of a whole column. (`tests/core/statistics/test_withhold.py` goes through all small tables.)

Why not the smallest other cell, which would lose less: then no withheld cell holds more than the smallest shown one,
and with three cells of k - 1 beside one of k that tells all four.
"""

from collections.abc import Sequence


def withhold(counts: Sequence[int], fewest: int, order: Sequence[int]) -> frozenset[int]:
    """Places of the cells that are withheld.

    Args:
        counts: rows of each cell of a column.
        fewest: k; with 1 nothing is withheld.
        order: every cell once, in the order in which others are withheld beside small ones; not chosen by counts.

    >>> sorted(withhold([2, 40, 30], 5, [0, 2, 1]))
    [0, 2]
    >>> sorted(withhold([5, 40, 30], 5, [0, 2, 1]))
    []
    """
    small = {place for place, count in enumerate(counts) if 0 < count < fewest}
    if not small:
        return frozenset()
    withheld, beside = set(small), [place for place in order if counts[place] >= fewest]
    for place in beside:
        if withheld != small and sum(counts[one] for one in withheld) >= 2 * fewest - 1:
            break
        withheld.add(place)
    return frozenset(withheld)
