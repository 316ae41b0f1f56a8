"""`federated consent`: a data protection officer grants, changes, withdraws and erases; nobody else can."""

import json
from pathlib import Path

import pytest

from prefect_federated.adapters.evm import rpc
from prefect_federated.core.consent import columns_digest, subject_salt, subject_tag, subjects_root
from prefect_federated.core.errors import ConfigurationError, ConsentError
from prefect_federated.core.merkle import leaf_hash
from prefect_federated.core.privacy import limit_of
from tests.cli.conftest import Cli, SmallFederation
from tests.cli.ward import COLUMNS, SUBJECTS, Ward

VOCABULARIES = ("dpv:", "dct:", "duo:", "pf:", "loc:", "eu-gdpr:", "http://purl", "https://w3id", "urn:prefect")


@pytest.fixture
def ward(cli: Cli, fresh: SmallFederation, tmp_path: Path) -> Ward:
    return Ward(cli, fresh, tmp_path / "ward").set_up()


def refused(result: object, kind: type[Exception], *words: str) -> None:
    """A command that ended with an error of a kind, in these words."""
    output = " ".join(str(result.output).split())
    assert result.exit_code == kind.exit_code, output
    assert kind.__name__ in output and not [word for word in words if word not in output], output


def test_grant_is_drafted_signed_shown_changed_withdrawn_and_erased(ward: Ward, tmp_path: Path) -> None:
    granted = ward.granted()
    shown = json.loads(ward.on_chain("show", "0x" + granted.hex(), "--json").stdout)
    assert (shown["status"], shown["purposes"]) == ("live", "HMB, DS, MDS, NPU")
    record, state = ward.record(), ward.federation.reader.grant_state(granted)
    assert state.columns == columns_digest(record.secret, COLUMNS)
    assert state.subjects == subjects_root(record.secret, SUBJECTS)
    assert state.record == record.digest != bytes(32)

    proof, after = tmp_path / "proof.json", tmp_path / "after.json"
    assert ward.run("prove-subject", ward.record_file, SUBJECTS[4], *ward.key, "--out", proof).exit_code == 0
    assert "one of 9 subjects" in ward.on_chain("check-subject", proof).output
    assert ward.on_chain("subjects", "remove", ward.record_file, SUBJECTS[4], *ward.key, by="silo-0").exit_code == 0
    refused(ward.on_chain("check-subject", proof), ConsentError, "does not cover this subject", "--root")
    past = ward.record().history[0].root
    assert "covered" in ward.on_chain("check-subject", proof, "--root", "0x" + past.hex()).output
    assert ward.on_chain("subjects", "add", ward.record_file, "patient-9999", *ward.key, by="silo-0").exit_code == 0
    assert ward.run("prove-subject", ward.record_file, "patient-9999", *ward.key, "--out", after).exit_code == 0
    assert "one of 9 subjects" in ward.on_chain("check-subject", after).output

    assert ward.on_chain("withdraw", "0x" + granted.hex(), by="silo-0").exit_code == 0
    rows = json.loads(ward.on_chain("list", "--silo", ward.holder.address, "--json").stdout)
    assert [row["status"] for row in rows if row["grant_id"] == "0x" + granted.hex()] == ["withdrawn"]
    assert "nothing to do" in ward.on_chain("withdraw", "0x" + granted.hex(), by="silo-0").output
    assert ward.run("erase", ward.record_file, "--yes").exit_code == 0
    assert not ward.record_file.exists()


def test_grant_with_a_privacy_budget_says_what_of_it_was_spent(ward: Ward) -> None:
    assert ward.draft().exit_code == 0
    budget = ["--epsilon", "3", "--delta", "1e-6", "--submit"]
    assert ward.on_chain("grant", ward.record_file, *ward.key, *budget, by="silo-0").exit_code == 0
    granted = ward.record().grant_id
    assert ward.federation.reader.grant_state(granted).budget == limit_of(3, 1e-6)
    shown = json.loads(ward.on_chain("show", "0x" + granted.hex(), "--delta", "1e-6", "--json").stdout)
    assert (shown["epsilon_limit"], shown["epsilon_spent"], shown["delta"]) == (pytest.approx(3, abs=1e-6), 0, 1e-6)


