"""The privacy budget: Renyi divergences at eight fixed orders, packed into one 256-bit word that a chain can add up.

cost of a round --pack--> vector --add--> spent --within--> limit <--limit_of-- (epsilon, delta)
"""

import math
from collections.abc import Sequence

from prefect_federated.core.errors import ConfigurationError

ORDERS = (2.5, 4.0, 5.0, 8.0, 10.0, 20.0, 32.0, 64.0)  # the first one lies in the word's lowest 32 bits
DELTA = 1e-5  # at which epsilon is told where nobody says another
UNIT = 2.0**-27  # nats
LANE_BITS = 32
NO_BOUND = (1 << LANE_BITS) - 1  # a lane that says nothing: 32 nats or more


def pack(rdp: Sequence[float]) -> int:
    """One word of eight Renyi divergences (RDP), each rounded up to 2^-27 nats; 32 nats and more become "no bound".

    Args:
        rdp: nats at each of `ORDERS`, at least 0, may be infinite.

    Raises:
        ConfigurationError: not eight numbers, or one is negative or NaN.

    >>> hex(pack([0.0, 2**-27, 1.5 * 2**-27, 0, 0, 0, 0, math.inf]))
    '0xffffffff00000000000000000000000000000000000000020000000100000000'
    """
    if len(rdp) != len(ORDERS) or not all(value >= 0 for value in rdp):
        raise ConfigurationError(
            f"RDP at orders {ORDERS} is {len(ORDERS)} numbers of 0 or more, got {list(rdp)}; ask the accountant again"
        )
    return _word([NO_BOUND if value / UNIT > NO_BOUND - 1 else math.ceil(value / UNIT) for value in rdp])


def unpack(vector: int) -> tuple[float, ...]:
    """Nats at each of `ORDERS`; infinite where the vector has no bound.

    >>> unpack(pack([0.25, 1, 2, 3, 4, 5, 31, 32]))
    (0.25, 1.0, 2.0, 3.0, 4.0, 5.0, 31.0, inf)
    """
    return tuple(math.inf if lane == NO_BOUND else lane * UNIT for lane in lanes(vector))


def lanes(vector: int) -> tuple[int, ...]:
    """The eight lanes of a vector, in units; the first order's first.

    Raises:
        ConfigurationError: the vector is no word of 256 bits.
    """
    if not 0 <= vector < 1 << LANE_BITS * len(ORDERS):
        raise ConfigurationError(
            f"an RDP vector is a word of {LANE_BITS * len(ORDERS)} bits, got {vector:#x}; read it from the chain again"
        )
    return tuple(vector >> LANE_BITS * place & NO_BOUND for place in range(len(ORDERS)))


def add(a: int, b: int) -> int:
    """What two mechanisms cost together: lane by lane, for RDP composes by addition; no bound stays no bound.

    Source: Proposition 1 of Mironov 2017, https://arxiv.org/abs/1702.07476

    >>> add(pack([1.0] * 8), pack([2.0] * 7 + [31.0])) == pack([3.0] * 7 + [math.inf])
    True
    """
    return _word([min(x + y, NO_BOUND) for x, y in zip(lanes(a), lanes(b), strict=True)])


def minus(spent: int, cost: int) -> int:
    """What is left when a cost is taken back, as the contract reckons: no bound stays no bound.

    Args:
        cost: that was added before.

    >>> minus(pack([3.0] * 7 + [math.inf]), pack([1.0] * 8)) == pack([2.0] * 7 + [math.inf])
    True
    """
    return _word([x if x == NO_BOUND else x - y for x, y in zip(lanes(spent), lanes(cost), strict=True)])


def at_least(cost: int, floor: int) -> int:
    """A cost raised to a floor, lane by lane.

    >>> at_least(pack([1.0] * 4 + [4.0] * 4), pack([2.0] * 8)) == pack([2.0] * 4 + [4.0] * 4)
    True
    """
    return _word([max(x, y) for x, y in zip(lanes(cost), lanes(floor), strict=True)])


