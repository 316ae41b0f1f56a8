"""Ten silos that encrypt, an aggregator that adds, one or more key holders: real keys, real ciphertexts."""

from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import NDArray

from prefect_federated.adapters.homomorphic.keys import HolderKey
from prefect_federated.adapters.homomorphic.sums import encrypt, open_total
from prefect_federated.core.homomorphic.encrypted import payload_root
from prefect_federated.core.homomorphic.opened import join
from prefect_federated.core.homomorphic.session import Session
from prefect_federated.core.homomorphic.total import Total, add

CONTRACT = "0x" + "c0" * 20


@cache
def key(number: int) -> HolderKey:
    return HolderKey.generate()


def session_of(words: int, participants: int = 10, holders: int = 1, round: int = 1, fewest: int = 3) -> Session:
    keys = tuple(key(number).public for number in range(holders))
    return Session(31337, CONTRACT, 1, round, tuple(range(participants)), keys, words, fewest)


def updates(session: Session, largest: int, seed: int = 1) -> dict[int, NDArray[np.int32]]:
    rng = np.random.default_rng(seed)
    return {i: rng.integers(-largest, largest, session.words, np.int32, True) for i in session.participants}


def payloads_of(session: Session, words: Mapping[int, NDArray[np.int32]], weight: int = 1) -> dict[int, bytes]:
    return {index: encrypt(session, index, one, weight) for index, one in words.items()}


def roots_of(payloads: Mapping[int, bytes]) -> dict[int, bytes]:
    return {index: payload_root(payload) for index, payload in payloads.items()}


def opened(session: Session, roots: Mapping[int, bytes], total: Total) -> NDArray[np.int32]:
    keys = [key(number) for number in range(len(session.holders))]
    openings = {at: open_total(session, one, roots, total.message(at), {}) for at, one in enumerate(keys)}
    return join(session, roots, openings)


def summed(session: Session, payloads: Mapping[int, bytes]) -> NDArray[np.int32]:
    roots = roots_of(payloads)
    return opened(session, roots, add(session, roots, payloads))
