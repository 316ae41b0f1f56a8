"""Tables that lie sealed at rest: the same rows, roots and views as from the open file, or a refusal by name."""

import tracemalloc
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from prefect_federated.adapters.data.gx_suite import DataChecks
from prefect_federated.adapters.data.sources import FileSource
from prefect_federated.adapters.data.streamed import streamed_root
from prefect_federated.adapters.rest_keys import LocalRestKey
from prefect_federated.adapters.sealed_file import seal_file
from prefect_federated.core.at_rest import Use
from prefect_federated.core.errors import ConfigurationError, KeyUnavailable, Undecryptable
from tests.adapters.data.test_root import SECRET, rooted, ward
from tests.adapters.data.test_streamed import asked, assert_same, stream

KEY, OTHER = LocalRestKey("the ward's", b"\x01" * 32), LocalRestKey("another", b"\x02" * 32)
KINDS = ("csv", "parquet")


def sealed(source: Path, key: LocalRestKey | None = KEY) -> FileSource:
    """The file, sealed, as a block that names this key reads it; the open one is gone."""
    target = source.with_name(source.name + ".sealed")
    seal_file(source, target, KEY, Use.DATA)
    source.unlink()
    return FileSource(target, rest_key=key)


def written(folder: Path, kind: str, rows: int = 500) -> Path:
    path = folder / f"ward.{kind}"
    ward(rows).to_csv(path, index=False) if kind == "csv" else ward(rows).to_parquet(path)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_rows_columns_and_root_are_those_of_the_open_file(tmp_path: Path, kind: str) -> None:
    plain = FileSource(written(tmp_path, kind))
    frame, columns, ages = plain.read(), plain.columns, plain.read_column("age")
    source = sealed(plain.path)
    pd.testing.assert_frame_equal(source.read(), frame)
    assert source.columns == columns and (source.read_column("age") == ages).all()
    assert rooted(source.read()) == rooted(frame)
    if kind == "parquet":
        assert streamed_root(source, "subject", SECRET, 130).hex() == rooted(frame)


def test_a_sealed_file_streams_to_the_same_view_and_report(tmp_path: Path) -> None:
    open_file = asked(tmp_path / "ward.parquet", ward())
    expected = stream(open_file, DataChecks())
    one = replace(open_file, source=replace(sealed(open_file.source.path), stream=True))
    assert stream(one, DataChecks()) == expected
    assert_same(one, DataChecks())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", [-1, -70_000, 400])
def test_altered_rows_are_never_read(tmp_path: Path, kind: str, at: int) -> None:
    source = sealed(written(tmp_path, kind, rows=8000))
    content = bytearray(source.path.read_bytes())
    content[at] ^= 1
    source.path.write_bytes(content)
    with pytest.raises(Undecryptable, match=rf"ward\.{kind}\.sealed was altered, cut or extended"):
        source.read()
    if kind == "parquet":
        with pytest.raises(Undecryptable, match="was altered, cut or extended"):
            streamed_root(source, "subject", SECRET)


@pytest.mark.parametrize("kind", KINDS)
def test_without_the_key_or_with_another_nothing_is_read(tmp_path: Path, kind: str) -> None:
    source = sealed(written(tmp_path, kind))
    with pytest.raises(KeyUnavailable, match="another holds"):
        replace(source, rest_key=OTHER).read()
    with pytest.raises(ConfigurationError, match="is sealed at rest, and no key at rest is named"):
        replace(source, rest_key=None).read()
    with pytest.raises(ConfigurationError, match="is not sealed at rest; seal it with"):
        FileSource(written(tmp_path, kind), rest_key=KEY).read()


def test_a_stream_holds_a_batch_and_not_the_file(tmp_path: Path) -> None:
    source = sealed(written(tmp_path, "parquet", rows=60_000))
    tracemalloc.start()
    with source.path.open("rb") as file:
        assert b"subject-0" not in file.read()
    _, whole = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    opened = source.open()
    assert not isinstance(opened, Path)
    while opened.read(1 << 16):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6 * (1 << 16) < whole, "a few segments, however large the file is"