def test_grant_with_an_impossible_budget_is_not_signed(ward: Ward) -> None:
    assert ward.draft().exit_code == 0
    for epsilon in ("0", "-1", "0.01"):
        budget = ["--epsilon", epsilon, "--submit"]
        refused(
            ward.on_chain("grant", ward.record_file, *ward.key, *budget, by="silo-0"), ConfigurationError, "epsilon"
        )
    assert ward.record().grant_id == bytes(32)


def test_signed_grant_is_brought_by_anybody_once(ward: Ward, tmp_path: Path) -> None:
    assert ward.draft().exit_code == 0
    file = tmp_path / "grant.json"
    assert ward.on_chain("grant", ward.record_file, *ward.key, "--out", file, by="silo-0").exit_code == 0
    refused(ward.on_chain("submit", file, by="silo-1"), ConsentError, "is not registered")
    dataset = bytes.fromhex(json.loads(file.read_text())["grant"]["dataset"][2:])
    ward.holder.federation.register_dataset(dataset, bytes(32))
    sent = ward.on_chain("submit", file, by="silo-1")
    assert sent.exit_code == 0 and ward.record().grant_id.hex() in sent.output
    refused(ward.on_chain("submit", file, by="silo-2"), ConsentError, "already used nonce")
    refused(
        ward.on_chain("grant", ward.record_file, *ward.key, "--submit", by="silo-0"), ConsentError, "already", "draft"
    )


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("chain_id", "1", "signed for chain 1, the endpoint serves chain"),
        ("ledger", "0x" + "11" * 20, "the federation's is 0x"),
        ("signature", "0x" + "11" * 65, "is not by the data holder"),
        ("format", "federated-grant/0", "no signed grant or withdrawal"),
    ],
)
def test_signed_grant_of_elsewhere_or_of_somebody_else_is_refused(
    ward: Ward, tmp_path: Path, field: str, value: str, words: str
) -> None:
    assert ward.draft().exit_code == 0
    file = tmp_path / "grant.json"
    assert ward.on_chain("grant", ward.record_file, *ward.key, "--out", file, by="silo-0").exit_code == 0
    body = json.loads(file.read_text())
    ward.holder.federation.register_dataset(bytes.fromhex(body["grant"]["dataset"][2:]), bytes(32))
    file.write_text(json.dumps(body | {field: value}))
    refused(ward.on_chain("submit", file, by="silo-1"), ConsentError, words)


def test_signed_grant_that_was_widened_or_came_too_late_is_refused(ward: Ward, tmp_path: Path) -> None:
    assert ward.draft().exit_code == 0
    file = tmp_path / "grant.json"
    options = ["--out", file, "--relay-within", "50"]
    assert ward.on_chain("grant", ward.record_file, *ward.key, *options, by="silo-0").exit_code == 0
    body = json.loads(file.read_text())
    ward.holder.federation.register_dataset(bytes.fromhex(body["grant"]["dataset"][2:]), bytes(32))
    wider = tmp_path / "wider.json"
    wider.write_text(json.dumps(body | {"grant": body["grant"] | {"purposes": str(2**50 - 1)}}))
    refused(ward.on_chain("submit", wider, by="silo-1"), ConsentError, "is not by the data holder")
    rpc.wait_until(ward.federation.w3, int(body["grant"]["deadline"]) + 2)
    refused(ward.on_chain("submit", file, by="silo-1"), ConsentError, "could be relayed until", "signed again")


def test_withdrawal_is_signed_by_the_holder_and_brought_by_anybody(ward: Ward, tmp_path: Path) -> None:
    granted = "0x" + ward.granted().hex()
    refused(ward.on_chain("withdraw", granted, by="silo-1"), ConsentError, "does not hold the dataset")
    file, forged = tmp_path / "withdrawal.json", tmp_path / "forged.json"
    assert ward.on_chain("withdraw", granted, "--out", forged, by="silo-1").exit_code == 0
    refused(ward.on_chain("submit", forged, by="silo-1"), ConsentError, "is not by the data holder")
    assert ward.on_chain("withdraw", granted, "--out", file, by="silo-0").exit_code == 0
    assert json.loads(ward.on_chain("show", granted, "--json").stdout)["status"] == "live"
    assert ward.on_chain("submit", file, by="silo-1").exit_code == 0
    assert json.loads(ward.on_chain("show", granted, "--json").stdout)["status"] == "withdrawn"


