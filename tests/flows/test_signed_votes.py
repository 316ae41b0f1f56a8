"""The vote that a validator signs from the command line is the one that its flow would cast, and shows."""

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from prefect_federated.adapters.signed_votes import sign_vote
from prefect_federated.adapters.validator import Validator
from prefect_federated.cli.main import app
from prefect_federated.core.committee import VoteState
from prefect_federated.core.round import Phase
from prefect_federated.flows.attest import serve
from prefect_federated.flows.participate import take_part
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.scenario.plot import VALIDATORS
from prefect_federated.tasks.open_round import open_round
from tests.flows.conftest import Found

pytestmark = pytest.mark.slow


def play(consortium: Consortium) -> None:
    for block in consortium.members.values():
        take_part(block.open(), consortium.task)


def run(consortium: Consortium, command: str, name: str, *words: Any) -> str:
    """A command as a validator types it; what it said."""
    signer = consortium.validators[name].signer
    where = ["--chain", consortium.ground.url, "--coordinator", consortium.chain.coordinator]
    who = ["--keystore", signer.keystore, "--home", signer.home]
    given = [str(word) for word in ("validator", command, *words, *who, *where)]
    result = CliRunner().invoke(app, given, env={"FEDERATED_PASSWORD": signer.password.get_secret_value()})
    assert result.exit_code == 0, result.output
    return result.stdout


def test_votes_measured_by_the_command_are_shown_by_the_flow(found: Found, prefect_api: str, tmp_path: Path) -> None:
    consortium = found(tmp_path, rounds=1, validators=VALIDATORS)
    federation, task = consortium.federation(), consortium.task
    open_round(consortium.sponsor.open(), task)
    play(consortium)
    federation.wait_for_block(federation.ballot(task).draw_block + 1)
    validators: list[Validator] = [consortium.validators[name].open() for name in VALIDATORS]
    assert serve(validators[0], task) == "draw"
    play(consortium)
    assert federation.round_state(task).phase is Phase.VOTE

    files = []
    for name in VALIDATORS:
        block, out = consortium.validators[name], tmp_path / f"{name}.json"
        keys = ["--store", f"local:{tmp_path / 'store'}", "--sealing-key", block.signer.sealing_key]
        run(consortium, "sign-vote", name, task, *keys, "--holdout", block.holdout, "--out", out)
        files.append(out)
    again = sign_vote(validators[0].party, task, None)  # the opinion is kept, as the flow keeps it
    assert again.to_bytes() == files[0].read_bytes()
    said = run(consortium, "bring-votes", VALIDATORS[0], *files)
    assert said.count("is promised, ") == len(VALIDATORS)
    assert [serve(one, task) for one in validators] == ["reveal"] * len(VALIDATORS)
    assert {seat.state for seat in federation.seats(task)} == {VoteState.REVEALED}
    assert federation.round_state(task).phase is Phase.AGGREGATE
