"""Endpoints and keys that are not the ones meant are refused when they are opened, by block, flow and command line."""

import socket
from typing import Any

import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from prefect_federated.blocks import Silo
from prefect_federated.cli.main import app
from prefect_federated.core.errors import ChainIdMismatch, ChainUnreachable, FederatedError, KeyUnavailable
from prefect_federated.flows.participate import participate
from prefect_federated.scenario.accounts import PASSWORD
from tests.bad_input.bad_round import BadRound, assert_says, error_of, standing
from tests.bad_input.consortium import Consortium

WRONG = "not the password"


@pytest.fixture(scope="module")
def nowhere() -> str:
    """An endpoint at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture(scope="module")
def block(consortium: Consortium) -> Silo:
    """A silo in order, to be bent by a test."""
    return consortium.silo("bent")


def bent(block: Silo, part: str, **changes: Any) -> Silo:
    """The silo with one of its parts changed."""
    return block.model_copy(update={part: getattr(block, part).model_copy(update=changes)})


def say(*command: str, password: str = PASSWORD) -> tuple[int, str]:
    """What a command ends with, and says."""
    done = CliRunner().invoke(app, list(command), env={"FEDERATED_PASSWORD": password})
    assert "Traceback" not in done.output
    return done.exit_code, done.output


def assert_refused(error: FederatedError, kind: type[FederatedError], code: int, *words: object) -> None:
    assert type(error) is kind and error.exit_code == code
    assert_says(error, *words)


def test_endpoint_of_another_chain_is_refused(block: Silo) -> None:
    error = error_of(bent(block, "chain", chain_id=5).open)
    assert_refused(error, ChainIdMismatch, 2, f"serves chain {block.chain.chain_id}", "names chain 5", "right endpoint")


def test_command_line_refuses_another_chain(consortium: Consortium) -> None:
    code, said = say("round", "status", "--chain", consortium.url, "--chain-id", "5")
    assert code == 2
    assert_says(said, "ChainIdMismatch", f"serves chain {consortium.chain.chain_id}", "chain 5")


def test_dead_endpoint_is_named(block: Silo, nowhere: str) -> None:
    error = error_of(bent(block, "chain", rpc_url=nowhere).open)
    assert_refused(error, ChainUnreachable, 8, nowhere, "connection refused", "check that it runs")


def test_command_line_names_a_dead_endpoint(nowhere: str) -> None:
    code, said = say("round", "status", "--chain", nowhere)
    assert code == 8
    assert_says(said, "ChainUnreachable", nowhere, "connection refused")


def test_wrong_password_opens_no_silo(block: Silo) -> None:
    error = error_of(bent(block, "signer", password=SecretStr(WRONG)).open)
    assert_refused(error, KeyUnavailable, 2, "password does not open", block.signer.keystore, "check both")
    assert WRONG not in str(error)


def test_flow_with_a_wrong_password_ends_before_it_touches_anything(bad: BadRound, block: Silo) -> None:
    town = bad.consortium
    before, files = standing(town, "bent"), sorted(block.signer.home.rglob("*"))
    bent(block, "signer", password=SecretStr(WRONG)).save("bent", overwrite=True)
    error = error_of(lambda: participate(silo="bent", task=bad.task))
    assert_refused(error, KeyUnavailable, 2, "password does not open")
    assert standing(town, "bent") == before and sorted(block.signer.home.rglob("*")) == files


def test_command_line_refuses_a_wrong_password(consortium: Consortium, block: Silo) -> None:
    before = standing(consortium, "bent")
    where = ("--chain", consortium.url, "--coordinator", consortium.chain.coordinator)
    keys = ("--keystore", str(block.signer.keystore), "--home", str(block.signer.home))
    code, said = say("participant", "join", "1", *where, *keys, password=WRONG)
    assert code == 2 and WRONG not in said
    assert_says(said, "KeyUnavailable", "password does not open", "check both")
    assert standing(consortium, "bent") == before
