"""No subject and no raw value of two sensitive columns leaves its silo: everything a round writes is searched."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL, PREFECT_HOME, PREFECT_LOCAL_STORAGE_PATH

from prefect_federated.adapters.evm.rpc import request, request_int
from prefect_federated.scenario.consortium import data_path
from tests.data_checks.scene import HONEST, HOSPITALS, SENSITIVE, Scene

COMMON = (b".73197741", b"subject-0")  # every sensitive value and every subject, as text, has one of these in it


def tables(scene: Scene) -> Iterator[pd.DataFrame]:
    for name in HOSPITALS:
        yield pd.read_csv(data_path(scene.consortium.ground, name), float_precision="round_trip")


def needles(scene: Scene) -> list[bytes]:
    """What all subjects and values share as text, as the hex of that text; each value as the bytes of a double."""
    doubles = [struct.pack("<d", value) for table in tables(scene) for name in SENSITIVE for value in table[name]]
    return [*COMMON, *(one.hex().encode() for one in COMMON), *doubles]


def leaks(content: bytes, wanted: list[bytes]) -> list[bytes]:
    return [needle for needle in wanted if needle in content]


def files(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def provoke(scene: Scene) -> None:
    """Failing checks of every kind, whose exceptions and pages are searched too."""
    far = {"type": "expect_column_values_to_be_between", "kwargs": {"column": SENSITIVE[0], "max_value": 1}}
    top = {"type": "expect_column_max_to_be_between", "kwargs": {"column": SENSITIVE[1], "max_value": 1}}
    odd = {"type": "expect_column_values_to_match_regex", "kwargs": {"column": SENSITIVE[0], "regex": "x"}}
    scene.refused(**scene.suite("leaky.json", far, top, odd))
    scene.refused(min_rows=10**6)
    scene.refused("hospital-d")


def chain_dump(scene: Scene) -> bytes:
    """All blocks with their transactions, all receipts with their logs, and calldata as bytes."""
    w3 = scene.consortium.federation().w3
    dump = []
    for number in range(request_int(w3, "eth_blockNumber", []) + 1):
        block = request(w3, "eth_getBlockByNumber", [hex(number), True])
        receipts = [request(w3, "eth_getTransactionReceipt", [one["hash"]]) for one in block["transactions"]]
        dump.append(json.dumps([block, receipts]).encode())
        dump += [bytes.fromhex(one["input"][2:]) for one in block["transactions"]]
        dump += [bytes.fromhex(log["data"][2:]) for receipt in receipts for log in receipt["logs"]]
    return b"\n".join(dump)


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


@pytest.mark.parametrize("part", ["store", "mlflow", "data-docs", "keys"])
def test_nothing_that_a_round_writes_names_a_subject_or_a_value(scene: Scene, wanted: list[bytes], part: str) -> None:
    searched = [path for path in files(scene.out / part) if not leaks(path.read_bytes(), wanted)]
    assert searched == list(files(scene.out / part)) and searched, part


def test_data_docs_show_the_failing_checks_that_were_searched(scene: Scene, wanted: list[bytes]) -> None:
    pages = [path.read_text() for path in files(scene.out / "data-docs" / HONEST) if path.suffix == ".html"]
    assert [page for page in pages if "expect_column_max_to_be_between" in page or "maximum value" in page]


def test_prefects_results_and_database_hold_nothing(scene: Scene, wanted: list[bytes]) -> None:
    database = Path(str(PREFECT_API_DATABASE_CONNECTION_URL.value()).split("///")[-1])
    beside = [path for path in database.parent.glob(database.name + "*") if path.is_file()]
    content = b"".join(path.read_bytes() for path in beside)
    assert b"data-checks" in content and b"hashes to dataset root" in content, "flow and refusal are in the database"
    assert not leaks(content, wanted)
    for folder in {PREFECT_LOCAL_STORAGE_PATH.value(), PREFECT_HOME.value() / "storage"}:
        assert not [path for path in files(folder) if leaks(path.read_bytes(), wanted)]


def test_logs_and_exceptions_tell_nothing(scene: Scene, wanted: list[bytes]) -> None:
    log = scene.log.read_bytes()
    assert b"Finished in state Completed" in log and len(log) > 1000
    assert len(scene.said) >= 3
    assert not leaks(log, wanted)
    assert not leaks("\n".join(scene.said).encode(), wanted)


def test_chain_holds_nothing(scene: Scene, wanted: list[bytes]) -> None:
    dump = chain_dump(scene)
    assert len(dump) > 100_000
    assert not leaks(dump, wanted)
