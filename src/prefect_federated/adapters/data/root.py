"""A table's dataset root, whatever holds the table.

frame --columns and their kinds--> tags --sorted--> root
"""

from typing import TYPE_CHECKING, Any

from prefect_federated.core.dataset import NUMBER, TEXT, root_of_tags, row_key, row_tags, sort_tags
from prefect_federated.core.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandas import DataFrame, Series

_NUMBERS = ("integer", "floating", "mixed-integer-float", "boolean", "decimal")


def frame_root(frame: "DataFrame", subject_column: str, secret: bytes) -> bytes:
    """Dataset root of all rows and columns of a table.

    Args:
        subject_column: read as text, like everywhere else.
        secret: the consent record's, 32 bytes.

    Raises:
        DataError: two columns have one name.
    """
    names = [str(name) for name in frame.columns]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(f"the table has column {', '.join(twice)} more than once; name each column of the query once")
    columns = [
        typed_column(str(name), frame[name], TEXT if str(name) == subject_column else None) for name in frame.columns
    ]
    key = row_key(secret)
    return root_of_tags(key, [(name, kind) for name, kind, _ in columns], [sort_tags(row_tags(key, columns))])


def typed_column(name: str, values: "Series[Any]", kind: str | None = None) -> "tuple[str, str, NDArray[Any]]":
    """A column as the root sees it: name, kind, values; numbers that a source boxed as objects are numbers.

    Args:
        kind: NUMBER or TEXT where it is known; else the values say.
    """
    from pandas.api.types import infer_dtype, is_numeric_dtype

    boxed = kind is None and values.dtype == object and infer_dtype(values, skipna=True) in _NUMBERS
    if kind == NUMBER or (kind is None and (is_numeric_dtype(values.dtype) or boxed)):
        return name, NUMBER, values.to_numpy(dtype="float64", na_value=float("nan"))
    return name, TEXT, values.astype(object).where(values.notna(), None).to_numpy()
