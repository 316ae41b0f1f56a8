"""Two silos and two key holders: real keys, real ciphertexts, a few words."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from prefect_federated.adapters.sum_keys import generate
from prefect_federated.core.paillier.keys import SecretKey, parse_key
from prefect_federated.core.paillier.opened import SumOpening, added, open_sum
from prefect_federated.core.paillier.payload import Ciphertexts, encrypt, parse_payload
from prefect_federated.core.paillier.session import Holder, Session

COORDINATOR = "0x" + "c0" * 20
NOTARY, ASSOCIATION = "0x" + "A1" * 20, "0x" + "B2" * 20
SILOS = tuple(f"0x{number:040x}" for number in (1, 2))
WORDS, WEIGHT = 3, 500


@cache
def key(number: int) -> SecretKey:
    return generate()


@cache
def session(round: int = 1) -> Session:
    holders = tuple(Holder(who, parse_key(key(at).public_bytes())) for at, who in enumerate((NOTARY, ASSOCIATION)))
    return Session(31337, COORDINATOR, 1, round, WORDS, holders)


@cache
def words_of(silo: str) -> NDArray[np.int32]:
    return np.random.default_rng(int(silo, 16)).integers(-(2**17), 2**17, WORDS, np.int32)


@cache
def payload(silo: str, round: int = 1) -> NDArray[np.int32]:
    return encrypt(session(round), silo, words_of(silo), WEIGHT, int(silo, 16).to_bytes(32, "big"))


@dataclass(frozen=True)
class Summed:
    total: Ciphertexts
    roots: dict[str, bytes]
    openings: dict[str, SumOpening]


@cache
def summed() -> Summed:
    total = added(session(), [parse_payload(session(), silo, payload(silo)) for silo in SILOS])
    roots = {silo: bytes([at]) * 32 for at, silo in enumerate(SILOS)}
    openings = {
        h.account: open_sum(session(), h.account, key(i), total, roots) for i, h in enumerate(session().holders)
    }
    return Summed(total, roots, openings)
