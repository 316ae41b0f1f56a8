"""A silo's data in a database: the same view as from a file, and no secret in what is said."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from pydantic import ValidationError
from sqlalchemy import create_engine

from prefect_federated.adapters.data.sources import FileSource
from prefect_federated.adapters.data.sql import SqlSource
from prefect_federated.blocks import Silo
from prefect_federated.core.errors import ConfigurationError, DataError
from tests.adapters.data.ward import table, view
from tests.services.postgres import cluster

TABLE = "federated_ward_test"
QUERY = f"SELECT subject, age, dose, secret, ill FROM {TABLE}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the ward's table, in an order of its own."""
    with ExitStack() as stack:
        where = f"sqlite:///{tmp_path / 'ward.db'}"
        if request.param == "postgresql":
            where = stack.enter_context(cluster()).database("ward")
        engine = create_engine(where)
        table().sample(frac=1, random_state=3).to_sql(TABLE, engine, index=False)
        engine.dispose()
        yield where


def test_view_of_a_database_is_the_view_of_a_file(url: str, tmp_path: Path) -> None:
    table().to_csv(tmp_path / "ward.csv", index=False)
    from_file = view(FileSource(tmp_path / "ward.csv").read())
    from_query = view(SqlSource(url, QUERY).read())
    assert from_query.digest == from_file.digest and from_query.counts == from_file.counts


def test_query_that_fails_tells_the_errors_class_and_no_row(url: str) -> None:
    with pytest.raises(DataError, match=r"database .* cannot be read \(") as caught:
        SqlSource(url, f"SELECT subject, 'SENTINEL-4711' FROM no_such_{TABLE}").read()
    assert "SENTINEL" not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__context__ is None


def test_database_that_refuses_the_password_is_told_without_it(tmp_path: Path) -> None:
    source = SqlSource("postgresql://dpo:SENTINEL-word@127.0.0.1:1/ward?options=SENTINEL-too", QUERY)
    with pytest.raises(DataError, match=r"postgresql database ward cannot be read \(OperationalError\)") as caught:
        source.read()
    for said in (str(caught.value), repr(source), source.name):
        assert "SENTINEL" not in said and "dpo" not in said
    assert caught.value.__cause__ is None and caught.value.__context__ is None


@pytest.mark.parametrize(
    ("url", "says"),
    [("SENTINEL no url", "is no database URL"), ("nosuch://dpo:SENTINEL@host/ward", "no driver for nosuch")],
)
def test_url_that_cannot_work_is_refused_without_quoting_it(url: str, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says) as caught:
        SqlSource(url, QUERY).read()
    assert "SENTINEL" not in str(caught.value)
    assert caught.value.__cause__ is None and caught.value.__context__ is None


PARTY = {
    "label": "ward",
    "chain": {"rpc_url": "http://127.0.0.1:1", "chain_id": 1, "coordinator": "0x" + "11" * 20},
    "signer": {"key_variable": "NO_KEY", "sealing_key": "nowhere.pem", "home": "nowhere"},
    "store": {"root": "nowhere"},
    "consent_record": "nowhere.json",
}
SECRET_URL = "postgresql://dpo:SENTINEL@host/ward"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({}, "either data"),
        ({"data": "a.csv", "data_url": SECRET_URL, "query": "SELECT 1"}, "either data"),
        ({"data_url": SECRET_URL}, "go together"),
        ({"data": "a.csv", "query": "SELECT 1"}, "go together"),
    ],
)
def test_silo_reads_one_source_and_never_shows_the_url(given: dict[str, str], says: str) -> None:
    with pytest.raises(ValidationError, match=says) as caught:
        Silo(**PARTY, **given)
    assert "SENTINEL" not in str(caught.value)


def test_silo_with_a_database_shows_it_without_the_password() -> None:
    silo = Silo(**PARTY, data_url=SECRET_URL, query=QUERY)
    assert silo.source().name == "postgresql database ward"
    assert "SENTINEL" not in f"{silo!r} {silo} {silo.source()!r} {silo.model_dump()}"
