"""Reputation: how much honest work a participant has done lately, recomputed from events. `Reputation.sol` in Python.

Recorded events -> earned, decaying     Slashed, SlashRestored -> what each slash still takes     earned - taken >= 0

Everybody starts at 0, the least there is, so no new identity stands above anybody. It says who took part in honest
results, not that a model got better or who stands behind an account. All integers; times in seconds of chain time.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MAX = 10_000
GROWTH_PART = 20
GROWTH_EVERY_S = 24 * 3600
HALF_LIFE_S = 180 * 24 * 3600
PENALTY = 4_000
SLASHES_COUNTED = 16


@dataclass(frozen=True, slots=True)
class SlashAt:
    """A slash of a participant: when, and whether it stands (was not restored by an accepted appeal)."""

    at: int
    stands: bool = True


def decayed(amount: int, elapsed_s: int) -> int:
    """What is left of an amount: half after a half-life, linear within one.

    h - floor(h * r / (2 * H)),  h = floor(a / 2^n),  n = floor(t / H),  r = t - n * H

    >>> decayed(4000, 0), decayed(4000, HALF_LIFE_S // 2), decayed(4000, HALF_LIFE_S), decayed(4000, 12 * HALF_LIFE_S)
    (4000, 3000, 2000, 0)
    """
    half = amount >> (elapsed_s // HALF_LIFE_S)
    return half - half * (elapsed_s % HALF_LIFE_S) // (2 * HALF_LIFE_S)


def earned(recorded_at: Sequence[int], now_s: int) -> int:
    """What the recorded rounds of a participant are worth now, slashes apart.

    Each closes a twentieth of the gap to the maximum: e + floor((MAX - e) / 20), e decayed since the one before.

    Args:
        recorded_at: when each was recorded, ascending; at least a day apart, or the contract would not have.
        now_s: not before the last of them.

    >>> earned([], 0), earned([0], 0), earned([0, 86_400], 86_400)
    (0, 500, 974)
    """
    value, since = 0, 0
    for at in recorded_at:
        value = decayed(value, at - since)
        value, since = value + (MAX - value) // GROWTH_PART, at
    return decayed(value, now_s - since)


def score(recorded_at: Sequence[int], slashes: Sequence[SlashAt], now_s: int) -> int:
    """The reputation of a participant now, 0 .. 10,000.

    max(0, earned - sum of decayed(PENALTY, now - at)) over those of its last 16 slashes that stand.

    >>> days = [day * 86_400 for day in range(60)]
    >>> score(days, [], days[-1]), score(days, [SlashAt(days[-1])], days[-1])
    (9127, 5127)
    """
    lost = sum(decayed(PENALTY, now_s - slash.at) for slash in slashes[-SLASHES_COUNTED:] if slash.stands)
    return max(0, earned(recorded_at, now_s) - lost)
