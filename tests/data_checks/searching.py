"""Searching what a round wrote for what must not leave a silo: where it all lies, and every form that an update has.

files, results, database, traffic, chain --bytes--> leaks(content, needles)
update, base --forms--> needles
"""

import json
from base64 import decodebytes
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from prefect.settings import PREFECT_API_DATABASE_CONNECTION_URL

from prefect_federated.adapters.evm.rpc import request, request_int
from prefect_federated.core.combine import Words
from prefect_federated.scenario.consortium import Consortium

COMMON = (b".73197741", b"subject-0")  # every sensitive value and every subject, as text, has one of these in it
RUN = 8  # words, 32 bytes: so many next to each other stand nowhere by chance


def leaks(content: bytes, wanted: Iterable[bytes]) -> list[bytes]:
    """Those of the needles, each of 8 bytes or more, that are in the content: one pass, however many needles there are.

    Every 8 bytes of the content, at each of the eight alignments, are looked up among the needles' first 8.
    """
    heads, by_head = _heads(tuple(wanted))
    found = set[bytes]()
    for shift in range(min(8, max(0, len(content) - 7))):
        windows = np.frombuffer(content, np.uint64, (len(content) - shift) // 8, shift)
        near = heads[np.minimum(np.searchsorted(heads, windows), len(heads) - 1)]
        for at in (shift + 8 * np.flatnonzero(near == windows)).tolist():
            found.update(needle for needle in by_head[content[at : at + 8]] if content.startswith(needle, at))
    return sorted(found)


@lru_cache(maxsize=64)
def _heads(wanted: tuple[bytes, ...]) -> tuple[NDArray[np.uint64], dict[bytes, list[bytes]]]:
    """The needles' first 8 bytes as sorted numbers, and the needles by them."""
    by_head: dict[bytes, list[bytes]] = defaultdict(list)
    for needle in wanted:
        assert len(needle) >= 8
        by_head[needle[:8]].append(needle)
    return np.unique(np.frombuffer(b"".join(by_head), np.uint64)), by_head


def files(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in sorted(folder.rglob("*")) if path.is_file())


def prefect_database() -> list[bytes]:
    """The server's database with its journal."""
    database = Path(str(PREFECT_API_DATABASE_CONNECTION_URL.value()).split("///")[-1])
    return [path.read_bytes() for path in database.parent.glob(database.name + "*") if path.is_file()]


def results_in(folder: Path) -> list[bytes]:
    """Every result that Prefect stored there, alone or in a record, and what it was before base64."""
    stored = [path.read_bytes() for path in files(folder)]
    told = [json.loads(one)["result"].encode() if one.startswith(b"{") else one for one in stored]
    return stored + [decodebytes(one) for one in told]


def unhexed(body: bytes) -> bytes:
    """What stands as 0x-hex in a JSON body, as bytes."""
    texts = (text for text in body.replace(b"\\", b"").split(b'"') if text.startswith(b"0x") and len(text) % 2 == 0)
    try:
        return b"\n".join(bytes.fromhex(text[2:].decode()) for text in texts)
    except ValueError:
        return b""


def chain_traffic(heard: list[bytes]) -> list[bytes]:
    """Bodies of requests to the chain and of its answers, as they were, and what stands in them as hex."""
    return [*heard, *(one for body in heard if (one := unhexed(body)))]


def chain_dump(consortium: Consortium) -> bytes:
    """All blocks with their transactions, all receipts with their logs, and calldata as bytes."""
    w3 = consortium.federation().w3
    dump = []
    for number in range(request_int(w3, "eth_blockNumber", []) + 1):
        block = request(w3, "eth_getBlockByNumber", [hex(number), True])
        receipts = [request(w3, "eth_getTransactionReceipt", [one["hash"]]) for one in block["transactions"]]
        dump.append(json.dumps([block, receipts]).encode())
        dump += [bytes.fromhex(one["input"][2:]) for one in block["transactions"]]
        dump += [bytes.fromhex(log["data"][2:]) for receipt in receipts for log in receipt["logs"]]
    return b"\n".join(dump)


def forms(words: Words, weight: int, base: Words, frac_bits: int) -> list[bytes]:
    """Runs of an update and of the model that it trained to, in every form that they had within a silo's walls."""
    trained, scale = words + base, 2.0**-frac_bits
    found: list[NDArray[Any]] = [words, words * np.int32(weight), trained]
    found += [(one * scale).astype(kind) for one in (words, trained) for kind in (np.float32, np.float64)]
    return [run for form in found for run in _runs(form)]


def _runs(values: NDArray[Any]) -> Iterator[bytes]:
    """Four runs of a vector that begin with no zero and have no repeats, as bytes, as hex, as a list of numbers."""
    starts = (at for at in range(0, len(values) - RUN, RUN) if values[at])
    places = [at for at in starts if len(set(values[at : at + RUN].tolist())) == RUN]
    assert len(places) >= 4, "an update with something in it"
    for at in places[:: max(1, len(places) // 4)]:
        run = values[at : at + RUN]
        yield run.tobytes()
        yield run.tobytes().hex().encode()
        yield ", ".join(map(str, run.tolist())).encode()
        yield ",".join(map(str, run.tolist())).encode()
