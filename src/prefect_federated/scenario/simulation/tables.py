"""The data of a simulation: a table, a part for every participant, and the sponsor's held-out rows.

digits | breast-cancer | csv:PATH --a fifth, by label--> held out   the rest --partition--> one table a participant
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from prefect_federated.adapters.data.sources import FileSource
from prefect_federated.core.errors import ConfigurationError, MissingColumn
from prefect_federated.core.spec import Column, DataSpec
from prefect_federated.learning.partition import dirichlet_split, label_skewed_split
from prefect_federated.scenario import breast_cancer
from prefect_federated.scenario.simulation.options import DATA_SETS, Options

if TYPE_CHECKING:
    from pandas import DataFrame

SUBJECT = "subject"
HELD_OUT_SHARE = 0.2
FEWEST_ROWS = 2  # a participant's, whatever its share says


@dataclass(frozen=True, slots=True)
class Dealt:
    """Tables by participant, and what the task says of their columns."""

    tables: dict[str, "DataFrame"]
    held_out: "DataFrame"
    spec: DataSpec

    @property
    def labels(self) -> int:
        """How many labels there are."""
        return len(self.spec.target_values)


@dataclass(frozen=True, slots=True)
class _Whole:
    """A table with subject, features and a label from 0 on; `by` holds a column that is dealt by, and not learned."""

    frame: "DataFrame"
    features: tuple[str, ...]
    target: str
    by: "NDArray[Any] | None" = None


def deal(options: Options, names: Sequence[str]) -> Dealt:
    """Load the data and deal them out; no row is in two tables.

    Raises:
        ConfigurationError: there are no such data, or too few of them for everybody.
        MissingColumn: a CSV file lacks the target or the column to deal by.
    """
    whole = _load(options)
    labels = whole.frame[whole.target].to_numpy()
    apart = label_skewed_split(
        labels,
        {
            "held-out": [HELD_OUT_SHARE] * (int(labels.max()) + 1),
            "rest": [1 - HELD_OUT_SHARE] * (int(labels.max()) + 1),
        },
        options.seed,
    )
    rest = apart["rest"]
    if len(rest) < FEWEST_ROWS * len(names):
        raise ConfigurationError(
            f"{len(rest)} rows of {options.data} are left for {len(names)} participants, each needs {FEWEST_ROWS};"
            " lower --participants or bring more data"
        )
    parts = _parts(options, names, labels[rest], None if whole.by is None else whole.by[rest])
    tables = {name: whole.frame.iloc[rest[rows]].reset_index(drop=True) for name, rows in parts.items()}
    columns = tuple(_column(whole.frame, name) for name in whole.features)
    spec = DataSpec(columns=columns, target=whole.target, target_values=tuple(range(int(labels.max()) + 1)), min_rows=1)
    return Dealt(tables, whole.frame.iloc[apart["held-out"]].reset_index(drop=True), spec)


def hyperparameters(options: Options, dealt: Dealt) -> dict[str, Any]:
    """Settings of `TabularClassifier`; means and scales are those of the sponsor's own table."""
    frame = dealt.held_out
    names = [column.name for column in dealt.spec.columns]
    return {
        "means": [float(f"{frame[name].mean():.3g}") for name in names],
        "scales": [float(f"{frame[name].std():.3g}") or 1.0 for name in names],  # a constant column stays 0
        "hidden": list(options.hidden),
        "labels": dealt.labels,
        "epochs": options.epochs,
        "batch_size": options.batch_size,
        "lr": options.lr,
    }


def _parts(
    options: Options, names: Sequence[str], labels: NDArray[Any], by: NDArray[Any] | None
) -> dict[str, NDArray[np.int64]]:
    partition = options.partition
    if by is not None:
        return _by_value(names, by, partition.column)
    if partition.kind == "dirichlet":
        return _with_fewest(dirichlet_split(labels, names, partition.alpha, options.seed))
    order = np.random.default_rng(options.seed).permutation(len(labels)).astype(np.int64)
    return {name: np.sort(part) for name, part in zip(names, np.array_split(order, len(names)), strict=True)}


