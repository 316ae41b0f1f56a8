"""Encrypted sums beside masked ones: error, time and bytes, in one table.

    python benchmarks/homomorphic.py [--words 650 10000 100000] [--cpu-time] [--proven] [--paillier PYTHON]

Ten silos, one of which drops out after its first step, so nine are in the sum. 650 words are what ten logistic
regressions on scikit-learn's digits learnt; longer updates are drawn at random. All schemes sum the same words with the
same weights; the error is the largest distance of a word of the sum, before any rounding, from the exact one.

- masking: `core.masking`, everybody with everybody, threshold 6; there is no key holder.
- BFV: `core.homomorphic`, with one key holder and with two.
- encrypted task, with --proven and up to 2,048 words: `core.paillier`, two key holders, proofs made and checked; two
  payloads are made, and the times are theirs multiplied by the round's nine. The holder adds, too.
- CKKS: TenSEAL's own vectors, with the smallest parameters it takes (degree 4,096, 60 and 49 bits, scale 2^40).
- Paillier, 3,072 bits, 78 words of 39 bits a ciphertext: each library that PYTHON has, its primitives timed by
  themselves and multiplied by how often the round calls them (`pip install lightphe`; `pip install phe gmpy2`).

participant: all that one does; aggregator: all that it does with nine payloads; key holder: what one does to open.
sent: what a participant sends; read: what it reads of others' keys and shares, both over the plain payload.
"""

import argparse
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import proven_sums
import secure_aggregation as masked
import tenseal
from numpy.typing import NDArray
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from prefect_federated.adapters.homomorphic.keys import HolderKey
from prefect_federated.adapters.homomorphic.sums import encrypt, open_total
from prefect_federated.core.fixed_point import Encoding, encode
from prefect_federated.core.homomorphic.encrypted import payload_root
from prefect_federated.core.homomorphic.opened import join
from prefect_federated.core.homomorphic.session import Session
from prefect_federated.core.homomorphic.total import add
from prefect_federated.core.masking.answer import answer
from prefect_federated.core.masking.excerpt import excerpts_of, parse_excerpt
from prefect_federated.core.masking.masked import mask, seeds_of
from prefect_federated.core.masking.own_secrets import secrets_of
from prefect_federated.core.masking.recovery import open_masks, recover
from prefect_federated.core.masking.sharing import share
from prefect_federated.core.masking.transcript import parse_sharing
from prefect_federated.core.masking.turnout import Turnout
from prefect_federated.core.paillier.numbers import MOST_WORDS

WORKER = Path(__file__).with_name("paillier_worker.py")
SILOS, GONE, THRESHOLD, REPEATS = 10, 4, 6, 5
ENCODING = Encoding(frac_bits=16, limit=2**20)
WEIGHTS = [180 + 7 * silo for silo in range(SILOS)]  # examples of a silo
THERE = [silo for silo in range(SILOS) if silo != GONE]
DEGREE, PRIMES, SCALE = 4096, [60, 49], 2.0**40
ABSENT = "Paillier is not in the table: --paillier PYTHON names an interpreter with lightphe, or with phe and gmpy2"

Words = NDArray[np.int32]


@dataclass
class Row:
    """One scheme at one size: seconds, bytes, and the error in words."""

    scheme: str
    error: float
    participant_s: float
    aggregator_s: float
    holder_s: float | None
    sent_bytes: float
    read_bytes: float

    def line(self, plain: int) -> str:
        holder = "" if self.holder_s is None else f"{self.holder_s * 1e3:,.1f} ms"
        error = "0" if self.error == 0 else f"{self.error:.1g}"
        times = f"{self.participant_s * 1e3:>11,.1f} ms{self.aggregator_s * 1e3:>11,.1f} ms{holder:>14}"
        read = f"{self.read_bytes / plain:,.2f}"
        return f"{self.scheme:<38}{error:>9}{times}{self.sent_bytes / plain:>9,.2f} x{read:>9} x"


