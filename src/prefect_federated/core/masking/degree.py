"""How many neighbours and which threshold: as few and as high as the stated chances of failing allow.

up to 128 members   the complete graph; nothing is left to chance
above               a ring in random order, k neighbours, up to 2,048; hypergeometric tails, summed exactly in integers

Three things can go wrong, and each chance is summed over all members (union bound):

exposed       t or more of an honest member's k neighbours are corrupt          counts against security
cut           the honest survivors fall apart, so that partial sums show        counts against security
unopenable    fewer than t of a member's k neighbours survive                   counts against correctness

A ring with k/2 neighbours to each side falls apart only where k/2 consecutive members are lost at two separate places:
for one of n (n - k - 1) / 2 pairs of places, all of k given members are corrupt or gone.
Assumes that who is corrupt and who drops out does not depend on the ring: its seed comes after the cohort, and whoever
attacks its neighbours' networks after it is known is not covered.
Source: Bell et al. 2020, section 3, with sigma = 40 and eta = 30, https://doi.org/10.1145/3372297.3417885
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, takewhile
from math import ceil, comb, inf, log2, perm

from prefect_federated.core.errors import SpecError

MOST_COMPLETE = 128
MOST_DEGREE = 2048  # fractions come from whoever made the task: they must not make its readers count for hours
SECURITY_BITS, CORRECTNESS_BITS = 40, 30


@dataclass(frozen=True, slots=True)
class Choice:
    """A graph's degree and threshold, and minus log2 of the chances that it fails; infinite where it cannot."""

    degree: int
    threshold: int
    security_bits: float
    correctness_bits: float


def choose(
    n: int,
    corrupt: float,
    dropping: float,
    security_bits: int = SECURITY_BITS,
    correctness_bits: int = CORRECTNESS_BITS,
) -> Choice:
    """The least degree that meets both chances, and the highest threshold with it.

    Args:
        n: members of the cohort.
        corrupt: largest fraction of them that colludes with the aggregator.
        dropping: largest fraction of them that drops out, in whatever phase.

    Raises:
        SpecError: no graph meets both.

    >>> choose(100, corrupt=0.2, dropping=0.1)
    Choice(degree=99, threshold=90, security_bits=inf, correctness_bits=inf)
    >>> sparse = choose(1000, corrupt=0.2, dropping=0.1)
    >>> sparse.degree < 999 and sparse.security_bits >= 40 and sparse.correctness_bits >= 30
    True
    """
    bad, gone = _count(n, corrupt), _count(n, dropping)
    if n <= MOST_COMPLETE:
        threshold = n - gone
        if threshold > max(bad, n // 2):
            return Choice(n - 1, threshold, inf, inf)
    else:
        for degree in range(2, min(n - 1, MOST_DEGREE + 1), 2):
            if found := _of_degree(n, degree, bad, gone, security_bits, correctness_bits):
                return found
    raise SpecError(
        f"{n} members of whom {bad} collude and {gone} drop out: no threshold above half keeps both chances"
        f" (2^-{security_bits}, 2^-{correctness_bits}) with up to {MOST_DEGREE} neighbours; enrol more, or allow fewer"
        " of either"
    )


def exposed(n: int, degree: int, threshold: int, corrupt: int) -> Fraction:
    """Bound on the chance that some honest member has `threshold` corrupt neighbours or more."""
    corrupted = _ways(n - 1, min(corrupt, n - 1), degree, threshold)
    return Fraction(n * sum(ways for _, ways in corrupted), comb(n - 1, degree))


def cut(n: int, degree: int, lost: int) -> Fraction:
    """Bound on the chance that the ring falls apart when `lost` of its members are taken out."""
    if lost < degree:
        return Fraction(0)
    return Fraction(n * (n - degree - 1), 2) * Fraction(perm(lost, degree), perm(n, degree))


def unopenable(n: int, degree: int, threshold: int, dropping: int) -> Fraction:
    """Bound on the chance that some member keeps fewer than `threshold` neighbours."""
    too_few = takewhile(lambda one: one[0] < threshold, _ways(n - 1, max(0, n - 1 - dropping), degree))
    return Fraction(n * sum(ways for _, ways in too_few), comb(n - 1, degree))


def _of_degree(n: int, degree: int, bad: int, gone: int, security: int, correctness: int) -> Choice | None:
    threshold = _highest_threshold(n, degree, gone, correctness)
    if threshold <= (degree + 1) // 2:
        return None
    insecure = exposed(n, degree, threshold, bad) + cut(n, degree, bad + gone)
    if insecure > Fraction(1, 2**security):
        return None
    return Choice(degree, threshold, _bits(insecure), _bits(unopenable(n, degree, threshold, gone)))


def _highest_threshold(n: int, degree: int, dropping: int, correctness: int) -> int:
    """The highest for which `unopenable` is 2^-correctness at most."""
    kept, draws = _ways(n - 1, max(0, n - 1 - dropping), degree), comb(n - 1, degree)
    up_to: Iterator[tuple[int, int]] = accumulate(kept, lambda below, one: (one[0], below[1] + one[1]))
    return next(count for count, ways in up_to if n * ways << correctness > draws)


def _ways(population: int, marked: int, drawn: int, start: int = 0) -> Iterator[tuple[int, int]]:
    """How many draws have so many of the marked ones, for each number of them from `start` on that some draw has.

    Each follows from the one before: w(c + 1) = w(c) (m - c) (d - c) / ((c + 1) (r - d + c + 1)), r of m + r unmarked.

    >>> list(_ways(population=5, marked=3, drawn=2))
    [(0, 1), (1, 6), (2, 3)]
    """
    unmarked = population - marked
    count = max(start, drawn - unmarked)
    ways = comb(marked, count) * comb(unmarked, drawn - count) if count <= drawn else 0
    while ways:
        yield count, ways
        ways = ways * (marked - count) * (drawn - count) // ((count + 1) * (unmarked - drawn + count + 1))
        count += 1


def _count(n: int, fraction: float) -> int:
    """Rounded up, of the number as it was written: 0.29 of 100 are 29."""
    exact = Fraction(str(fraction))
    if not 0 <= exact < 1:
        raise SpecError(f"a fraction of {fraction} of the members; give one from 0 up to, not including, 1")
    return ceil(exact * n)


def _bits(chance: Fraction) -> float:
    return log2(chance.denominator) - log2(chance.numerator) if chance else inf
