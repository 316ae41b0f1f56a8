"""Known answers of a round's pay by median scores; part of `make_vectors`."""

from statistics import median_low
from typing import Any

REWARD = 3 * 10**18


def pay(vectors: list[list[int]], fee_bps: int, validator_bps: int, share_cap_bps: int, seats: int) -> dict[str, Any]:
    """Return what four participants, index 0 to 3, earn by what some of a committee's seats scored.

    Args:
        vectors: the scores that each seat showed, by index; what is missing is 0.
        seats: of the committee, silent ones included.
    """
    padded = [row + [0] * (4 - len(row)) for row in vectors]
    medians = [median_low(column) for column in zip(*padded, strict=True)]
    shares = medians if any(medians) else [1] * 4
    fee, seat = REWARD * fee_bps // 10_000, REWARD * validator_bps // (10_000 * seats)
    rest = REWARD - fee - seats * seat
    most = rest * share_cap_bps // 10_000 if share_cap_bps else rest
    return {
        "fee_bps": fee_bps,
        "validator_bps": validator_bps,
        "share_cap_bps": share_cap_bps,
        "seats": seats,
        "vectors": ["0x" + b"".join(word.to_bytes(4, "big") for word in row).hex() for row in vectors],
        "medians": medians,
        "fee": str(fee),
        "pay": str(seat),
        "amounts": [str(min(rest * share // sum(shares), most)) for share in shares],
    }
