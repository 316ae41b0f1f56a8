"""Where a silo's table comes from: memory, or a CSV or Parquet file."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from prefect_federated.core.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    from pandas import DataFrame, Series


class DataSource(Protocol):
    """Where a silo's table comes from; `name` is how messages call it."""

    @property
    def name(self) -> str:
        """Name of the dataset in messages."""
        ...

    @property
    def fingerprint(self) -> str | None:
        """What changes when the table does, read without reading the table; None where nothing does."""
        ...

    def read(self) -> "DataFrame":
        """Read the whole table, one row a subject.

        Raises:
            DataError: the source cannot be read.
        """
        ...


@dataclass(frozen=True, slots=True)
class FrameSource:
    """A table that is in memory already."""

    name: str
    frame: "DataFrame"

    @property
    def fingerprint(self) -> None:
        """Nobody says when a table in memory was changed."""
        return None

    def read(self) -> "DataFrame":
        """The table itself."""
        return self.frame


@dataclass(frozen=True, slots=True)
class FileSource:
    """A CSV or Parquet file, told apart by its ending."""

    path: Path
    stream: bool = False  # Parquet in the order of its subjects, looked at batch by batch

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name

    @property
    def fingerprint(self) -> str | None:
        """Path, inode, size and time of the last change; None while the file is not there."""
        try:
            found = self.path.stat()
        except OSError:
            return None
        return f"{self.path.absolute()}:{found.st_ino}:{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}"

    @property
    def columns(self) -> list[str]:
        """Names of the columns, without reading a row.

        Raises:
            ConfigurationError, DataError: as `read`.
        """
        from prefect_federated.adapters.data.parquet import column_types, open_parquet

        if self.path.suffix == ".parquet":
            return list(column_types(open_parquet(self.path)))
        return [str(name) for name in self._read(nrows=0).columns]

    def read(self) -> "DataFrame":
        """Read the file.

        Raises:
            ConfigurationError: the ending is neither .csv nor .parquet.
            DataError: the file is missing or damaged; only the error's class is told, parsers quote data.
        """
        return self._read()

    def read_column(self, name: str) -> "Series[Any]":
        """Read one column and nothing else.

        Raises:
            ConfigurationError, DataError: as `read`.
        """
        chosen = {"columns": [name]} if self.path.suffix == ".parquet" else {"usecols": [name]}
        return self._read(**chosen)[name]

    def _read(self, **options: Any) -> "DataFrame":
        import pandas

        readers = {".csv": partial(pandas.read_csv, float_precision="round_trip"), ".parquet": pandas.read_parquet}
        if self.path.suffix not in readers:
            raise ConfigurationError(f"{self.path} ends in {self.path.suffix!r}; give a .csv or .parquet")
        try:
            return readers[self.path.suffix](self.path, **options)
        except (OSError, ValueError, ArithmeticError) as error:  # pandas' and Arrow's derive from these
            kind = type(error).__name__
        # Raised outside the handler, so that no traceback chains to a message that quotes a row.
        raise DataError(f"{self.path} cannot be read ({kind}); check path, permissions and format")