def _by_value(names: Sequence[str], by: NDArray[Any], column: str) -> dict[str, NDArray[np.int64]]:
    """Everybody gets whole values of a column, in their order, round and round."""
    values = np.unique(by)
    if len(values) < len(names):
        raise ConfigurationError(
            f"column {column} has {len(values)} values for {len(names)} participants, each gets one at least; lower"
            " --participants, or choose another partition"
        )
    return {name: np.flatnonzero(np.isin(by, values[place :: len(names)])) for place, name in enumerate(names)}


def _with_fewest(parts: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    """Whoever got too few rows gets the last ones of whoever has most."""
    filled = {name: rows.tolist() for name, rows in parts.items()}
    for rows in filled.values():
        while len(rows) < FEWEST_ROWS:
            rows.append(max(filled.values(), key=len).pop())
    return {name: np.sort(np.array(rows, np.int64)) for name, rows in filled.items()}


def _load(options: Options) -> _Whole:
    kind, _, path = options.data.partition(":")
    if options.data in DATA_SETS:
        whole = _digits() if options.data == "digits" else _patients()
    elif kind == "csv" and path:
        whole = _csv(Path(path), options.target)
    else:
        raise ConfigurationError(
            f"there are no data {options.data!r}; --data takes {', '.join(DATA_SETS)}, or csv:PATH for a file of yours"
        )
    return whole if options.partition.kind != "by-column" else _apart(whole, options.partition.column, options.data)


def _digits() -> _Whole:
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ConfigurationError("the digits need scikit-learn: pip install 'prefect-federated[demo]'") from error

    frame = load_digits(as_frame=True).frame.rename(columns={"target": "digit"})
    features = tuple(str(name) for name in frame.columns if name != "digit")
    return _Whole(_with_subjects(frame), features, "digit")


def _patients() -> _Whole:
    frame = breast_cancer.load()
    features = breast_cancer.features(frame)
    return _Whole(frame[[SUBJECT, *features, breast_cancer.TARGET]], features, breast_cancer.TARGET)


def _csv(path: Path, target: str) -> _Whole:
    frame = FileSource(path).read()
    target = target or str(frame.columns[-1])
    _require_column(frame, target, path.name, "--target")
    known, codes = np.unique(frame[target].astype(str).to_numpy(), return_inverse=True)
    numeric = frame[target].to_numpy()
    if np.issubdtype(numeric.dtype, np.number):
        known, codes = np.unique(numeric, return_inverse=True)
    if len(known) < 2:
        raise ConfigurationError(f"{path.name}: column {target} has {len(known)} label, learning needs 2; name another")
    frame = frame.assign(**{target: codes.astype(np.int64)})
    features = tuple(str(name) for name in frame.columns if name not in (target, SUBJECT))
    return _Whole(frame if SUBJECT in frame.columns else _with_subjects(frame), features, target)


def _apart(whole: _Whole, column: str, data: str) -> _Whole:
    """The column that is dealt by, taken out of the features; the label may be dealt by as well."""
    _require_column(whole.frame, column, data, "--partition by-column")
    features = tuple(name for name in whole.features if name != column)
    return _Whole(whole.frame, features, whole.target, whole.frame[column].to_numpy())


def _require_column(frame: "DataFrame", column: str, where: str, option: str) -> None:
    if column not in frame.columns:
        names = [str(name) for name in frame.columns]
        shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        raise MissingColumn(f"{where} has no column {column!r} for {option}; it has {shown}")


def _with_subjects(frame: "DataFrame") -> "DataFrame":
    frame.insert(0, SUBJECT, [f"subject-{number:06d}" for number in range(1, len(frame) + 1)])
    return frame


def _column(frame: "DataFrame", name: str) -> Column:
    from pandas.api.types import is_numeric_dtype

    if not is_numeric_dtype(frame[name].dtype) or frame[name].isna().any():
        raise ConfigurationError(
            f"column {name} holds {frame[name].dtype} with {int(frame[name].isna().sum())} values missing, a feature is"
            " a number in every row; mend the file, or leave the column out"
        )
    return Column(name=name, minimum=float(frame[name].min()), maximum=float(frame[name].max()))