def test_withdrawal_takes_the_running_commit_out_with_it(ward: Ward) -> None:
    federation, silo, ward.codes = ward.federation, ward.holder, ("GRU",)
    silo.grant = ward.granted()
    round = federation.open_round()
    federation.commit(silo, round)
    assert federation.reader.round_state(federation.task).committed == 1
    result = ward.on_chain("withdraw", "0x" + silo.grant.hex(), by="silo-0")
    assert result.exit_code == 0 and "1 running commits under it are out" in result.output
    assert federation.reader.retracted(federation.task, round) == {silo.address: "commit"}


def test_only_the_holder_changes_subjects_and_a_failed_change_leaves_the_record(ward: Ward) -> None:
    ward.granted()
    before = ward.record_file.read_bytes()
    result = ward.on_chain("subjects", "remove", ward.record_file, "nobody", *ward.key, by="silo-0")
    refused(result, ConsentError, "1 of 1 subjects to remove are not in the record")
    result = ward.on_chain("subjects", "remove", ward.record_file, SUBJECTS[0], *ward.key, by="silo-1")
    refused(result, ConsentError, "does not hold the dataset")
    assert ward.record_file.read_bytes() == before
    # the ledger moved, and the process died before the record was written: a repeat finishes it
    record = ward.record()
    ward.holder.federation.set_subjects(record.grant_id, subjects_root(record.secret, SUBJECTS[1:]))
    result = ward.on_chain("subjects", "remove", ward.record_file, SUBJECTS[0], *ward.key, by="silo-0")
    assert result.exit_code == 0 and ward.record().subjects == SUBJECTS[1:]


def test_draft_with_half_a_term_or_over_an_existing_file_is_refused(ward: Ward) -> None:
    ward.codes = ("HMB", "GS")
    refused(ward.draft(), ConsentError, "code GS and countries go together")
    assert not ward.record_file.exists()
    assert ward.draft("--country", "DE").exit_code == 0
    refused(ward.draft("--country", "DE"), ConfigurationError, "is not overwritten")


def test_nothing_on_chain_is_linked_to_anything_once_the_record_is_erased(ward: Ward) -> None:
    granted = ward.granted()
    record, state = ward.record(), ward.federation.reader.grant_state(granted)
    ward.on_chain("subjects", "remove", ward.record_file, SUBJECTS[2], *ward.key, by="silo-0")
    # before: everything on chain is explained by the record
    assert columns_digest(record.secret, record.columns) == state.columns
    assert subjects_root(record.secret, record.subjects) == state.subjects
    assert record.digest == state.record
    dump = ward.chain_dump()
    assert dump.count(state.columns.hex().encode()) >= 2 <= dump.count(state.subjects.hex().encode())  # told and kept
    assert record.document is not None
    words = {*COLUMNS, *SUBJECTS, record.secret.hex(), *texts(record.document.to_json())}
    words -= {"0x" + state.dataset.hex(), ward.holder.address}  # which are what the chain is told
    for subject in SUBJECTS:
        salt, tag = subject_salt(record.secret, subject), subject_tag(record.secret, subject)
        words |= {salt.hex(), tag.hex(), leaf_hash(tag).hex(), leaf_hash(subject.encode()).hex()}
    assert ward.run("erase", ward.record_file, "--yes").exit_code == 0
    (ward.folder / "data.csv").unlink()  # the data are another matter: they were there before consent
    (ward.folder / "template.json").unlink()
    store = b"".join(path.read_bytes() for path in ward.federation.folder.rglob("*") if path.is_file())
    left = dump + store.lower() + b"".join(path.read_bytes() for path in ward.folder.rglob("*"))
    assert len(words) > 40
    for word in words:
        for written in (word, word.encode().hex(), word.removeprefix("0x")):
            assert written.lower().encode() not in left, word


def texts(value: object) -> set[str]:
    """All texts that a document holds as values, but for names from vocabularies, which are no secret of it."""
    if isinstance(value, dict):
        return set[str]().union(*map(texts, value.values()))
    if isinstance(value, list):
        return set[str]().union(*map(texts, value))
    return {value} if isinstance(value, str) and len(value) > 11 and not value.startswith(VOCABULARIES) else set()
