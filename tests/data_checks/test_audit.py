"""The audit inside the silo: what was committed follows from the rows, or the audit says where it does not."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from prefect_federated.adapters.data.auditing import audit_with_data
from prefect_federated.adapters.data.consented import kept_evidence
from prefect_federated.adapters.record_file import write_record
from prefect_federated.cli.main import app
from prefect_federated.core.consent import subjects_root
from prefect_federated.core.errors import UnknownParticipant
from prefect_federated.scenario.accounts import PASSWORD
from prefect_federated.scenario.consortium import data_path
from tests.data_checks.scene import ALTERED, HONEST, REWRITER, Scene, alter

ALL = {
    *("evidence", "grant", "consented columns", "consenting subjects", "root on chain", "root of the rows"),
    *("view", "suite", "counts", "update"),
}


def audited(scene: Scene, name: str, **options: object) -> dict[str, bool]:
    found = audit_with_data(scene.block(name).open(), scene.consortium.task, 1, **options)
    return {finding.what: finding.holds for finding in found}


def test_honest_silo_passes_in_every_point(scene: Scene) -> None:
    assert audited(scene, HONEST, retrain=True) == dict.fromkeys(ALL, True)


def test_training_on_altered_rows_is_found(scene: Scene) -> None:
    found = audited(scene, REWRITER, retrain=True)
    assert [what for what, holds in found.items() if not holds] == ["update"]


def test_rows_altered_after_the_round_are_found(scene: Scene) -> None:
    path = data_path(scene.consortium.ground, HONEST)
    content = path.read_bytes()
    try:
        alter(path)
        found = audited(scene, HONEST)
        told = CliRunner().invoke(app, ["dataset", "audit", str(scene.consortium.task), "1", "--silo", saved(scene)])
    finally:
        path.write_bytes(content)
    assert {what for what, holds in found.items() if not holds} == {"root of the rows", "view"}
    assert told.exit_code == 4 and "root of the rows" in told.output and "rows were altered" in told.output


def test_column_that_is_gone_is_found(scene: Scene) -> None:
    path = data_path(scene.consortium.ground, HONEST)
    content = path.read_text()
    try:
        path.write_text(content.replace("mean_area", "other_area", 1))
        found = audited(scene, HONEST)
    finally:
        path.write_text(content)
    assert not found["root of the rows"] and not found["view"]


def test_silo_that_committed_to_nothing_has_nothing_to_audit(scene: Scene) -> None:
    with pytest.raises(UnknownParticipant, match="committed to nothing"):
        audited(scene, ALTERED)


def test_round_before_a_subject_left_is_audited_with_the_record_of_then(scene: Scene) -> None:
    silo = scene.block("hospital-b").open()
    then = silo.consent_record()
    now = replace(then, subjects=then.subjects[1:])
    holder = scene.consortium.federation("hospital-b-dpo")
    write_record(silo.records, now, silo.party.sealing_key.public_bytes)
    holder.set_subjects(then.grant_id, subjects_root(now.secret, now.subjects))
    try:
        with_new, with_old = audited(scene, "hospital-b"), audited(scene, "hospital-b", record=then)
    finally:
        write_record(silo.records, then, silo.party.sealing_key.public_bytes)
        holder.set_subjects(then.grant_id, subjects_root(then.secret, then.subjects))
    assert {what for what, holds in with_new.items() if not holds} == {"consenting subjects", "view", "counts"}
    assert all(with_old.values())


def saved(scene: Scene) -> str:
    scene.consortium.members[HONEST].save("audited", overwrite=True)
    return "audited"


def test_commands_print_root_suite_and_audit_and_publish_once(scene: Scene) -> None:
    ground, task = scene.consortium.ground, str(scene.consortium.task)
    path = data_path(ground, HONEST)
    rows = ["--data", str(path), "--record", str(scene.consortium.members[HONEST].consent_record)]
    rows += ["--sealing-key", str(ground.accounts[HONEST].signer.sealing_key)]
    root = CliRunner().invoke(app, ["dataset", "root", *rows], env={"FEDERATED_PASSWORD": PASSWORD})
    assert root.exit_code == 0
    dpo = ground.accounts[f"{HONEST}-dpo"].signer
    who = ["--keystore", str(dpo.keystore), "--home", str(dpo.home)]
    where = ["--chain", ground.url, "--coordinator", scene.consortium.chain.coordinator]
    command = ["dataset", "publish", *rows, *who, *where]
    again = CliRunner().invoke(app, command, env={"FEDERATED_PASSWORD": PASSWORD})
    assert again.exit_code == 0 and "already" in again.output and root.output.strip() in again.output.replace("\n", "")
    settings = scene.suite("printed.json", {"type": "expect_table_row_count_to_be_between", "kwargs": {}})
    printed = CliRunner().invoke(app, ["dataset", "suite", str(settings["suite"])])
    assert printed.output.strip() == settings["suite_hash"]
    audit = CliRunner().invoke(app, ["dataset", "audit", task, "1", "--silo", saved(scene), "--json"])
    assert audit.exit_code == 0 and all(row["holds"] for row in json.loads(audit.output))


def test_version_audited_with_a_silos_sealing_key_shows_the_counts_that_it_kept_and_no_others(
    scene: Scene, tmp_path: Path
) -> None:
    ground, silo = scene.consortium.ground, scene.block(HONEST).open()
    command = ["audit", f"{scene.consortium.task}@1", "--chain", ground.url, "--index", str(tmp_path / "i.sqlite")]
    command += ["--coordinator", scene.consortium.chain.coordinator, "--json"]
    store, key = (
        ["--store", f"local:{scene.out / 'store'}"],
        ["--sealing-key", str(ground.accounts[HONEST].signer.sealing_key)],
    )

    def told(*options: str, password: str = PASSWORD) -> Result:
        return CliRunner().invoke(app, [*command, *options], env={"FEDERATED_PASSWORD": password})

    def shown(found: Result) -> dict[str, dict]:
        assert found.exit_code == 0, found.output
        (round,) = json.loads(found.stdout)["rounds"]
        return {deed["account"]: deed["evidence"] for deed in round["deeds"] if deed["evidence"]}

    assert shown(told(*store)) == {}
    (commit,) = [
        one
        for one in silo.party.federation.events(scene.consortium.task, 1, ("UpdateCommitted",))
        if one.args["participant"] == silo.party.account
    ]
    evidence = kept_evidence(silo, scene.spec(), bytes(commit.args["evidenceHash"])).to_json()
    assert shown(told(*store, *key)) == {
        silo.party.account: {
            **{name: evidence[name] for name in ("suite_hash", "view_digest", "checks")},
            **evidence["counts"],
        }
    }
    homeless = told(*key)
    assert homeless.exit_code == 2 and "name the store with --store" in homeless.output
    locked = told(*store, *key, password="wrong")
    assert locked.exit_code == 2 and "sealing-key.pem" in locked.output.replace("\n", "")
