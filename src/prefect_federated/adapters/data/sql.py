"""A silo's table as a database query answers it, through SQLAlchemy: PostgreSQL, SQLite and whatever has a dialect.

URL + query --one read-only connection--> frame;   messages name dialect and database, never user, password or rows
"""

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from prefect_federated.core.errors import ConfigurationError, DataError

if TYPE_CHECKING:
    from pandas import DataFrame
    from sqlalchemy import URL

KNOWN = {"postgres": "postgresql"}  # how many tools write it
TIMEOUT_S = 30


@dataclass(frozen=True)
class SqlSource:
    """The rows that one query selects. Without slots, so that the parsed URL can be kept out of the repr."""

    url: str
    query: str

    def __repr__(self) -> str:
        """The dataset's name: the URL holds a password."""
        return f"SqlSource({self.name!r})"

    @property
    def name(self) -> str:
        """Dialect and database, such as `postgresql database ward`."""
        return f"{self._url.get_backend_name()} database {self._url.database or '(default)'}"

    @property
    def fingerprint(self) -> None:
        """A database does not say cheaply whether rows changed: it is read each time."""
        return None

    def read(self) -> "DataFrame":
        """Run the query.

        Raises:
            ConfigurationError: the URL's dialect or driver is not installed.
            DataError: the query failed; only the error's class is told, drivers quote URLs and rows.
        """
        import pandas
        from sqlalchemy import create_engine, text
        from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError

        try:
            engine = create_engine(self._url, connect_args=_patience(self._url), hide_parameters=True)
        except (NoSuchModuleError, ImportError) as error:
            kind = type(error).__name__
            engine = None
        if engine is None:
            raise ConfigurationError(
                f"{self.name} cannot be read: no driver for {self._url.drivername} is installed ({kind}); PostgreSQL:"
                " pip install 'prefect-federated[postgres]'"
            )
        try:
            with engine.connect() as connection:
                return pandas.read_sql_query(text(self.query), connection)
        except (SQLAlchemyError, pandas.errors.DatabaseError, ValueError, OSError) as error:
            kind = type(getattr(error, "orig", None) or error).__name__
        finally:
            engine.dispose()
        # Raised outside the handler, so that no traceback chains to a message that quotes a row or a password.
        raise DataError(f"{self.name} cannot be read ({kind}); check that it runs, its user's rights, and the query")

    @cached_property
    def _url(self) -> "URL":
        from sqlalchemy import make_url
        from sqlalchemy.exc import ArgumentError

        try:
            parsed = make_url(self.url)
        except (ArgumentError, ValueError):
            parsed = None
        if parsed is None:
            raise ConfigurationError(
                "the silo's data_url is no database URL; write it as postgresql://USER:PASSWORD@HOST/DATABASE"
            )
        return parsed.set(drivername=KNOWN.get(parsed.drivername, parsed.drivername))


def _patience(url: "URL") -> dict[str, Any]:
    return {"connect_timeout": TIMEOUT_S} if url.get_backend_name() == "postgresql" else {}
