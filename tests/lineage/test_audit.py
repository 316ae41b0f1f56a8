"""`federated audit`: parents, deeds, grants as they stand, rollbacks, names and aliases, and what is not to be had."""

import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from prefect_federated.adapters.evm import abi, rpc
from prefect_federated.adapters.evm.event_index import Block, EventIndex
from prefect_federated.adapters.lineage.auditing import Documents, audit
from prefect_federated.adapters.lineage.cases import CASES
from prefect_federated.adapters.lineage.naming import Asked
from prefect_federated.adapters.lineage.page import page
from prefect_federated.adapters.lineage.sources import read_documents, read_facts
from prefect_federated.adapters.remedies import read_remedies
from prefect_federated.cli.auditor import auditor
from prefect_federated.core.audit import Audit
from prefect_federated.core.canonical import canonical
from prefect_federated.core.errors import ConfigurationError, SpecMismatch
from prefect_federated.core.round import Reason
from tests.cli.conftest import Cli, SmallFederation
from tests.lineage.conftest import indexed


@pytest.fixture(scope="module")
def told(devnet: object, tmp_path_factory: pytest.TempPathFactory) -> SmallFederation:
    """Round 1 whole; in round 2 one stays away and one is left out; back to version 1; round 3; one withdraws."""
    federation = SmallFederation(devnet.url, tmp_path_factory.mktemp("told")).set_up()
    federation.whole_round()
    a, b, c = federation.silos
    number = federation.open_round()
    for silo in (a, b):
        federation.commit(silo, number)
    rpc.wait_until(federation.w3, federation.reader.round_state(federation.task).deadline + 1)
    for silo in (a, b):
        federation.reveal(silo, number)
    federation.propose(number, {b.address: Reason.NORM_BOUND})
    federation.settle(number)
    path = federation.reader.versions(federation.task)[:0:-1]
    federation.parties["sponsor"].federation.rollback(federation.task, path)
    federation.whole_round()
    c.federation.publish_root(hashlib.sha256(c.address.encode()).digest(), b"\2" * 32)
    c.federation.withdraw_grant(c.grant)
    return federation


def audited(federation: SmallFederation, index: EventIndex, number: int, now_s: int | None = None) -> Audit:
    facts = read_facts(indexed(federation, index), index, federation.task)
    if now_s is not None:
        facts = replace(facts, as_of=Block(facts.as_of.number, facts.as_of.hash, now_s))
    documents = read_documents(auditor(federation.reader, federation.store_address), facts)
    return audit(str(number), facts, number, documents)


def test_every_round_tells_what_everybody_did(told: SmallFederation, index: EventIndex) -> None:
    found = audited(told, index, 4)
    a, b, c = (silo.address for silo in told.silos)
    first, second, _ = found.rounds
    assert [deed.aggregated for deed in first.deeds] == [True, True, True]
    ends = {deed.account: (deed.committed, deed.revealed, deed.excluded_stage) for deed in second.deeds}
    assert ends == {a: (True, True, None), b: (True, True, "aggregate"), c: (False, False, "commit")}
    assert second.status == "DEGRADED" and second.version == 2
    rows = {one.account: (one.expected, one.committed, one.aggregated, one.inherited) for one in found.contributors}
    assert rows == {a: (3, 3, 3, 2), b: (3, 3, 2, 2), c: (3, 2, 2, 2)}
    reasons = next(one.reasons for one in found.contributors if one.account == b)
    assert reasons == {"aggregate: update exceeds the task's norm bound": 1}


def test_what_a_rollback_left_behind_is_not_in_the_model(told: SmallFederation, index: EventIndex) -> None:
    found = audited(told, index, 4)
    assert [(one.kind, one.inherited, one.restores) for one in found.versions] == [
        ("genesis", True, None),
        ("round", True, None),
        ("round", False, None),
        ("rollback", True, 1),
        ("round", True, None),
    ]
    assert [one.inherited for one in found.rounds] == [True, False, True]
    before = audited(told, index, 2)
    assert [one.inherited for one in before.versions] == [True, True, True]
    assert [one.round for one in before.rounds] == [1, 2]


