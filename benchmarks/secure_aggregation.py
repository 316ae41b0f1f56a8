"""Speed of secure aggregation on one core: 100 participants, 1 M parameters, one in ten drops out after it shared.

    python benchmarks/secure_aggregation.py [--participants 100] [--parameters 1000000] [--cpu-time] [--flower PYTHON]

A participant shares, reads what the others shared with it, masks and answers; the aggregator reads all of that, joins
shares and takes the masks off. On the complete graph and on a sparse one; every sum is compared with the plain one
before a time is shown. Bytes are what a participant sends, and reads of the others' shares, over its plain payload.
With `--cpu-time` the process's own time is counted, for a machine that others use too. With `--flower` the primitives
of Flower's SecAgg+ are timed one by one by an interpreter that has it, and multiplied by how often the same round
calls each.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from numpy.typing import NDArray

from prefect_federated.core.masking.answer import answer
from prefect_federated.core.masking.excerpt import excerpts_of, parse_excerpt
from prefect_federated.core.masking.masked import mask, seeds_of
from prefect_federated.core.masking.own_secrets import secrets_of
from prefect_federated.core.masking.recovery import open_masks, recover
from prefect_federated.core.masking.session import Member, Session
from prefect_federated.core.masking.sharing import share
from prefect_federated.core.masking.transcript import parse_sharing
from prefect_federated.core.masking.turnout import Turnout

ABSENT = (
    "Flower is not installed: its primitives are not beside ours (--flower PYTHON names an interpreter that has it)"
)
WORKER = Path(__file__).with_name("flower_worker.py")
CLOCK: list[Callable[[], float]] = [time.perf_counter]
SPARSE_DEGREE, BOUND, WEIGHT, EXPANSION = 20, 1000, 3, 1.05
GOALS = {"complete": {"participant": 0.130, "aggregator": 1.5}, "sparse": {"participant": 0.040, "aggregator": 0.6}}

Words = NDArray[np.int32]


@dataclass
class Measured:
    """Seconds by step, of one participant and of the aggregator; bytes that the participant sent."""

    participant: dict[str, float] = field(default_factory=dict)
    aggregator: dict[str, float] = field(default_factory=dict)
    sent: dict[str, int] = field(default_factory=dict)
    read_bytes: int = 0
    pairs_opened: int = 0


def main() -> None:
    """Measure, compare with the goals, print one table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--participants", type=int, default=100)
    parser.add_argument("--parameters", type=int, default=1_000_000)
    parser.add_argument("--cpu-time", action="store_true", help="count the process's own time")
    here = sys.executable if find_spec("flwr") else None
    parser.add_argument("--flower", metavar="PYTHON", default=here, help="interpreter that has Flower")
    args = parser.parse_args()
    if args.cpu_time:
        CLOCK[0] = time.process_time
    n = args.participants
    print(f"{n} participants x {args.parameters:,} parameters, one core, {n // 10} drop out after Share")
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    for name, degree, threshold in (
        ("complete", n - 1, 2 * n // 3 + 1),
        ("sparse", SPARSE_DEGREE, SPARSE_DEGREE // 2 + 1),
    ):
        print(f"\n{name} graph: {degree} neighbours, threshold {threshold} of {degree + 1}")
        measured = _round(_session(n, degree, threshold), args.parameters)
        theirs = _flower(args, degree, threshold, measured) if args.flower else {}
        for line in _rows(measured, args.parameters, GOALS[name], theirs):
            print(line, flush=True)
    if not args.flower:
        print(ABSENT)


def _key(index: int) -> bytes:
    return hashlib.sha256(b"benchmark %d" % index).digest()


def _session(n: int, degree: int, threshold: int) -> Session:
    members = tuple(
        Member(i, f"0x{i + 1:040x}", X25519PrivateKey.from_private_bytes(_key(i)).public_key().public_bytes_raw())
        for i in range(n)
    )
    return Session(31337, "0x" + "11" * 20, 1, 1, members, threshold, degree, b"\x01" * 32)


def _round(session: Session, d: int) -> Measured:
    """A whole round; one participant and the aggregator are measured, the others only act."""
    indices, measured = [member.index for member in session.members], Measured()
    gone = set(np.random.default_rng(5).choice(indices, len(indices) // 10, replace=False).tolist())
    survivors = [index for index in indices if index not in gone]
    one = survivors[len(survivors) // 2]
    sent = {i: share(session, secrets_of(session, i, _key(i), 1)).encoded() for i in indices}
    shared = {i: parse_sharing(session, i, message) for i, message in sent.items()}
    roots, payloads = {i: sharing.root for i, sharing in shared.items()}, dict[int, Words]()
    plain = np.zeros(d, np.int64)
    for i in survivors:
        update = np.random.default_rng(i).integers(-BOUND, BOUND, d, dtype=np.int32)
        payloads[i] = mask(seeds_of(session, secrets_of(session, i, _key(i), 1), roots, shared), update, WEIGHT)
        plain += WEIGHT * update.astype(np.int64)
    turnout = Turnout(session, roots, frozenset(survivors))
    answers = {i: answer(turnout, shared, i, _key(i))[0].encoded() for i in survivors}
    excerpts = {i: excerpts_of(shared[i])[one] for i in session.holders(one)}
    measured.read_bytes = sum(map(len, excerpts.values()))
    _measure_participant(turnout, one, excerpts, d, measured)
    _measure_aggregator(turnout, sent, answers, payloads, plain, measured)
    note = seeds_of(session, secrets_of(session, one, _key(one), 1), roots, shared).note.encoded().hex()
    measured.sent = {"shares": len(sent[one]), "payload": 4 * d, "masks note": len(note)}
    measured.sent["answer"] = len(answers[one])
    return measured


def _measure_participant(turnout: Turnout, one: int, excerpts: dict[int, bytes], d: int, measured: Measured) -> None:
    session, update = turnout.session, np.ones(d, np.int32)
    for _ in range(5):
        took, start_s = {}, CLOCK[0]()
        own = secrets_of(session, one, _key(one), 1)
        share(session, own).encoded()
        took["share"] = CLOCK[0]() - start_s
        read = {i: parse_excerpt(session, i, one, turnout.roots[i], excerpt) for i, excerpt in excerpts.items()}
        took["read what others shared"] = CLOCK[0]() - start_s - sum(took.values())
        seeds = seeds_of(session, own, turnout.roots, read)
        mask(seeds, update, WEIGHT)
        assert seeds.note.digest
        took["mask"] = CLOCK[0]() - start_s - sum(took.values())
        answer(Turnout(session, turnout.roots, turnout.survivors), read, one, _key(one))[0].encoded()
        took["answer"] = CLOCK[0]() - start_s - sum(took.values())
        measured.participant = _better(measured.participant, took)


def _measure_aggregator(
    turnout: Turnout,
    sent: dict[int, bytes],
    answers: dict[int, bytes],
    payloads: dict[int, Words],
    plain: NDArray[np.int64],
    measured: Measured,
) -> None:
    for _ in range(3):
        took, start_s = {}, CLOCK[0]()
        shared = {i: parse_sharing(turnout.session, i, message) for i, message in sent.items()}
        took["read shares"] = CLOCK[0]() - start_s
        opened = open_masks(turnout, shared, answers)
        took["read answers, join secrets"] = CLOCK[0]() - start_s - sum(took.values())
        total = recover(opened, payloads)
        took["add payloads, take masks off"] = CLOCK[0]() - start_s - sum(took.values())
        assert (total == plain).all() and not opened.faults, "the sum differs from the plain one"
        measured.aggregator = _better(measured.aggregator, took)
        measured.pairs_opened = len(opened.pair_seeds)


def _better(one: dict[str, float], other: dict[str, float]) -> dict[str, float]:
    return other if not one or sum(other.values()) < sum(one.values()) else one


def _flower(args: argparse.Namespace, degree: int, threshold: int, ours: Measured) -> dict[str, Any]:
    """Seconds of the same round by Flower's primitives: each timed once, times how often it is called."""
    n, holders, gone = args.participants, degree + 1, args.participants // 10
    asked = {"holders": holders, "threshold": threshold, "parameters": args.parameters, "cpu_time": args.cpu_time}
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    run = subprocess.run(
        [args.flower, str(WORKER), json.dumps(asked)], stdout=subprocess.PIPE, text=True, env=os.environ | threads
    )
    if run.returncode:
        raise SystemExit(f"{args.flower} cannot run {WORKER.name}; name an interpreter that has Flower")
    took = json.loads(run.stdout.splitlines()[-1])
    masks, opened = degree + 1, n - gone + ours.pairs_opened
    return {
        "version": took["version"],
        "participant": took["share_seed"]
        + took["share_key"]
        + degree * (2 * took["agree"] + took["seal"] + took["open"])
        + masks * (took["mask"] + took["add"])
        + took["modulo"],
        "aggregator": (n - gone) * (took["join_seed"] + took["add"])
        + gone * took["join_key"]
        + ours.pairs_opened * took["agree"]
        + opened * (took["mask"] + took["add"])
        + took["modulo"],
    }


def _rows(measured: Measured, d: int, goals: dict[str, float], theirs: dict[str, Any]) -> Iterator[str]:
    for role, steps in (("participant", measured.participant), ("aggregator", measured.aggregator)):
        for step, seconds in steps.items():
            yield f"  {role + ': ' + step:<52}{seconds * 1e3:9.1f} ms"
        whole, goal = sum(steps.values()), goals[role]
        yield f"{role:<54}{whole * 1e3:9.1f} ms   {_verdict(whole <= goal, f'{goal * 1e3:.0f} ms')}"
        if theirs:
            name, times = f"  Flower {theirs['version']}, its primitives", theirs[role] / whole
            yield f"{name:<54}{theirs[role] * 1e3:9.1f} ms   {times:.1f} x ours"
    ratio = (sum(measured.sent.values()) + measured.read_bytes) / (4 * d)
    verdict = _verdict(ratio <= EXPANSION, f"{EXPANSION} x")
    yield f"{'bytes a participant sends and reads, over its payload':<54}{ratio:9.3f} x    {verdict}"
    parts = (measured.sent | {"read of others' shares": measured.read_bytes}).items()
    yield "  " + ", ".join(f"{name} {size:,}" for name, size in parts)


def _verdict(met: bool, goal: str) -> str:
    return f"goal {goal}: {'met' if met else 'MISSED'}"


if __name__ == "__main__":
    main()