def main() -> None:
    """Measure every scheme at every size, and print one table a size."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", type=int, nargs="+", default=[650, 10_000, 100_000])
    parser.add_argument("--cpu-time", action="store_true", help="count the process's own time")
    parser.add_argument("--proven", action="store_true", help="with what an encrypted task does, which takes minutes")
    parser.add_argument("--paillier", metavar="PYTHON", help="interpreter that has lightphe, or phe")
    args = parser.parse_args()
    if args.cpu_time:
        masked.CLOCK[0] = time.process_time
    print(
        f"{SILOS} silos, {len(THERE)} in the sum; load of the machine {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores"
    )
    peers = _paillier(args) if args.paillier else []
    for count in args.words:
        words = _updates(count)
        exact = sum(WEIGHTS[silo] * words[silo].astype(np.int64) for silo in THERE)
        print(f"\n{count:,} words{', learnt from digits' if count == 650 else ''}; plain payload {4 * count:,} bytes")
        print(f"{'':<38}{'error':>9}{'participant':>14}{'aggregator':>14}{'key holder':>14}{'sent':>11}{'read':>11}")
        for row in _rows(words, exact, peers, args.proven):
            print(row.line(4 * count), flush=True)
    if not args.paillier:
        print(ABSENT)


def _rows(words: list[Words], exact: Any, peers: list[dict[str, Any]], proven: bool) -> Iterator[Row]:
    yield _masking(words, exact)
    if proven and len(words[0]) <= MOST_WORDS:
        took = proven_sums.proven(words[:2], WEIGHTS[:2], len(THERE), masked.CLOCK[0])
        yield Row("encrypted task, 2 key holders", **vars(took))
    yield _bfv(words, exact, holders=1)
    yield _bfv(words, exact, holders=2)
    yield _ckks(words, exact)
    for peer in peers:
        yield _peer(peer, len(words[0]))


def _updates(count: int) -> list[Words]:
    """Of each silo an update in words: learnt from its share of digits at 650, else drawn."""
    if count != 650:
        rng = np.random.default_rng(3)
        return [encode(rng.normal(0, 0.05, count), ENCODING)[0] for _ in range(SILOS)]
    rows, labels = load_digits(return_X_y=True)
    learnt = []
    for silo in range(SILOS):
        model = LogisticRegression(max_iter=200).fit(rows[silo::SILOS] / 16, labels[silo::SILOS])
        learnt.append(encode(np.concatenate([model.coef_.ravel(), model.intercept_]), ENCODING)[0])
    return learnt


def _best(call: Callable[[], Any]) -> tuple[Any, float]:
    """What it gives, and the seconds of the fastest of a few calls."""
    seconds, given = float("inf"), None
    for _ in range(REPEATS):
        start_s = masked.CLOCK[0]()
        given = call()
        seconds = min(seconds, masked.CLOCK[0]() - start_s)
    return given, seconds


def _error(found: NDArray[Any], exact: NDArray[np.int64]) -> float:
    return float(np.abs(found - exact).max())


def _masking(words: list[Words], exact: NDArray[np.int64]) -> Row:
    session, key, one = masked._session(SILOS, SILOS - 1, THRESHOLD), masked._key, THERE[0]
    sent = {i: share(session, secrets_of(session, i, key(i), 1)).encoded() for i in range(SILOS)}
    shared = {i: parse_sharing(session, i, message) for i, message in sent.items()}
    roots = {i: sharing.root for i, sharing in shared.items()}
    turnout = Turnout(session, roots, frozenset(THERE))
    excerpts = {i: excerpts_of(shared[i])[one] for i in session.holders(one)}

    def participate() -> tuple[int, int]:
        own = secrets_of(session, one, key(one), 1)
        dealt = share(session, own).encoded()
        read = {i: parse_excerpt(session, i, one, roots[i], excerpt) for i, excerpt in excerpts.items()}
        seeds = seeds_of(session, own, roots, read)
        payload, note = mask(seeds, words[one], WEIGHTS[one]), seeds.note.encoded().hex()
        shown = answer(turnout, read, one, key(one))[0].encoded()
        return len(dealt) + payload.nbytes + len(note) + len(shown), sum(map(len, excerpts.values()))

    payloads, answers = {}, {}
    for i in THERE:
        seeds = seeds_of(session, secrets_of(session, i, key(i), 1), roots, shared)
        payloads[i] = mask(seeds, words[i], WEIGHTS[i])
        answers[i] = answer(turnout, shared, i, key(i))[0].encoded()

    def aggregate() -> Words:
        parsed = {i: parse_sharing(session, i, message) for i, message in sent.items()}
        return recover(open_masks(turnout, parsed, answers), payloads)

    (sent_bytes, read_bytes), participant_s = _best(participate)
    found, aggregator_s = _best(aggregate)
    return Row("masking", _error(found, exact), participant_s, aggregator_s, None, sent_bytes, read_bytes)


def _bfv(words: list[Words], exact: NDArray[np.int64], holders: int) -> Row:
    keys = [HolderKey.generate() for _ in range(holders)]
    public = tuple(key.public for key in keys)
    session = Session(31337, "0x" + "11" * 20, 1, 1, tuple(range(SILOS)), public, len(words[0]))
    payloads = {i: encrypt(session, i, words[i], WEIGHTS[i]) for i in THERE}
    roots = {i: payload_root(payload) for i, payload in payloads.items()}
    _, participant_s = _best(lambda: payload_root(encrypt(session, 0, words[0], WEIGHTS[0])))
    total, adding_s = _best(lambda: add(session, roots, payloads))
    _, holder_s = _best(lambda: open_total(session, keys[0], roots, total.message(0), {}))
    openings = {at: open_total(session, key, roots, total.message(at), {}) for at, key in enumerate(keys)}
    found, joining_s = _best(lambda: join(session, roots, openings))
    name = f"BFV, {holders} key holder{'s' * (holders > 1)}"
    sent, read = len(payloads[0]), sum(map(len, public))
    return Row(name, _error(found, exact), participant_s, adding_s + joining_s, holder_s, sent, read)


def _ckks(words: list[Words], exact: NDArray[np.int64]) -> Row:
    """TenSEAL's vectors of reals: word * weight / 2^frac_bits, a vector for each 2,048."""
    step, slots = 2.0**-ENCODING.frac_bits, DEGREE // 2
    holder = tenseal.context(
        tenseal.SCHEME_TYPE.CKKS, poly_modulus_degree=DEGREE, coeff_mod_bit_sizes=PRIMES, n_threads=1
    )
    holder.global_scale = SCALE
    public = holder.serialize(
        save_public_key=True, save_secret_key=False, save_galois_keys=False, save_relin_keys=False
    )
    others = tenseal.context_from(public, n_threads=1)

    def participate(silo: int) -> list[bytes]:
        reals = words[silo] * (WEIGHTS[silo] * step)
        return [tenseal.ckks_vector(others, reals[at : at + slots]).serialize() for at in range(0, len(reals), slots)]

    payloads = [participate(silo) for silo in THERE]

    def aggregate() -> list[bytes]:
        totals = [tenseal.ckks_vector_from(others, block) for block in payloads[0]]
        for payload in payloads[1:]:
            for total, block in zip(totals, payload, strict=True):
                total += tenseal.ckks_vector_from(others, block)
        return [total.serialize() for total in totals]

    _, participant_s = _best(lambda: participate(0))
    totals, aggregator_s = _best(aggregate)
    opened, holder_s = _best(
        lambda: np.concatenate([tenseal.ckks_vector_from(holder, total).decrypt() for total in totals])
    )
    sent = sum(map(len, payloads[0]))
    return Row("CKKS", _error(opened / step, exact), participant_s, aggregator_s, holder_s, sent, len(public))


def _paillier(args: argparse.Namespace) -> list[dict[str, Any]]:
    """Seconds of one call of each primitive, for every library that the interpreter has."""
    asked = json.dumps({"cpu_time": args.cpu_time, "silos": len(THERE)})
    run = subprocess.run([args.paillier, str(WORKER), asked], stdout=subprocess.PIPE, text=True)
    if run.returncode:
        raise SystemExit(
            f"{args.paillier} cannot run {WORKER.name}; name an interpreter with lightphe, or phe and gmpy2"
        )
    return list(json.loads(run.stdout.splitlines()[-1]))


def _peer(took: dict[str, Any], words: int) -> Row:
    blocks = -(-words // took["packed"])
    per_silo, adding = took["pack"] + took["encrypt"], (len(THERE) - 1) * took["add"]
    opening = took["decrypt"] + took["unpack"]
    sent = blocks * took["ciphertext_bytes"]
    times = [blocks * seconds for seconds in (per_silo, adding, opening)]
    return Row(f"Paillier, {took['name']}", took["error"], *times, sent, took["key_bytes"])


if __name__ == "__main__":
    main()
