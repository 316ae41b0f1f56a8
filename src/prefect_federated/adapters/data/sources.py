"""Where a silo's table comes from: memory, or a CSV or Parquet file, open or sealed at rest."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

from prefect_federated.adapters.sealed_file import ENDING, is_sealed, open_sealed
from prefect_federated.core.at_rest import RestKey, Use
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
    """A CSV or Parquet file, told apart by its ending, which `.sealed` follows where it is sealed at rest."""

    path: Path
    stream: bool = False  # Parquet in the order of its subjects, looked at batch by batch
    rest_key: RestKey | None = None

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name

    @property
    def kind(self) -> str:
        """The ending that says what is in it."""
        return Path(self.name.removesuffix(ENDING)).suffix

    def open(self) -> "Path | BinaryIO":
        """What a parser reads: the path, or a file object that decrypts; plain rows are never on the disk.

        Raises:
            ConfigurationError: it is sealed and no key is named, or a key is named and it is not sealed.
            KeyUnavailable, KeyServiceUnreachable, Undecryptable: as `open_sealed`.
        """
        if self.rest_key is not None:
            return open_sealed(self.path, self.rest_key, Use.DATA)
        if is_sealed(self.path):
            raise ConfigurationError(
                f"{self.path} is sealed at rest, and no key at rest is named; name it as at_rest in the block, or to a"
                " command with FEDERATED_AT_REST"
            )
        return self.path

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

        if self.kind == ".parquet":
            return list(column_types(open_parquet(self)))
        return [str(name) for name in self._read(nrows=0).columns]

    def read(self) -> "DataFrame":
        """Read the file.

        Raises:
            ConfigurationError: the ending is neither .csv nor .parquet; or as `open`.
            KeyUnavailable, KeyServiceUnreachable, Undecryptable: as `open`.
            DataError: the file is missing or damaged; only the error's class is told, parsers quote data.
        """
        return self._read()

    def read_column(self, name: str) -> "Series[Any]":
        """Read one column and nothing else.

        Raises:
            ConfigurationError, DataError: as `read`.
        """
        chosen = {"columns": [name]} if self.kind == ".parquet" else {"usecols": [name]}
        return self._read(**chosen)[name]

    def _read(self, **options: Any) -> "DataFrame":
        import pandas

        readers = {".csv": partial(pandas.read_csv, float_precision="round_trip"), ".parquet": pandas.read_parquet}
        if self.kind not in readers:
            raise ConfigurationError(f"{self.path} ends in {self.kind!r}; give a .csv or .parquet")
        file = self.open()
        try:
            return readers[self.kind](file, **options)
        except (OSError, ValueError, ArithmeticError) as error:  # pandas' and Arrow's derive from these
            kind = type(error).__name__
        # Raised outside the handler, so that no traceback chains to a message that quotes a row.
        raise DataError(f"{self.path} cannot be read ({kind}); check path, permissions and format")