def test_grants_are_told_as_they_stand_today(told: SmallFederation, index: EventIndex) -> None:
    found = audited(told, index, 4)
    a, _, c = told.silos
    grants = {one.silo: one for one in found.grants}
    assert (grants[a.address].status, grants[a.address].rounds, grants[a.address].versions) == (
        "live",
        [1, 2, 3],
        [1, 2, 3, 4],
    )
    assert grants[c.address].status == "withdrawn" and grants[c.address].withdrawn_at
    assert (grants[c.address].rounds, grants[c.address].versions) == ([1, 3], [1, 2, 3, 4])
    later = audited(told, index, 4, now_s=max(one.expiry for one in found.grants))
    assert [one.status for one in later.grants] == ["expired", "expired", "withdrawn"]
    earlier = audited(told, index, 4, now_s=min(one.valid_from for one in found.grants) - 1)
    assert [one.status for one in earlier.grants] == ["not yet valid", "not yet valid", "withdrawn"]


def test_versions_behind_a_withdrawn_grant_stay_open(told: SmallFederation, index: EventIndex) -> None:
    found, c = audited(told, index, 4), told.silos[2]
    assert [(one.version, one.grant, one.state) for one in found.remedies] == [
        (number, "0x" + c.grant.hex(), "open") for number in (1, 2, 3, 4)
    ]
    assert [one.version for one in found.remedies] == [one.number for one in read_remedies(told.reader, told.task)]
    assert found.versions[1].purposes and found.versions[1].usable_until


def test_roots_of_datasets_are_those_of_the_commit(told: SmallFederation, index: EventIndex) -> None:
    found, c = audited(told, index, 4), told.silos[2]
    dataset = next(one for one in found.datasets if one.holder == c.address)
    assert [(one.root, one.rounds) for one in dataset.roots] == [
        ("0x" + "00" * 32, [1, 3]),
        ("0x" + "02" * 32, []),
    ]
    assert {deed.dataset_root for deed in found.rounds[0].deeds} == {"0x" + "00" * 32}


def test_metrics_come_from_the_store_and_only_if_they_hash_to_the_chains(
    told: SmallFederation, index: EventIndex
) -> None:
    assert audited(told, index, 4).versions[1].metrics == {"accuracy": 0.9}
    facts = read_facts(indexed(told, index), index, told.task)
    forged = [replace(one, metrics_hash=b"\1" * 32) for one in facts.versions]
    documents = read_documents(auditor(told.reader, told.store_address), replace(facts, versions=forged))
    assert documents.metrics == {} and "metrics of version 1" in documents.missing[0]
    assert "no store was named" in read_documents(None, facts).missing[0]


def test_evidence_is_shown_where_its_hash_was_committed_and_named_where_not(
    told: SmallFederation, index: EventIndex, tmp_path: Path
) -> None:
    facts = read_facts(indexed(told, index), index, told.task)
    check = {"expectation": "e", "column": None, "success": True, "checked": 3, "unexpected": 0, "missing": 0}
    counts = {"rows_total": 5, "rows_without_consent": 2, "rows": 3}
    document = {"suite_hash": "0x01", "view_digest": "0x02", "counts": counts, "checks": [check]}
    content = canonical(document)
    (tmp_path / "mine.json").write_bytes(content)
    (tmp_path / "other.json").write_text("{}")
    digest = hashlib.sha256(content).digest()
    committed = next(event for event in facts.events if event.name == "UpdateCommitted")
    bound = replace(committed, args=committed.args | {"evidenceHash": digest})
    events = [bound if event is committed else event for event in facts.events]
    documents = read_documents(None, replace(facts, events=events), tmp_path)
    found = audit("1", replace(facts, events=events), 1, documents)
    shown = next(deed for deed in found.rounds[0].deeds if deed.evidence)
    assert shown.evidence is not None and (shown.evidence.rows, len(shown.evidence.checks)) == (3, 1)
    assert any("other.json" in sentence and "nobody committed" in sentence for sentence in found.left_out)
    assert not any("mine.json" in sentence for sentence in found.left_out)


