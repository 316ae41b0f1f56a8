"""Peak memory of large updates on their whole way, of whoever handles them: silo, aggregator, verifier.

    python benchmarks/large_update.py [--gigabytes 1] [--updates 1] [--rule mean] [--folder DIR]

silo: encoded, sealed, stored, published    aggregator: fetched, verified, combined, added to the base, stored
verifier: everything fetched again, combined and added again, detection's figures, compared word by word

Each is a process of its own. What is told is the largest resident memory that it ever had (ru_maxrss; no file is
mapped, so all of it is memory that only the process can give back), beyond what its libraries took at the start. The
bytes are those of the words (int32); training itself is not in it. Base, aggregate and model are as large as an update.
"""

import argparse
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.payloads import (
    fetch_kept,
    fetch_update,
    fetch_words,
    publish,
    seal_update,
    store_words,
)
from prefect_federated.adapters.spool import Spool
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.core.combine import Update, Words, add, combine
from prefect_federated.core.commitment import Grounds, Opening
from prefect_federated.core.detection.geometry import geometry
from prefect_federated.core.enforced import NOBODY, RULES
from prefect_federated.core.fixed_point import encode
from prefect_federated.core.payload import words_of
from prefect_federated.core.proofs import first_difference
from prefect_federated.core.round_spec import Reader, RoundSpec
from prefect_federated.core.rule_spec import RuleSpec
from prefect_federated.core.sealed import SealedOpening
from prefect_federated.core.spec import ModelSpec, TaskSpec, Tensor
from prefect_federated.scenario import breast_cancer
from prefect_federated.scenario.task_spec import Terms, build_spec

WHOLE_WAY, MEAN = 3.5, 2.2  # times the update: anybody's peak, and the peak of a mean however many updates arrive
GROUNDS = Grounds(bytes(32), bytes(32))
READER = "0x" + "22" * 20
KEY = SealingKey.from_seed(b"reader".ljust(32, b"."))


@dataclass(frozen=True, slots=True)
class Round:
    """What all three know."""

    folder: Path
    count: int
    rule: RuleSpec

    @property
    def store(self) -> LocalStore:
        """The one that all three use."""
        return LocalStore(self.folder)


@dataclass(frozen=True, slots=True)
class Sent:
    """What the chain would say of one reveal."""

    participant: str
    opening: Opening
    uri: str


@dataclass(frozen=True, slots=True)
class Proposed:
    """What the chain would say of a proposal."""

    aggregate: tuple[str, bytes]  # URI, root
    model: tuple[str, bytes]


class Told:
    """Prints what a process needs, step by step; `peak` in bytes."""

    def __init__(self, who: str) -> None:
        self._begin, self._started = _resident(), time.perf_counter()
        print(f"{who} (pid {os.getpid()}), {self._begin / 2**30:.2f} GiB before anything", flush=True)

    def __call__(self, step: str) -> None:
        took = time.perf_counter() - self._started
        print(f"  {step:<44}{self.peak / 2**30:8.2f} GiB{took:9.1f} s", flush=True)

    @property
    def peak(self) -> int:
        """Bytes so far."""
        return _resident() - self._begin