def covers(cost: int, floor: int) -> bool:
    """Whether a cost reaches a floor in every lane.

    >>> covers(pack([2.0] * 8), pack([2.0] * 8)), covers(pack([1.0] + [9.0] * 7), pack([2.0] * 8))
    (True, False)
    """
    return all(x >= y for x, y in zip(lanes(cost), lanes(floor), strict=True))


def limit_of(epsilon: float, delta: float) -> int:
    """A limit as a vector: at each order the most RDP that still gives (epsilon, delta), rounded down.

    R = epsilon + (ln delta + ln order) / (order - 1) - ln((order - 1) / order); 0 where no RDP at that order
    does. One lane that holds is enough (`within`), since the best order gives the epsilon.

    Source: Theorem 21 of Balle et al. 2020, https://arxiv.org/abs/1905.09982, as `get_privacy_spent` of
    `opacus.accountants.analysis.rdp` uses it (opacus 1.6.0).

    Raises:
        ConfigurationError: epsilon is not a number above 0, delta not between 0 and 1, or no order reaches them.

    >>> [round(nats, 3) for nats in unpack(limit_of(1.0, 1e-5))]
    [0.0, 0.0, 0.0, 0.0, 0.082, 0.603, 0.772, 0.899]
    """
    _require_delta(delta)
    if not 0 < epsilon < math.inf:
        raise ConfigurationError(
            f"epsilon is {epsilon} with delta {delta}, it must be a number above 0; give one, or no limit at all"
        )
    limit = _word([_most(order, epsilon, delta) for order in ORDERS])
    if not limit:
        least = min(epsilon_at(order, UNIT, delta) for order in ORDERS)
        raise ConfigurationError(
            f"no order of {ORDERS} can show epsilon {epsilon} at delta {delta}: the least there is {least:.3g};"
            " raise epsilon or delta"
        )
    return limit


def within(spent: int, limit: int) -> bool:
    """Whether what was spent keeps a limit: it does in one lane that both bound. A limit of 0 is none.

    >>> within(pack([9.0] * 8), 0), within(pack([0.5] * 8), limit_of(1.0, 1e-5)), within(0, limit_of(1.0, 1e-5))
    (True, True, True)
    >>> within(pack([1.0] * 8), limit_of(1.0, 1e-5))
    False
    """
    pairs = zip(lanes(spent), lanes(limit), strict=True)
    return limit == 0 or any(most and x <= most and x != NO_BOUND for x, most in pairs)


def epsilon_of(vector: int, delta: float) -> float:
    """The smallest epsilon that a vector gives at this delta, over the orders; at least 0, infinite without a bound.

    Same source as `limit_of`.

    Raises:
        ConfigurationError: delta is not between 0 and 1.

    >>> round(epsilon_of(pack([0.1] * 8), 1e-5), 3), epsilon_of(pack([math.inf] * 8), 1e-5)
    (0.201, inf)
    """
    _require_delta(delta)
    return max(0.0, min(epsilon_at(order, rdp, delta) for order, rdp in zip(ORDERS, unpack(vector), strict=True)))


def epsilon_at(order: float, rdp: float, delta: float) -> float:
    """The epsilon that one order alone gives at this delta, from its RDP in nats; may be below 0. See `limit_of`."""
    return rdp - (math.log(delta) + math.log(order)) / (order - 1) + math.log((order - 1) / order)


def _most(order: float, epsilon: float, delta: float) -> int:
    """The largest lane of an order that gives epsilon; 0 if none does."""
    lane = max(0, min(math.floor((epsilon - epsilon_at(order, 0.0, delta)) / UNIT), NO_BOUND - 1))
    while lane and epsilon_at(order, lane * UNIT, delta) > epsilon:  # a last digit may have been rounded up
        lane -= 1
    return lane


def _require_delta(delta: float) -> None:
    if not 0 < delta < 1:
        raise ConfigurationError(f"delta is {delta}, it must lie between 0 and 1; take less than one over the rows")


def _word(lanes: Sequence[int]) -> int:
    return sum(lane << LANE_BITS * place for place, lane in enumerate(lanes))
