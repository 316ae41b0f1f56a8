"""Peak memory of one large update on its whole way: encoded, sealed, stored, fetched, verified, aggregated, proposed.

    python benchmarks/large_update.py [--gigabytes 1] [--folder DIR]

The bytes are those of the words (int32); training itself is not in it. The peak is that of this process (ru_maxrss),
told after each step, so that it only grows; the goal is 3.5 times the update for the whole way.
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.payloads import fetch_update, fetch_words, publish, seal_update, store_words
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.combine import add
from prefect_federated.core.commitment import Grounds, Opening
from prefect_federated.core.enforced import NOBODY
from prefect_federated.core.fixed_point import encode
from prefect_federated.core.round_spec import Reader, RoundSpec
from prefect_federated.core.sealed import SealedOpening
from prefect_federated.core.spec import ModelSpec, TaskSpec, Tensor
from prefect_federated.scenario import breast_cancer
from prefect_federated.scenario.task_spec import Terms, build_spec

GOAL = 3.5
GROUNDS = Grounds(bytes(32), bytes(32))
SILO, READER = "0x" + "11" * 20, "0x" + "22" * 20


def main() -> int:
    """Take an update all the way, print memory and seconds; 1 where the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gigabytes", type=float, default=1.0)
    parser.add_argument("--folder", type=Path, default=None, help="where the store lies; a temporary one if empty")
    asked = parser.parse_args()
    count = int(asked.gigabytes * 2**30) // 4
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        peak = _whole_way(LocalStore(Path(folder)), count)
    print(f"peak over the size of the update: {peak / (4 * count):.2f}, goal {GOAL} {_met(peak <= GOAL * 4 * count)}")
    return int(peak > GOAL * 4 * count)


def _whole_way(store: LocalStore, count: int) -> int:
    started, key, reader = time.perf_counter(), SealingKey.generate(), SealingKey.generate()
    spec = _spec(store, count, Reader(READER, reader.public_bytes))
    begin = _peak()
    print(f"{count:,} parameters, {4 * count / 2**30:.2f} GiB of words; before anything {begin / 2**30:.2f} GiB")

    def tell(step: str) -> None:
        print(f"{step:<34}{(_peak() - begin) / 2**30:8.2f} GiB{time.perf_counter() - started:9.1f} s", flush=True)

    delta = np.random.default_rng(0).standard_normal(count, np.float32)
    tell("the update as float32")
    words, _ = encode(delta, spec.header("update").parts[0].encoding)
    del delta
    tell("encoded")
    update = seal_update(store, spec, SILO, key, words, 1, {})
    del words
    tell("sealed and stored, with its roots")
    opening = Opening(
        weight=1,
        payload_root=update.payload_root,
        sealed_root=update.sealed_root,
        content_key_hash=update.content_key_hash,
        grounds_hash=GROUNDS.hash,
        salt=bytes(32),
    )
    uri = publish(store, spec, SILO, key, SealedOpening(opening, GROUNDS, update.body_uri, update.attempt, {}))
    tell("published to a reader")
    fetched = fetch_update(store, spec, SILO, opening, uri, READER, reader)
    tell("fetched and verified")
    limit = spec.spec.update.limit
    aggregate = weighted_mean(((w, u) for w, u in [(1, fetched)]), count, limit=limit, held=1)
    del fetched
    tell("aggregated")
    aggregate_uri, aggregate_root = store_words(store, spec, "aggregate", aggregate)
    model = add(np.zeros(count, np.int32), aggregate)
    tell("added to the base")
    model_uri, model_root = store_words(store, spec, "model", model)
    del model, aggregate
    fetch_words(store, spec, "aggregate", aggregate_uri, aggregate_root)
    fetch_words(store, spec, "model", model_uri, model_root)
    tell("stored, fetched and verified again")
    return _peak() - begin


def _spec(store: LocalStore, count: int, reader: Reader) -> RoundSpec:
    """A round of a task whose model is one tensor of so many numbers."""
    table = breast_cancer.load()
    task: TaskSpec = build_spec(store, Terms(), table, table, READER, NOBODY)
    large = ModelSpec(tensors=(Tensor(name="weight", shape=(count,)),), frac_bits=16, genesis_uri="cas://none")
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
        readers=(reader,),
        cohort=1,
        reads_until=0,
    )


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _met(yes: bool) -> str:
    return "met" if yes else "MISSED"


if __name__ == "__main__":
    sys.exit(main())
