"""No subject, raw value or update leaves its silo in the clear: everything that a clear round writes is searched.

rows, updates --> needles; store, MLflow, pages, keys, database, results, logs, chain, its traffic --> none of them
"""

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from prefect import flow
from prefect.settings import PREFECT_LOCAL_STORAGE_PATH, PREFECT_RESULTS_PERSIST_BY_DEFAULT, temporary_settings

from prefect_federated.adapters.payloads import fetch_words
from prefect_federated.core.combine import Update
from prefect_federated.scenario.consortium import data_path
from tests.data_checks.scene import ALTERED, HONEST, HOSPITALS, SENSITIVE, Scene
from tests.data_checks.searching import (
    COMMON,
    chain_dump,
    chain_traffic,
    files,
    forms,
    leaks,
    prefect_database,
    results_in,
)

SENT = tuple(name for name in HOSPITALS if name != ALTERED)  # whose updates are in the round


def tables(scene: Scene) -> Iterator[pd.DataFrame]:
    for name in HOSPITALS:
        yield pd.read_csv(data_path(scene.consortium.ground, name), float_precision="round_trip")


def needles(scene: Scene) -> list[bytes]:
    """What all subjects and values share as text, as the hex of that text; each value as the bytes of a double; every
    form of each update.
    """
    doubles = [struct.pack("<d", value) for table in tables(scene) for name in SENSITIVE for value in table[name]]
    updates = [needle for update, _ in scene.read().values() for needle in forms_of(scene, update)]
    return [*COMMON, *(one.hex().encode() for one in COMMON), *doubles, *updates]


def forms_of(scene: Scene, update: Update) -> list[bytes]:
    spec, store = scene.spec(), scene.consortium.aggregator.open().party.store
    base = fetch_words(store, spec, "model", spec.base_uri, spec.base_root)
    return forms(np.asarray(update.words[:]), update.weight, base, spec.spec.model.frac_bits)


def provoke(scene: Scene) -> None:
    """Failing checks of every kind, whose exceptions and pages are searched too."""
    far = {"type": "expect_column_values_to_be_between", "kwargs": {"column": SENSITIVE[0], "max_value": 1}}
    top = {"type": "expect_column_max_to_be_between", "kwargs": {"column": SENSITIVE[1], "max_value": 1}}
    odd = {"type": "expect_column_values_to_match_regex", "kwargs": {"column": SENSITIVE[0], "regex": "x"}}
    scene.refused(**scene.suite("leaky.json", far, top, odd))
    scene.refused(min_rows=10**6)
    scene.refused("hospital-d")


@pytest.fixture(scope="module")
def wanted(scene: Scene) -> list[bytes]:
    provoke(scene)
    return needles(scene)


def test_every_subject_and_value_would_be_found(scene: Scene, wanted: list[bytes]) -> None:
    cells = 0
    for table in tables(scene):
        for text in [*table["subject"], *(repr(float(value)) for name in SENSITIVE for value in table[name])]:
            assert leaks(text.encode(), wanted) and leaks(text.encode().hex().encode(), wanted)
            cells += 1
        assert all(leaks(struct.pack("<d", value), wanted) for name in SENSITIVE for value in table[name])
    assert cells > 1000
    assert leaks(data_path(scene.consortium.ground, HONEST).read_bytes(), wanted)


def test_every_update_would_be_found_in_every_form_and_as_it_is_before_it_is_sealed(
    scene: Scene, wanted: list[bytes]
) -> None:
    read = scene.read()
    assert set(read) == set(SENT)
    for update, plain in read.values():
        own = forms_of(scene, update)
        assert set(own) <= set(wanted) and leaks(plain, own), "the payload that is sealed"
        words = np.asarray(update.words[:])
        for told in (words.tobytes(), words.tobytes().hex().encode(), str(words.tolist()).encode()):
            assert leaks(told, own)
    first, *others = read.values()
    assert all(not leaks(plain, forms_of(scene, first[0])) for _, plain in others), "and no other is taken for it"


def test_an_update_that_a_flow_returned_would_be_found_among_prefects_results(
    scene: Scene, wanted: list[bytes], tmp_path: Path
) -> None:
    update, _ = scene.read()[HONEST]

    @flow(name="careless")
    def careless() -> object:
        return {"words": np.asarray(update.words[:])}

    with temporary_settings({PREFECT_LOCAL_STORAGE_PATH: tmp_path, PREFECT_RESULTS_PERSIST_BY_DEFAULT: True}):
        careless()
    (record, plain) = results_in(tmp_path)
    assert leaks(plain, wanted) and not leaks(record, wanted), "in base64 it would be overlooked"


@pytest.mark.parametrize("part", ["store", "mlflow", "data-docs", "keys"])
def test_nothing_that_a_round_writes_names_a_subject_or_a_value(scene: Scene, wanted: list[bytes], part: str) -> None:
    searched = [path for path in files(scene.out / part) if not leaks(path.read_bytes(), wanted)]
    assert searched == list(files(scene.out / part)) and searched, part


def test_data_docs_show_the_failing_checks_that_were_searched(scene: Scene, wanted: list[bytes]) -> None:
    pages = [path.read_text() for path in files(scene.out / "data-docs" / HONEST) if path.suffix == ".html"]
    assert [page for page in pages if "expect_column_max_to_be_between" in page or "maximum value" in page]


def test_prefects_results_and_database_hold_nothing(scene: Scene, wanted: list[bytes]) -> None:
    content = b"".join(prefect_database())
    assert b"data-checks" in content and b"hashes to dataset root" in content, "flow and refusal are in the database"
    assert not leaks(content, wanted)
    results = results_in(scene.results)
    assert any(b"RoundResult" in one for one in results), "what the flow returned is what was searched"
    assert not any(b"SealedUpdate" in one for one in results), "what tasks return is cached nowhere, so it is not kept"
    assert not [one for one in results if leaks(one, wanted)]


def test_logs_and_exceptions_tell_nothing(scene: Scene, wanted: list[bytes]) -> None:
    log = scene.log.read_bytes()
    assert b"Finished in state Completed" in log and len(log) > 1000
    assert len(scene.said) >= 3
    assert not leaks(log, wanted)
    assert not leaks("\n".join(scene.said).encode(), wanted)


def test_chain_holds_nothing(scene: Scene, wanted: list[bytes]) -> None:
    dump = chain_dump(scene.consortium)
    assert len(dump) > 100_000
    assert not leaks(dump, wanted)


def test_what_is_said_to_the_chain_and_answered_holds_nothing(scene: Scene, wanted: list[bytes]) -> None:
    said = chain_traffic(scene.chain_said)
    for method in (b"eth_sendRawTransaction", b"eth_getLogs", b"eth_call"):
        assert any(method in one for one in said), f"{method!r} is among what was heard"
    assert len(said) > 2 * 100 and not leaks(b"\n".join(said), wanted)
