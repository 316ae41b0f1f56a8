"""`federated verify` and `federated challenge`, on a federation whose results are made up."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from prefect_federated.adapters import verification
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.core.findings import Finding, Verification, Wrong
from prefect_federated.core.round import Phase
from tests.cli.conftest import Cli, SmallFederation


def verify(cli: Cli, federation: SmallFederation, round: int, *more: str) -> Result:
    return cli("verify", federation.task, round, "--store", federation.store_address, *federation.options, *more)


def test_verify_names_what_is_wrong_and_ends_with_six(cli: Cli, settled: SmallFederation) -> None:
    result = verify(cli, settled, 1)
    assert result.exit_code == 6
    assert "the model is not base + aggregate" in result.output and "single updates not read" in result.output
    assert "--mailbox where committee or key holders open something" in " ".join(result.output.split())
    assert "`federated challenge 1 1` proves it" in " ".join(result.output.split())


def test_verify_tells_a_program_the_same(cli: Cli, settled: SmallFederation) -> None:
    result = verify(cli, settled, 2, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 6 and told["round"] == 2 and told["read_updates"] is False
    assert {"STEP", "REWARD"} == {finding["wrong"] for finding in told["findings"]}
    step = next(finding for finding in told["findings"] if finding["wrong"] == "STEP")
    assert step["provable"] and "model word 0 is 3, base + aggregate is 4" in step["detail"]


def test_verify_says_that_something_can_be_proven_though_not_the_first_finding(
    cli: Cli, settled: SmallFederation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def with_another(*given: Any) -> Verification:
        return Verification((Finding(Wrong.SCORES, "made up"), *verify_proposal(*given).findings), read_updates=False)

    monkeypatch.setattr(verification, "verify_proposal", with_another)
    said = " ".join(verify(cli, settled, 1).output.split())
    assert "take it up with its proposer; `federated challenge 1 1` proves what else is wrong" in said


def test_verify_claims_nothing_of_updates_that_it_did_not_read(
    cli: Cli, settled: SmallFederation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "verify_proposal", lambda *given: Verification((), read_updates=False))
    said = verify(cli, settled, 1)
    assert said.exit_code == 0 and "nothing is wrong with what could be checked" in said.output


def test_verify_of_a_round_that_never_was_says_so(cli: Cli, settled: SmallFederation) -> None:
    result = verify(cli, settled, 9)
    assert result.exit_code == 7 and "has no round 9" in result.output


def to_challenge(federation: SmallFederation) -> int:
    round = federation.open_round()
    for act in (federation.commit, federation.reveal):
        for silo in federation.silos:
            act(silo, round)
    federation.propose(round)
    return round


def test_anybody_proves_a_false_step_and_is_credited_half_the_bond(cli: Cli, fresh: SmallFederation) -> None:
    round, accuser = to_challenge(fresh), fresh.silos[0]
    bond = fresh.spec.enforced.aggregator_bond
    result = cli("challenge", fresh.task, round, "--store", fresh.store_address, *fresh.options, *signs(accuser.home))
    assert result.exit_code == 0, result.output
    assert f"{bond} wei of bond were taken" in " ".join(result.output.split())
    assert fresh.reader.round_state(fresh.task).phase is Phase.VOIDED  # there is no standby
    assert fresh.reader.pending_bounty_of(accuser.address) == bond // 2


def test_who_cannot_ask_for_the_result_is_told_that_it_is_not_judged_and_what_becomes_of_it(
    cli: Cli, fresh: SmallFederation
) -> None:
    """A folder lies where the result is: the local store cannot read it, and does not say that it is missing."""
    round, accuser = to_challenge(fresh), fresh.silos[0]
    (body,) = fresh.folder.rglob(fresh.reader.proposal(fresh.task, round).uri.rsplit("/", 1)[-1])
    body.unlink()
    body.mkdir()
    result = verify(cli, fresh, round)
    said, until = " ".join(result.output.split()), fresh.reader.round_state(fresh.task).deadline
    assert result.exit_code == 8 and "ok: nothing is wrong" not in said
    assert "so not all was judged not reached: could not read the local store" in said
    assert f"it can be judged until chain time {until}" in said and "demands on chain what can be demanded" in said
    assert "could not read the local store" in json.loads(verify(cli, fresh, round, "--json").stdout)["unreached"][0]
    store = ["--store", fresh.store_address, *fresh.options, *signs(accuser.home)]
    tried = cli("challenge", fresh.task, round, *store)
    assert tried.exit_code == 8 and "it is not known whether all of the proposal is right" in tried.output


def test_what_the_contract_refuses_keeps_nobody_from_proving_the_next(
    cli: Cli, fresh: SmallFederation, monkeypatch: pytest.MonkeyPatch
) -> None:
    round, accuser = to_challenge(fresh), fresh.silos[0]

    def with_another(*given: Any) -> Verification:
        made_up = Finding(Wrong.HEADER, "made up")
        return Verification((made_up, *verify_proposal(*given).findings), read_updates=False)

    monkeypatch.setattr(verification, "verify_proposal", with_another)
    result = cli("challenge", fresh.task, round, "--store", fresh.store_address, *fresh.options, *signs(accuser.home))
    said = " ".join(result.output.split())
    assert result.exit_code == 0 and "not proven: the aggregate has another header (made up): " in said
    assert "proved: model word" in said and fresh.reader.round_state(fresh.task).phase is Phase.VOIDED


def signs(home: Path) -> list[str]:
    return ["--keystore", str(home / "keystore.json"), "--home", str(home)]


def test_nothing_to_challenge_is_said_and_nothing_is_sent(cli: Cli, settled: SmallFederation) -> None:
    sent = settled.silos[0]
    result = cli("challenge", settled.task, 2, "--store", settled.store_address, *settled.options, *signs(sent.home))
    assert result.exit_code == 7 and "can be challenged" in " ".join(result.output.split())
