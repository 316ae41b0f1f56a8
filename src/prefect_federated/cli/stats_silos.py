"""Silos of `federated stats simulate`: a table each, from files or from a sample, and whether a query fits them.

files --tables_of--> table by silo --require_tables--> nothing has been started, or removed, before
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from prefect_federated.core.errors import ConfigurationError, MissingColumn
from prefect_federated.core.masked_numbers import FEWEST_MASKED

if TYPE_CHECKING:
    from pandas import DataFrame

    from prefect_federated.core.statistics.query import Query

SAMPLE = """{"columns": [
  {"name": "mean_radius", "minimum": 5, "maximum": 30, "bins": [12.5, 15], "step": 0.001},
  {"name": "mean_texture", "minimum": 5, "maximum": 45, "bins": [17, 20, 23], "step": 0.01},
  {"name": "benign", "categories": [0, 1]}]}"""


def sample() -> "dict[str, DataFrame]":
    """Tables of four hospitals."""
    from prefect_federated.scenario import breast_cancer

    return breast_cancer.split().hospitals


def tables_of(files: Sequence[Path], subject: str, missing: Sequence[str]) -> "dict[str, DataFrame]":
    """A table for every file, by the file's name; each row has a subject.

    Raises:
        ConfigurationError: two files have one name, or a file cannot be read.
        MissingColumn: a file lacks the column of subjects.
    """
    import pandas

    tables: dict[str, DataFrame] = {}
    for file in files:
        name = re.sub(r"[^a-z0-9-]+", "-", file.stem.lower()).strip("-") or "silo"
        if name in tables:
            raise ConfigurationError(f"two files are called {name}; a silo is named by its file, rename one")
        try:
            frame = pandas.read_csv(file, na_values=list(missing), float_precision="round_trip")
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"{file} is no CSV file ({type(error).__name__}); name another") from error
        tables[name] = _with_subjects(frame, name, subject, file.name)
    return tables


def require_tables(tables: "Mapping[str, DataFrame]", query: "Query", masked: bool) -> None:
    """Refuse silos that could not answer a query together.

    Raises:
        ConfigurationError: they are too few for masks.
        MissingColumn: a table lacks a column of the query.
    """
    if masked and len(tables) < FEWEST_MASKED:
        raise ConfigurationError(f"{len(tables)} silos in a masked round; give {FEWEST_MASKED} files or --clear")
    for name, table in tables.items():
        if absent := [one for one in query.read if one not in table.columns]:
            raise MissingColumn(
                f"{name} has no column {', '.join(absent)}; it has {', '.join(map(str, table.columns))}; mend the query"
            )


def _with_subjects(frame: "DataFrame", name: str, subject: str, file: str) -> "DataFrame":
    from prefect_federated.scenario.breast_cancer import SUBJECT

    if subject and subject not in frame.columns:
        raise MissingColumn(
            f"{file} has no column {subject!r} for --subject; it has {', '.join(map(str, frame.columns))}; name one of"
            " them, or leave --subject out, and every row is a subject"
        )
    ids = frame[subject].astype(str) if subject else [f"{name}-{row:06d}" for row in range(1, len(frame) + 1)]
    rest = frame.drop(columns=[one for one in {subject, SUBJECT} if one in frame.columns])
    rest.insert(0, SUBJECT, ids)
    return rest
