"""What an encrypted task takes (`core.paillier`, two key holders), for `homomorphic.py --proven`.

Two payloads are made, checked, added, opened and joined; a round's times are those multiplied by its payloads.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from prefect_federated.adapters.sum_keys import generate
from prefect_federated.core.paillier.keys import KEY_BYTES, parse_key
from prefect_federated.core.paillier.opened import added, check_opening, join, open_sum
from prefect_federated.core.paillier.payload import encrypt, parse_payload
from prefect_federated.core.paillier.session import Holder, Session

ACCOUNTS = tuple(f"0x{number:040x}" for number in range(1, 5))  # two silos, two key holders


@dataclass
class Proven:
    """Error of a sum in words; seconds of a participant, aggregator and key holder; bytes sent and read."""

    error: float
    participant_s: float
    aggregator_s: float
    holder_s: float
    sent_bytes: int
    read_bytes: int


def proven(
    words: Sequence[NDArray[np.int32]], weights: Sequence[int], payloads: int, clock: Callable[[], float]
) -> Proven:
    """Measure a round of so many payloads, each as long as these two updates.

    Args:
        words: int32 `[d]`, of two silos.
        clock: seconds.
    """
    silos, holders = ACCOUNTS[:2], ACCOUNTS[2:]
    secrets = {account: generate() for account in holders}
    public = tuple(Holder(account, parse_key(key.public_bytes())) for account, key in secrets.items())
    session = Session(31337, "0x" + "11" * 20, 1, 1, words[0].size, public)
    marks = [clock()]
    sent = [encrypt(session, who, words[i], weights[i], bytes([i]) * 32) for i, who in enumerate(silos)]
    marks.append(clock())
    read = [parse_payload(session, who, payload) for who, payload in zip(silos, sent, strict=True)]
    total, roots = added(session, read), {who: bytes(32) for who in silos}
    marks.append(clock())
    openings = {account: open_sum(session, account, key, total, roots) for account, key in secrets.items()}
    marks.append(clock())
    for account, opening in openings.items():
        check_opening(session, account, total, roots, opening)
    found = join(session, openings)
    marks.append(clock())
    making, reading, opening_s, checking = (after - before for before, after in pairwise(marks))
    exact = sum(weight * one.astype(np.int64) for weight, one in zip(weights, words, strict=True))
    return Proven(
        error=float(np.abs(found - exact).max()),
        participant_s=making / 2,
        aggregator_s=reading / 2 * payloads + checking,
        holder_s=reading / 2 * payloads + opening_s / 2,
        sent_bytes=sent[0].nbytes,
        read_bytes=len(holders) * KEY_BYTES,
    )
