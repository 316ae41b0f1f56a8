"""Payloads beside the memory: the same bytes, unreadable to others, gone with the last of them, nobody's fault."""

import gc
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from prefect_federated.adapters import gathering
from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.adapters.gathering import gather
from prefect_federated.adapters.spool import Spool
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.core.errors import SpoolFailed
from prefect_federated.core.round import Reason
from prefect_federated.core.stream import StreamWords
from tests.adapters.payload_scene import AGGREGATOR, ALICE, KEYS, MALLORY, WORDS, hostile, reveal, ward

SECRET = b"haemoglobin 9.1 " * 500


# A limit in this process would hold for whatever its other threads and pytest write too.
FULL = """
import resource, sys
from pathlib import Path
from prefect_federated.adapters.spool import Spool
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
Spool(memory_bytes=0, folder=Path(sys.argv[1])).keep([bytes(8000)], 8000)
"""


def raw(spool: Spool) -> bytes:
    return os.pread(spool._file.fileno(), 1 << 20, 0)


def test_streams_stay_in_memory_while_they_fit_and_read_alike_beside_it(tmp_path: Path) -> None:
    spool = Spool(memory_bytes=10_000, folder=tmp_path)
    contents = [os.urandom(size) for size in (8000, 3001, 2000, 0, 5003)]
    streams = [spool.keep([one[:1001], one[1001:]], len(one)) for one in contents]
    assert [isinstance(one, bytes) for one in streams] == [True, False, True, True, False]
    for stream, content in zip(streams, contents, strict=True):
        assert len(stream) == len(content)
        for at in (slice(0, 1), slice(15, 17), slice(16, 4000), slice(-7, None), slice(None), slice(9, 3)):
            assert stream[at] == content[at]


def test_file_has_no_name_and_says_nothing_without_the_key(tmp_path: Path) -> None:
    spool = Spool(memory_bytes=0, folder=tmp_path)
    kept = [spool.keep([SECRET], len(SECRET)) for _ in range(2)]
    assert not list(tmp_path.iterdir())
    assert len(raw(spool)) == 2 * len(SECRET) and b"haemoglobin" not in raw(spool)
    assert raw(spool)[: len(SECRET)] != raw(spool)[len(SECRET) :]  # one keystream would show what is alike
    assert [one[:] for one in kept] == [SECRET, SECRET]


def test_stream_that_breaks_off_spoils_no_other_and_its_keystream_is_not_used_again(tmp_path: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield SECRET[:5000]
        raise ValueError("altered")

    spool = Spool(memory_bytes=0, folder=tmp_path)
    with pytest.raises(ValueError, match="altered"):
        spool.keep(broken(), len(SECRET))
    before = raw(spool)
    assert spool.keep([SECRET], len(SECRET))[:] == SECRET
    assert raw(spool)[:5000] == before


def test_file_goes_with_the_last_stream_that_is_used(tmp_path: Path) -> None:
    spool = Spool(memory_bytes=0, folder=tmp_path)
    one, other = (spool.keep([SECRET], len(SECRET)) for _ in range(2))
    handle = spool._file.fileno()
    del spool, one
    gc.collect()
    assert os.fstat(handle).st_size and other[:16] == SECRET[:16]
    del other
    gc.collect()
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(handle)


def test_full_disk_is_told_with_what_to_do(tmp_path: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True)
    told = ended.stderr.splitlines()[-1]
    assert re.search(rf"SpoolFailed: could not write to .* {tmp_path}, 4096 bytes so far: .*TMPDIR", told), ended.stderr


def test_file_that_is_cut_short_is_told_and_not_read_as_zeros(tmp_path: Path) -> None:
    spool = Spool(memory_bytes=0, folder=tmp_path)
    stream = spool.keep([SECRET], len(SECRET))
    os.ftruncate(spool._file.fileno(), 100)
    with pytest.raises(SpoolFailed, match=f"could not read from .*it ends at 100, {len(SECRET)} were written"):
        stream[:]


def test_file_lies_on_a_disk_unless_told_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def place(spool: Spool) -> str:
        spool.keep([b"x"], 1)
        return str(Path(f"/proc/self/fd/{spool._file.fileno()}").readlink())

    monkeypatch.delenv("TMPDIR", raising=False)
    assert place(Spool(memory_bytes=0)).startswith("/var/tmp/")
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert place(Spool(memory_bytes=0)).startswith(str(tmp_path))


def _round(tmp_path: Path) -> tuple[Any, list[Reveal]]:
    """Alice's update and one of Mallory's that holds other words than its root."""
    store, spec = LocalStore(tmp_path / "store"), ward()
    sealed, uri = reveal(store, spec)
    opening, hers = hostile(store, spec, plain=lambda stream: stream[:-4] + b"\1\0\0\0")
    party: Any = SimpleNamespace(store=store, account=AGGREGATOR, sealing_key=KEYS[AGGREGATOR])
    return party, [Reveal(MALLORY, 0, opening, hers), Reveal(ALICE, 1, sealed.opening, uri)]


def test_round_is_gathered_beside_the_memory_with_the_words_and_reasons_of_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    party, reveals = _round(tmp_path)
    monkeypatch.setattr(gathering, "Spool", lambda: Spool(memory_bytes=0, folder=tmp_path))
    found = gather(party, ward(), reveals)
    (alice,) = found.updates
    assert isinstance(alice.words, StreamWords)
    assert np.array_equal(alice.words[:], WORDS)
    assert found.reasons == {MALLORY: Reason.MALFORMED}


def test_full_disk_leaves_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    party, reveals = _round(tmp_path)
    (tmp_path / "none").write_text("")
    monkeypatch.setattr(gathering, "Spool", lambda: Spool(memory_bytes=2000, folder=tmp_path / "none"))
    assert [one.participant for one in gather(party, ward(), reveals[1:]).updates] == [ALICE]  # one fits in memory
    with pytest.raises(SpoolFailed, match="make room there"):
        gather(party, ward(), reveals)