def main() -> int:
    """Take the updates all the way, print memory and seconds; 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=1.0, help="of each update")
    parser.add_argument("--updates", type=int, default=1)
    parser.add_argument("--rule", choices=[name for name in RULES if name != "root_of_trust"], default="mean")
    parser.add_argument("--folder", type=Path, default=None, help="where the store lies; a temporary one if empty")
    asked = parser.parse_args()
    count = int(asked.gigabytes * 2**30) // 4
    size = 4 * count
    spawn = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory(dir=asked.folder) as folder,
        ProcessPoolExecutor(1, spawn, max_tasks_per_child=1) as each,
    ):
        here = Round(Path(folder), count, _rule(asked.rule))
        print(f"{asked.updates} updates of {count:,} parameters, {size / 2**30:.2f} GiB of words each")
        sent, peaks = [], {"silo": 0}
        for place in range(asked.updates):
            one, peak = each.submit(silo, here, place).result()
            sent.append(one)
            peaks["silo"] = max(peaks["silo"], peak)
        proposed, peaks["combining"], peaks["aggregator"] = each.submit(aggregator, here, sent).result()
        peaks["verifier"] = each.submit(verifier, here, sent, proposed).result()
    goals = dict.fromkeys(peaks, WHOLE_WAY) | {"combining": MEAN}
    for who, peak in peaks.items():
        print(f"peak of {who:<12}{peak / size:6.2f} x an update, goal {goals[who]} {_met(peak <= goals[who] * size)}")
    return int(any(peak > goals[who] * size for who, peak in peaks.items()))


def silo(here: Round, place: int) -> tuple[Sent, int]:
    """From a trained delta to a reveal."""
    participant, key = f"0x{place + 1:040x}", SealingKey.generate()
    spec, tell = _spec(here), Told(f"silo {place}")
    delta = np.random.default_rng(place).standard_normal(here.count, np.float32)
    tell("the update as float32")
    words, _ = encode(delta, spec.header("update").parts[0].encoding)
    del delta
    tell("encoded")
    update = seal_update(here.store, spec, participant, key, words, 1 + place, {})
    tell("sealed and stored, with its roots")
    opening = Opening(
        weight=1 + place,
        payload_root=update.payload_root,
        sealed_root=update.sealed_root,
        content_key_hash=update.content_key_hash,
        grounds_hash=GROUNDS.hash,
        salt=bytes(32),
    )
    sealed = SealedOpening(opening, GROUNDS, update.body_uri, update.attempt, {})
    uri = publish(here.store, spec, participant, key, sealed)
    tell("published to a reader")
    return Sent(participant, opening, uri), tell.peak


def aggregator(here: Round, sent: list[Sent]) -> tuple[Proposed, int, int]:
    """From the reveals to a proposal; its peaks up to the aggregate, and in all."""
    spec, tell = _spec(here), Told("aggregator")
    updates = _fetched(here, spec, sent)
    tell("updates fetched and verified")
    aggregate = combine(here.rule, updates, here.count, spec.spec.update.limit, os.cpu_count() or 1).aggregate
    tell(f"combined: {here.rule.name}")
    combining = tell.peak
    stored = store_words(here.store, spec, "aggregate", aggregate)
    model = add(_base(here), aggregate)
    tell("added to the base")
    proposed = Proposed(stored, store_words(here.store, spec, "model", model))
    tell("stored, with their roots")
    return proposed, combining, tell.peak


def verifier(here: Round, sent: list[Sent], proposed: Proposed) -> int:
    """The same again, compared with what was proposed."""
    spec, tell = _spec(here), Told("verifier")
    updates = _fetched(here, spec, sent)
    tell("updates fetched and verified")
    aggregate = fetch_words(here.store, spec, "aggregate", *proposed.aggregate)
    stream = fetch_kept(here.store, spec, "model", *proposed.model, Spool().keep)
    model = words_of(stream, spec.header("model"))["model"]
    tell("aggregate and model fetched and verified")
    ours = combine(here.rule, updates, here.count, spec.spec.update.limit)
    assert first_difference(ours.aggregate, aggregate) is None, "the aggregate differs"
    del ours
    tell("combined again and compared")
    assert first_difference(add(_base(here), aggregate), model) is None, "the model differs"
    tell("added to the base again and compared")
    if len(updates) > 1:
        geometry([update.words for update in updates], aggregate)
        tell("detection's figures")
    return tell.peak


def _fetched(here: Round, spec: RoundSpec, sent: list[Sent]) -> list[Update]:
    spool = Spool()
    where = [(one, (here.store, spec, one.participant, one.opening, one.uri, READER, KEY, spool)) for one in sent]
    return [Update(one.participant, one.opening.weight, fetch_update(*each)) for one, each in where]


def _base(here: Round) -> Words:
    return np.full(here.count, 7, np.int32)


def _rule(name: str) -> RuleSpec:
    return RuleSpec(name=name, radius=2**20 if name == "centred_clip" else None)


def _spec(here: Round) -> RoundSpec:
    """A round of a task whose model is one tensor of so many numbers."""
    table = breast_cancer.load()
    task: TaskSpec = build_spec(here.store, Terms(), table, table, READER, NOBODY)
    large = ModelSpec(tensors=(Tensor(name="weight", shape=(here.count,)),), frac_bits=16, genesis_uri="cas://none")
    return RoundSpec(
        chain_id=31337,
        coordinator=NOBODY,
        task=1,
        round=1,
        task_id=bytes(32),
        spec=task.model_copy(update={"model": large}),
        base_number=0,
        base_version=bytes(32),
        base_root=bytes(32),
        base_uri="",
        readers=(Reader(READER, KEY.public_bytes),),
        cohort=1,
        reads_until=0,
    )


def _resident() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _met(yes: bool) -> str:
    return "met" if yes else "MISSED"


if __name__ == "__main__":
    sys.exit(main())
