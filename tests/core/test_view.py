"""The consent view's decisions and its digest."""

import hashlib
import struct

import numpy as np
import pytest

from prefect_federated.core.errors import ConsentError, EmptyView, MissingColumn
from prefect_federated.core.view import (
    ViewCounts,
    require_columns,
    require_consented,
    require_rows,
    view_digest,
)


def test_column_outside_the_grant_is_refused_by_name() -> None:
    with pytest.raises(ConsentError, match=r"ward for zip, the grant covers age"):
        require_consented(["age", "zip"], ["age"], "ward")


def test_missing_column_is_named_beside_those_present() -> None:
    with pytest.raises(MissingColumn, match=r"ward\.csv has no column age; it has sex, zip"):
        require_columns(["age", "sex"], ["sex", "zip"], "ward.csv")


@pytest.mark.parametrize(("rows", "minimum"), [(0, 0), (0, 1), (4, 5)])
def test_too_few_rows_are_refused_with_both_counts(rows: int, minimum: int) -> None:
    with pytest.raises(EmptyView, match=rf"{rows} of 9 rows of ward are left, {9 - rows} lack consent"):
        require_rows(ViewCounts(rows_total=9, rows_without_consent=9 - rows, rows=rows), minimum, "ward")


@pytest.mark.parametrize(
    "changed",
    [
        [("x", np.array([1.0, 2.0])), ("y", np.array([4, 3]))],
        [("x", np.array([2.0, 1.0])), ("y", np.array([3, 4]))],
        [("z", np.array([1.0, 2.0])), ("y", np.array([3, 4]))],
        [("y", np.array([3, 4])), ("x", np.array([1.0, 2.0]))],
        [("x", np.array([1.0, 2.0])), ("y", np.array([3.0, 4.0]))],
        [("x", np.array([1.0, 2.0]))],
        [("x", np.array([1.0, np.nextafter(2.0, 3.0)])), ("y", np.array([3, 4]))],
    ],
)
def test_any_change_of_value_order_name_or_kind_changes_the_digest(changed: list) -> None:
    assert view_digest(changed) != view_digest([("x", np.array([1.0, 2.0])), ("y", np.array([3, 4]))])


def test_text_cells_cannot_be_moved_across_their_borders() -> None:
    one = view_digest([("x", np.array(["ab", "c"], dtype=object))])
    assert one != view_digest([("x", np.array(["a", "bc"], dtype=object))])


def test_every_zero_and_every_nan_counts_as_one() -> None:
    odd_nan = np.array([0x7FF8DEADBEEF0001], dtype=np.uint64).view(np.float64)
    assert view_digest([("x", np.array([np.nan, 0.0]))]) == view_digest([("x", np.array([odd_nan[0], -0.0]))])


def test_memory_layout_and_thread_pool_do_not_change_the_digest() -> None:
    table = np.random.default_rng(0).random((40_000, 4))
    by_row = view_digest([(str(i), table[:, i]) for i in range(4)])  # strided, above the pool's threshold
    by_column = view_digest([(str(i), np.asfortranarray(table)[:, i].copy()) for i in range(4)])
    assert by_row == by_column
    assert view_digest([("x", table[:10, 0].astype(">f8"))]) == view_digest([("x", table[:10, 0])])


def test_digest_is_the_one_that_the_documented_bytes_give() -> None:
    def sha(data: bytes) -> bytes:
        return hashlib.sha256(data).digest()

    kinds = b'[["x","float64"],["f","bool"],["n","int64"],["t","text"]]'
    header = b'{"columns":' + kinds + b',"format":"federated-view/1","rows":2}'
    columns = [
        struct.pack("<2d", 1.5, 2.5),
        b"\x01\x00",
        struct.pack("<2q", -1, 7),
        struct.pack("<Q", 1) + b"a" + struct.pack("<Q", 2) + "\u00e9".encode(),
    ]
    table = [
        ("x", np.array([1.5, 2.5])),
        ("f", np.array([True, False])),
        ("n", np.array([-1, 7])),
        ("t", np.array(["a", "\u00e9"], dtype=object)),
    ]
    assert view_digest(table) == sha(header + b"".join(sha(column) for column in columns))
