"""The dataset root: order does not matter, everything else does; streamed and from a database it is the same."""

import hashlib
import hmac
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from prefect_federated.adapters.data.root import frame_root
from prefect_federated.adapters.data.sources import FileSource
from prefect_federated.adapters.data.streamed import streamed_root
from prefect_federated.core.dataset import sort_tags
from prefect_federated.core.errors import DataError
from prefect_federated.core.merkle import leaf_hash, root
from tests.adapters.data.ward import table

SECRET = b"s" * 32


def ward(rows: int = 500, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "subject": [f"subject-{n:06d}" for n in range(rows)],
            "age": rng.integers(0, 100, rows),
            "dose": rng.random(rows),
            "note": [None if n % 7 == 0 else f"n{n}" * (n % 5) * 4 for n in range(rows)],
            "ill": rng.integers(0, 2, rows),
        }
    )


def rooted(frame: pd.DataFrame, secret: bytes = SECRET) -> str:
    return frame_root(frame, "subject", secret).hex()


def test_root_is_the_one_that_the_documented_bytes_give() -> None:
    frame = pd.DataFrame({"subject": ["a", "é"], "age": [1, -0.0]})
    key = hmac.digest(SECRET, b"rows", "sha256")

    def tag(age: float, subject: str) -> bytes:
        text = subject.encode()
        return hashlib.sha256(
            b"\x02" + key + struct.pack("<d", age) + bytes([len(text)]) + text.ljust(31, b"\0")
        ).digest()

    columns = b'{"columns":[["age","number"],["subject","text"]],"format":"federated-dataset/1"}'
    tags = sorted([tag(1.0, "a"), tag(0.0, "é")])
    assert leaf_hash(hmac.digest(key, columns, "sha256")) != leaf_hash(columns)
    assert rooted(frame) == root([hmac.digest(key, columns, "sha256"), b"".join(tags)]).hex()


def test_order_of_rows_and_columns_does_not_matter() -> None:
    shuffled = ward().sample(frac=1, random_state=1)[["ill", "note", "dose", "subject", "age"]]
    assert rooted(shuffled) == rooted(ward())


@pytest.mark.parametrize(
    "alter",
    [
        lambda f: f.assign(dose=f["dose"].where(f.index != 3, np.nextafter(f["dose"][3], 1))),
        lambda f: f.assign(note=f["note"].where(f.index != 8, "other")),
        lambda f: f.assign(note=f["note"].where(f.index != 8, None)),
        lambda f: f.assign(subject=f["subject"].where(f.index != 8, "subject-009999")),
        lambda f: f.rename(columns={"note": "remark"}),
        lambda f: f.assign(extra=1),
        lambda f: f.drop(columns="note"),
        lambda f: f.iloc[1:],
        lambda f: pd.concat([f, f.iloc[[0]]]),
        lambda f: f.assign(ill=f["ill"].astype(str)),
    ],
)
def test_one_altered_added_or_removed_row_or_column_gives_another_root(
    alter: Callable[[pd.DataFrame], pd.DataFrame],
) -> None:
    assert rooted(alter(ward())) != rooted(ward())


def test_another_secret_gives_another_root() -> None:
    assert rooted(ward(), b"t" * 32) != rooted(ward())


def test_long_texts_that_begin_alike_are_told_apart() -> None:
    one, other = table().assign(note="x" * 40 + "a"), table().assign(note="x" * 40 + "b")
    assert rooted(one) != rooted(other)
    assert rooted(table().assign(note="x" * 31)) != rooted(table().assign(note="x" * 32))


def test_root_is_the_same_from_csv_parquet_stream_and_memory(tmp_path: Path) -> None:
    frame = table()
    frame.to_csv(tmp_path / "ward.csv", index=False)
    frame.to_parquet(tmp_path / "ward.parquet")
    found = {rooted(FileSource(tmp_path / name).read()) for name in ("ward.csv", "ward.parquet")}
    assert found == {rooted(frame)} == {streamed_root(FileSource(tmp_path / "ward.parquet"), "subject", SECRET).hex()}


@pytest.mark.parametrize("batch_rows", [1, 33, 500])
def test_streamed_root_does_not_depend_on_the_batches(tmp_path: Path, batch_rows: int) -> None:
    ward().sample(frac=1, random_state=1).to_parquet(tmp_path / "ward.parquet")
    assert streamed_root(FileSource(tmp_path / "ward.parquet"), "subject", SECRET, batch_rows).hex() == rooted(ward())


def test_column_twice_is_refused_by_name() -> None:
    frame = pd.DataFrame([["a", 1, 2]], columns=["subject", "age", "age"])
    with pytest.raises(DataError, match="column age more than once"):
        rooted(frame)


def test_tags_that_share_their_first_bytes_are_still_in_order() -> None:
    tags = np.zeros((3, 32), np.uint8)
    tags[:, 31] = [2, 0, 1]
    assert sort_tags(tags)[:, 31].tolist() == [0, 1, 2]
