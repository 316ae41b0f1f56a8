"""`federated at-rest`: keys are made, files sealed, opened and put under other keys, and commands read them sealed."""

import json
from pathlib import Path

import pytest

from prefect_federated.adapters.keys import SealingKey
from tests.cli.commands import PASSWORD, Cli

ROWS = "subject,age\nsubject-0001,44\nsubject-0002,51\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WARD_KEY", "5a" * 32)
    monkeypatch.setenv("OTHER_KEY", "7b" * 32)
    Path("ward.csv").write_text(ROWS)
    return tmp_path


def test_data_are_sealed_erased_and_written_out_again(cli: Cli, folder: Path) -> None:
    done = cli("at-rest", "seal", "ward.csv", "--at-rest", "env:WARD_KEY", "--erase")
    assert done.exit_code == 0 and not Path("ward.csv").exists(), done.output
    assert b"subject" not in Path("ward.csv.sealed").read_bytes()
    shown = cli("at-rest", "show", "ward.csv.sealed")
    assert "data, sealed under local:" in shown.stdout
    wrong = cli("at-rest", "open", "ward.csv.sealed", "again.csv", "--at-rest", "env:OTHER_KEY")
    assert wrong.exit_code == 2 and "the variable OTHER_KEY holds" in wrong.stderr and not Path("again.csv").exists()
    assert (
        cli("at-rest", "open", "ward.csv.sealed", "again.csv", env={"FEDERATED_AT_REST": "env:WARD_KEY"}).exit_code == 0
    )
    assert Path("again.csv").read_text() == ROWS


def test_another_key_takes_over_and_an_altered_file_ends_with_six(cli: Cli, folder: Path) -> None:
    assert cli("at-rest", "seal", "ward.csv", "--at-rest", "env:WARD_KEY").exit_code == 0
    done = cli("at-rest", "rewrap", "ward.csv.sealed", "--old", "env:WARD_KEY", "--at-rest", "env:OTHER_KEY")
    assert done.exit_code == 0 and "sealed under the variable OTHER_KEY now" in done.stdout, done.output
    content = bytearray(Path("ward.csv.sealed").read_bytes())
    content[-1] ^= 1
    Path("ward.csv.sealed").write_bytes(content)
    bent = cli("at-rest", "open", "ward.csv.sealed", "out.csv", "--at-rest", "env:OTHER_KEY")
    assert bent.exit_code == 6 and "altered, cut or extended" in bent.stderr and not Path("out.csv").exists()


def test_a_keystore_with_a_password_seals_too(cli: Cli, folder: Path) -> None:
    unsaid = cli("at-rest", "key", "rest.json")
    assert unsaid.exit_code == 2 and "FEDERATED_AT_REST_PASSWORD is not set" in unsaid.stderr
    assert cli("at-rest", "key", "rest.json", env={"FEDERATED_AT_REST_PASSWORD": PASSWORD}).exit_code == 0
    named = {"FEDERATED_AT_REST": "keystore:rest.json", "FEDERATED_AT_REST_PASSWORD": PASSWORD}
    assert cli("at-rest", "seal", "ward.csv", env=named).exit_code == 0
    wrong = cli("at-rest", "open", "ward.csv.sealed", "o.csv", env={**named, "FEDERATED_AT_REST_PASSWORD": "hunter2"})
    assert wrong.exit_code == 2 and "does not open the keystore" in wrong.stderr
    nobody = cli("at-rest", "open", "ward.csv.sealed", "o.csv", env={"FEDERATED_AT_REST": "keystore:rest.json"})
    assert nobody.exit_code == 2 and "FEDERATED_AT_REST_PASSWORD is not set" in nobody.stderr
    assert cli("at-rest", "open", "ward.csv.sealed", "o.csv", env=named).exit_code == 0


def test_one_keystore_takes_over_from_another_of_another_password(cli: Cli, folder: Path) -> None:
    words = {"old.json": "hunter2", "new.json": PASSWORD}
    for name, password in words.items():
        assert cli("at-rest", "key", name, env={"FEDERATED_AT_REST_PASSWORD": password}).exit_code == 0
    env = {"FEDERATED_AT_REST_PASSWORD": "hunter2"}
    assert cli("at-rest", "seal", "ward.csv", "--at-rest", "keystore:old.json", env=env).exit_code == 0
    rewrap = ("at-rest", "rewrap", "ward.csv.sealed", "--old", "keystore:old.json", "--at-rest", "keystore:new.json")
    assert cli(*rewrap, env=env).exit_code == 2, "one password for both"
    env = {"FEDERATED_AT_REST_PASSWORD": PASSWORD, "FEDERATED_AT_REST_OLD_PASSWORD": "hunter2"}
    assert cli(*rewrap, env=env).exit_code == 0
    assert cli("at-rest", "open", "ward.csv.sealed", "o.csv", "--at-rest", "keystore:new.json", env=env).exit_code == 0


def test_no_key_named_says_how_to_name_one(cli: Cli, folder: Path) -> None:
    done = cli("at-rest", "seal", "ward.csv")
    assert done.exit_code == 2 and "set FEDERATED_AT_REST to env:NAME" in done.stderr
    assert not Path("ward.csv.sealed").exists()


def test_a_sealed_sealing_key_opens_a_record_and_sealed_rows_have_the_same_root(cli: Cli, folder: Path) -> None:
    key = SealingKey.generate(version=3)
    key.save(Path("silo.pem"), PASSWORD)
    made = cli("at-rest", "sealing-key", "silo.sealed", "--from", "silo.pem", "--at-rest", "env:WARD_KEY")
    assert made.exit_code == 0 and "0x" + key.public_bytes.hex() in made.stdout and "version 3" in made.stdout
    assert key.private_bytes not in Path("silo.sealed").read_bytes()
    record = {
        "grant_id": "0x" + "03" * 32,
        "secret": "0x" + "04" * 32,
        "columns": ["age"],
        "subjects": ["subject-0001"],
    }
    Path("c.sealed").write_text(json.dumps(record))
    named = {"FEDERATED_AT_REST": "env:WARD_KEY", "FEDERATED_PASSWORD": "not needed"}
    sealed = cli("consent", "seal", "c.sealed", "--sealing-key", "silo.sealed", env=named)
    assert sealed.exit_code == 0, sealed.output
    assert cli("at-rest", "seal", "ward.csv", "--at-rest", "env:WARD_KEY").exit_code == 0
    root = ("dataset", "root", "--record", "c.sealed", "--data")
    plain = cli(*root, "ward.csv", "--sealing-key", "silo.pem")
    hidden = cli(*root, "ward.csv.sealed", "--sealing-key", "silo.sealed", env=named)
    assert plain.exit_code == hidden.exit_code == 0 and plain.stdout == hidden.stdout != "", hidden.output
    unnamed = cli(*root, "ward.csv.sealed", "--sealing-key", "silo.sealed")
    assert unnamed.exit_code == 2 and "FEDERATED_AT_REST" in unnamed.stderr