def test_command_tells_the_same_as_table_json_and_page(cli: Cli, told: SmallFederation, tmp_path: Path) -> None:
    common = [f"{told.task}@4", *told.options, "--store", told.store_address, "--index", tmp_path / "i.sqlite"]
    found = cli.json("audit", *common)
    assert Audit.model_validate(found).version == 4 and found["plan"]["ref"] == "plans:Plan"
    assert found["plan"]["hidden"] is None and Audit.model_validate(found).plan.noise == "none"
    said = cli("audit", *common, "--html", tmp_path / "report.html")
    assert said.exit_code == 0, said.output
    assert "withdrawn at" in said.stdout and found["version_hash"] in said.stdout
    text = (tmp_path / "report.html").read_text()
    assert "withdrawn" in text and f"Lineage of {told.spec.name}, version 4" in text
    assert cli.json("audit", told.task, *common[1:])["version"] == 4
    unknown = cli("audit", f"{told.task}@9", *common[1:])
    assert unknown.exit_code == 3 and "versions 0 to 4" in unknown.stderr
    alias = cli("audit", f"{told.task}@champion", *common[1:])
    assert alias.exit_code == 2 and "--mlflow" in alias.stderr


def test_page_needs_nothing_from_outside_and_escapes_what_it_shows(told: SmallFederation, index: EventIndex) -> None:
    found = audited(told, index, 4)
    evil = '<script>alert("x")</script>'
    account = found.contributors[0].account
    shown = page(found.model_copy(update={"name": evil, "left_out": [evil]}), {account.lower(): evil})
    assert "<script" not in shown and "&lt;script&gt;" in shown
    assert not re.search(r"""(src|href|url)\s*[=(]\s*['"]?(?!#)""", shown.replace("url(#tip)", ""))
    assert not re.search(r"https?:|//[a-z]", shown)
    assert "default-src 'none'" in shown


def test_page_says_what_noise_hides_and_what_each_silo_spent(told: SmallFederation, index: EventIndex) -> None:
    found = audited(told, index, 4)
    plan = found.plan.model_copy(update={"hidden": "participant", "noise_multiplier": 12.5})
    silos = [one.model_copy(update={"epsilon": 1.25 + place}) for place, one in enumerate(found.contributors)]
    shown = page(found.model_copy(update={"plan": plan, "contributors": silos}))
    assert "hides each participant, multiplier 12.5" in shown and ">1.25<" in shown and ">2.25<" in shown
    assert ">1.25<" not in page(found)


def test_page_of_the_newest_says_what_it_leaves_out(told: SmallFederation, index: EventIndex) -> None:
    shown = page(audited(told, index, 4), newest=2)
    assert "3 older rounds and versions are not shown" in shown
    assert "<b>4</b><span>versions in its model" in shown


def test_whatever_is_brought_against_somebody_is_a_case() -> None:
    """Contracts got new challenges, and the audit left them out."""
    accusing = {
        log.name
        for contract in abi.CONTRACTS
        for log in abi.logs(contract).values()
        if {"round", "accuser"} <= {field.name for field in log.inputs}
    }
    assert {"SeedRefuted", "SharingRefuted", "SumRefuted"} <= accusing <= CASES


def test_names_are_taken_apart() -> None:
    assert Asked.parse("1@3") == Asked("1", "3")
    assert Asked.parse("readmission") == Asked("readmission", "head")
    with pytest.raises(ConfigurationError, match="--mlflow"):
        Asked.parse("readmission").task(None, "eip155:1:0x00")


def test_version_that_is_not_there_is_refused(told: SmallFederation, index: EventIndex) -> None:
    facts = read_facts(indexed(told, index), index, told.task)
    with pytest.raises(SpecMismatch, match="versions 0 to 4, not 5"):
        audit("5", facts, 5, Documents())
    assert json.loads(audit("4", facts, 4, Documents()).model_dump_json())["format"] == "federated-audit/1"
