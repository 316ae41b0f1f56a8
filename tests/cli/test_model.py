"""`federated model allowed`: yes or no, with the reason and an exit code."""

import pytest

from prefect_federated.core.duo import purpose_bits
from tests.cli.test_remedy import answer, play, withdrawn  # noqa: F401


def allowed(cli, federation, model: str, *more: str):
    return cli("model", "allowed", model, *more, *federation.options)


def test_purposes_that_all_grants_give_are_allowed(cli, settled) -> None:
    for model in (f"{settled.task}", f"{settled.task}@head", f"{settled.task}@champion", f"{settled.task}@1"):
        result = allowed(cli, settled, model, "--purpose", "GRU", "--purpose", "HMB")
        assert result.exit_code == 0 and "yes" in result.stdout and "GRU, HMB" in result.stdout, result.output


def test_a_purpose_that_a_grant_lacks_is_not_and_both_are_named(cli, settled) -> None:
    result = allowed(cli, settled, f"{settled.task}", "--purpose", "GRU", "--purpose", "CC")
    assert result.exit_code == 5
    assert "GRU, HMB" in result.stderr and "CC was asked for" in result.stderr


def test_the_first_grant_to_end_ends_the_use(cli, settled) -> None:
    until = settled.reader.versions(settled.task)[-1].usable_until
    model = f"{settled.task}@2"
    assert allowed(cli, settled, model, "--purpose", "GRU", "--at", str(until - 1)).exit_code == 0
    result = allowed(cli, settled, model, "--purpose", "GRU", "--at", str(until))
    assert result.exit_code == 5 and f"until chain time {until}" in result.stderr
    assert allowed(cli, settled, model, "--purpose", "GRU", "--at", "2090-01-01").exit_code == 5


def test_a_genesis_may_be_used_for_everything(cli, settled) -> None:
    assert allowed(cli, settled, f"{settled.task}@0", "--purpose", "POA", "--at", "2090-01-01").exit_code == 0


def test_json_says_the_same_with_the_same_exit_code(cli, settled) -> None:
    record = cli.json("model", "allowed", f"{settled.task}", "--purpose", "GRU", *settled.options)
    assert (record["allowed"], record["version"], record["purposes"]) == (True, 2, ["GRU"])
    result = allowed(cli, settled, f"{settled.task}", "--purpose", "CC", "--json")
    assert result.exit_code == 5 and '"allowed": false' in result.stdout


@pytest.mark.parametrize(
    ("model", "purpose", "at", "code", "words"),
    [
        ("heart", "GRU", "1", 2, "names no model"),
        ("1@best", "GRU", "1", 2, "has no version 'best'"),
        ("1@9", "GRU", "1", 2, "has no version '9'"),
        ("1", "SELL", "1", 5, "unknown purpose 'SELL'"),
        ("1", "GRU", "soon", 2, "is no moment"),
    ],
)
def test_bad_input_is_named(cli, settled, model: str, purpose: str, at: str, code: int, words: str) -> None:
    model = model.replace("1", str(settled.task), 1)
    result = allowed(cli, settled, model, "--purpose", purpose, "--at", at)
    assert result.exit_code == code and words in result.stderr, result.output


def test_withdrawn_consent_forbids_the_use_until_a_steward_accepts_it(cli, withdrawn) -> None:  # noqa: F811
    federation, grant = withdrawn
    for model in (f"{federation.task}@1", f"{federation.task}@2"):
        result = allowed(cli, federation, model, "--purpose", "GRU")
        assert result.exit_code == 5 and "no steward has answered" in result.stderr
    assert answer(cli, federation, 2, grant, "accept").exit_code == 0
    assert allowed(cli, federation, f"{federation.task}@2", "--purpose", "GRU").exit_code == 0
    assert allowed(cli, federation, f"{federation.task}@1", "--purpose", "GRU").exit_code == 5


def test_what_is_retired_stays_so_whatever_is_answered_later(cli, withdrawn) -> None:  # noqa: F811
    federation, grant = withdrawn
    for action in ("retire", "accept"):
        assert answer(cli, federation, 1, grant, action).exit_code == 0
        result = allowed(cli, federation, f"{federation.task}@1", "--purpose", "GRU")
        assert result.exit_code == 5 and "retired" in result.stderr
    record = cli.json("registry", "show", federation.task, 1, *federation.options)
    assert record["retired"] and record["usable_until"]


def test_registry_shows_what_each_version_may_be_used_for(cli, settled) -> None:
    genesis, first, _ = cli.json("registry", "log", settled.task, *settled.options)
    assert (genesis["rights"], genesis["usable_until"]) == ("every purpose without end", None)
    assert (first["purposes"], first["rights"].split(" until")[0]) == (
        hex(purpose_bits(["GRU"])),
        "GRU, HMB, DS, POA, MDS",
    )
    assert "GRU, HMB, DS, POA, MDS until" in cli("registry", "log", settled.task, *settled.options).stdout
    shown = cli.json("registry", "show", settled.task, 1, *settled.options)
    assert shown == first | {"retired": False}
    result = cli("registry", "show", settled.task, 7, *settled.options)
    assert result.exit_code == 2 and "has no version 7" in result.stderr


def test_a_round_without_a_silo_has_the_rights_of_the_others(cli, fresh) -> None:
    play(fresh, *fresh.silos[:2])
    rights = fresh.reader.rights_of([silo.grant for silo in fresh.silos])
    version = fresh.reader.versions(fresh.task)[-1]
    assert version.usable_until == min(rights[0].usable_until, rights[1].usable_until)
