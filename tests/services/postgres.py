"""A PostgreSQL cluster of its own: made in a temporary folder, on a free port, gone with the block's end.

initdb --> postgres, as a user without privileges --> a database for each use
"""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.deployments.orchestra import free_port

START_S = 60
OWNER = "postgres"  # the account that the distribution's package makes; PostgreSQL refuses to run as root


def programs() -> Path | None:
    """Folder of `initdb` and `postgres`: on the PATH, or where Debian keeps them, the newest version."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return installed[-1].parent if installed else None


@dataclass(frozen=True)
class Postgres:
    """A running cluster that trusts whoever connects from this machine."""

    port: int

    def database(self, name: str) -> str:
        """Make a database; its address as SQLAlchemy takes it."""
        self._execute("postgres", f'CREATE DATABASE "{name}"')
        return f"postgresql://{OWNER}@127.0.0.1:{self.port}/{name}"

    def ask(self, database: str, query: str) -> list[tuple[object, ...]]:
        """Rows of a query."""
        return self._execute(database, query)

    def _execute(self, database: str, statement: str) -> list[tuple[object, ...]]:
        import psycopg2

        connection = psycopg2.connect(host="127.0.0.1", port=self.port, user=OWNER, dbname=database)
        try:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall()) if cursor.description else []
        finally:
            connection.close()


@contextmanager
def cluster() -> Iterator[Postgres]:
    """Make a cluster, start it, remove it."""
    bin_, port = programs(), free_port()
    assert bin_ is not None, "there is no PostgreSQL on this machine"
    home = Path(tempfile.mkdtemp(prefix="federated-postgres-"))
    as_owner = {"user": OWNER, "group": _group(), "extra_groups": []} if os.geteuid() == 0 else {}
    if as_owner:
        os.chown(home, pwd.getpwnam(OWNER).pw_uid, pwd.getpwnam(OWNER).pw_gid)
    data, log = home / "data", home / "postgres.log"
    made = [str(bin_ / "initdb"), "-D", str(data), "-U", OWNER, "--auth=trust", "-E", "UTF8", "--locale=C"]
    subprocess.run(made, check=True, capture_output=True, cwd=home, **as_owner)
    settings = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={home}", "fsync=off"]
    options = [word for setting in settings for word in ("-c", setting)]
    with log.open("wb") as out:
        server = subprocess.Popen(
            [str(bin_ / "postgres"), "-D", str(data), *options], stdout=out, stderr=out, cwd=home, **as_owner
        )
    try:
        _await(bin_, port, server, log)
        yield Postgres(port)
    finally:
        server.terminate()
        server.wait(30)
        shutil.rmtree(home, ignore_errors=True)


def _await(bin_: Path, port: int, server: "subprocess.Popen[bytes]", log: Path) -> None:
    patience = time.monotonic() + START_S
    ready = [str(bin_ / "pg_isready"), "-h", "127.0.0.1", "-p", str(port), "-q"]
    while subprocess.run(ready).returncode != 0:
        assert server.poll() is None and time.monotonic() < patience, log.read_text()
        time.sleep(0.1)


def _group() -> int:
    return pwd.getpwnam(OWNER).pw_gid
