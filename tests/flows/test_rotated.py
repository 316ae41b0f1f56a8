"""Sealing keys that were replaced: old rounds stay readable to whom they were for, new ones need the new key."""

from dataclasses import replace
from pathlib import Path

import pytest
from eth_account import Account
from typer.testing import CliRunner

from prefect_federated.adapters.data.auditing import audit_with_data
from prefect_federated.adapters.gathering import gather
from prefect_federated.adapters.granting import change_subjects
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.masking import own_seeds
from prefect_federated.adapters.personal import recall_personal
from prefect_federated.adapters.policy_file import sign_policy
from prefect_federated.adapters.reading import read_past_spec
from prefect_federated.adapters.record_file import read_record
from prefect_federated.adapters.rotating import owing_rounds, rotate
from prefect_federated.adapters.vault import Vault
from prefect_federated.adapters.verification import verify_proposal
from prefect_federated.cli.main import app
from prefect_federated.core.errors import ConfigurationError, KeyUnavailable, PolicyRefused
from prefect_federated.core.round import Status
from prefect_federated.scenario.accounts import PASSWORD
from prefect_federated.tasks.commit import recall
from prefect_federated.tasks.train import train
from prefect_federated.tasks.validate import validate
from tests.flows import local_scene as scene
from tests.flows.conftest import HOSPITALS, Found
from tests.flows.rotation_scene import alone, resigned, rotated, silo_rotated
from tests.flows.statistics_scene import answered, member, wards
from tests.flows.test_masked import HOSPITALS as FOUR
from tests.flows.test_masked import STEPS, do

pytestmark = pytest.mark.usefixtures("prefect_api")
FIRST, SECOND, _ = HOSPITALS


@pytest.mark.slow
def test_old_rounds_stay_readable_and_new_ones_are_sealed_to_the_new_key(found: Found, tmp_path: Path) -> None:
    consortium = found(tmp_path, 3)
    old, task = scene.play(consortium), consortium.task
    silo_rotated(consortium, FIRST)
    aggregator = consortium.aggregator.model_copy(update={"signer": rotated(consortium, "aggregator")})
    consortium = replace(consortium, aggregator=aggregator)

    party, reveals = aggregator.open().party, consortium.federation().reveals(old.task, old.round)
    past = read_past_spec(party, old.task, old.round)
    verified = verify_proposal(party, past)
    assert verified.read_updates and not verified.findings
    unread = gather(alone(party), past, reveals)
    assert not unread.updates and all("former_keys of the Signer block" in why for why in unread.details.values())

    silo = consortium.members[FIRST].open()
    findings = audit_with_data(silo, task, old.round, retrain=True)
    assert [one.what for one in findings if not one.holds] == [] and findings[-1].what == "update"
    forgetful = replace(silo, party=alone(silo.party))
    with pytest.raises(ConfigurationError, match=r"does not open under .* former_keys of the Signer block"):
        audit_with_data(forgetful, task, old.round)

    spec = scene.opened(consortium)
    for one in scene.members(consortium).values():
        one.commit(spec.task, spec.round)
    silo_rotated(consortium, SECOND)  # it committed under its old key
    for one in scene.members(consortium).values():
        one.reveal(spec.task, spec.round)
    scene.conclude(consortium, spec)
    assert consortium.federation().round_state(task).status is Status.SUCCESS
    reveals = consortium.federation().reveals(spec.task, spec.round)
    assert len(gather(alone(party), spec, reveals).updates) == 3
    assert not gather(alone(party, former=True), spec, reveals).updates

    slot, keys = spec.slot("opening", silo.party.account), silo.party.sealing_key.every
    assert [Vault(silo.party.store, key.after(())).recall(slot) is not None for key in keys] == [True, False]
    last = scene.opened(consortium)
    planted = last.slot("opening", silo.party.account)
    Vault(silo.party.store, keys[1]).keep(planted, b"by a thief of the old key")
    assert recall(silo.party, last) is None, "what belongs to a round since is no word of the old key's"
    assert recall(silo.party, old) is not None


def test_a_policy_older_than_one_before_the_rotation_is_refused(found: Found, tmp_path: Path) -> None:
    consortium, officer = found(tmp_path, 1), Account.create()
    block, path = consortium.members[FIRST], tmp_path / "policy.json"
    account = consortium.ground.accounts[FIRST].address
    rules = block.policy(account, block.open_party().vault)
    consortium.members[FIRST] = block.model_copy(update={"policy_file": path, "policy_signer": officer.address})

    def put(serial: int) -> None:
        path.write_bytes(sign_policy(officer, account, serial, rules).to_bytes())
        consortium.members[FIRST].open()

    put(5)
    silo_rotated(consortium, FIRST)
    with pytest.raises(ConfigurationError, match="has serial 4, this silo had one of serial 5"):
        put(4)
    put(6)
    former = consortium.members[FIRST].signer.former_keys
    replaced = consortium.members[FIRST].signer.open_sealing_key().former[0].public_bytes
    resigned(consortium, FIRST, former_keys=[])
    with pytest.raises(
        KeyUnavailable,
        match=r"version 1, was replaced with `federated participant rotate`, and the policies that were in force may"
        r" lie under it: add its file to former_keys of the Signer block, .* lost for good, .* the block's lost_keys",
    ):
        put(7)
    resigned(consortium, FIRST, former_keys=[], lost_keys=["0x" + replaced.hex()])
    with pytest.raises(ConfigurationError, match="has serial 4, this silo had one of serial 6"):
        put(4)
    resigned(consortium, FIRST, former_keys=former, lost_keys=[])
    put(6)


@pytest.mark.slow
def test_a_query_that_differs_from_one_before_the_rotation_is_refused(tmp_path: Path) -> None:
    with wards(tmp_path) as consortium:
        name = "ward-c"
        answered(consortium)
        silo_rotated(consortium, name)
        party = member(consortium, name).silo.party
        record = consortium.members[name].consent_record
        change_subjects(consortium.federation(f"{name}-dpo"), record, party.sealing_key, (), ["ward-c-007"])
        assert read_record(record, party.sealing_key.after(())).subjects, "it is written for the new key"
        spec = scene.opened(consortium)
        with pytest.raises(PolicyRefused, match=r"column age were answered in round 1/1 .* fewer than 5 rows"):
            member(consortium, name).share(spec.task, spec.round)
        replaced, former = party.sealing_key.former[0], consortium.members[name].signer.former_keys
        resigned(consortium, name, former_keys=[])
        with pytest.raises(
            KeyUnavailable, match=r"what was answered before may lie under it: add its file to former_k"
        ):
            member(consortium, name).share(spec.task, spec.round)
        resigned(consortium, name, lost_keys=["0x" + replaced.public_bytes.hex()])
        member(consortium, name).share(spec.task, spec.round)  # given up, as it was told to

        resigned(consortium, name, former_keys=former, lost_keys=[])
        change_subjects(consortium.federation(f"{name}-dpo"), record, party.sealing_key, ["ward-c-007"], ())
        for other in consortium.members:
            if other != name:
                member(consortium, other).share(spec.task, spec.round)
        federation = consortium.federation("sponsor")
        federation.wait_until(federation.round_state(spec.task).opens_at)
        silo = member(consortium, name).silo
        train(silo, spec, validate(silo, spec))
        kept = [len(list(_answers(party, key))) for key in party.sealing_key.every]
        assert kept == [1, 1], "what is answered anew is kept under the new key"


def _answers(party: object, key: SealingKey) -> list[bytes]:
    """What a ward has kept of its answers under one key."""
    from prefect_federated.adapters.party import Party

    assert isinstance(party, Party)
    vault, found = Vault(party.store, key.after(())), []
    while (document := vault.recall(f"statistics/{party.account}/{len(found)}".lower())) is not None:
        found.append(document)
    return found


@pytest.mark.slow
def test_what_a_silo_keeps_of_its_own_from_round_to_round_survives(found: Found, tmp_path: Path) -> None:
    consortium = scene.found_with("scaffold", found, tmp_path, rounds=2)
    scene.play(consortium)
    spec = scene.opened(consortium)
    before = recall_personal(consortium.members[FIRST].open().party, spec)
    silo_rotated(consortium, FIRST)
    party = consortium.members[FIRST].open().party
    assert before and scene.same(recall_personal(party, spec), before)
    assert not recall_personal(alone(party), spec)


@pytest.mark.slow
def test_a_masked_round_goes_on_where_the_former_key_is_named(found: Found, tmp_path: Path) -> None:
    consortium = scene.found_with("masked and hidden", found, tmp_path, rounds=1, hospitals=FOUR)
    last = FOUR[3]
    spec, federation = scene.opened(consortium), consortium.federation(last)
    account = consortium.ground.accounts[last].address
    assert owing_rounds(federation, account) == []
    do(consortium, spec, STEPS[0])
    place = f"{spec.task}/{spec.round}"
    assert owing_rounds(federation, account) == [place]

    signer, folder = consortium.members[last].signer, tmp_path / "new"
    files = ["--sealing-key", folder / "new.pem", "--backup", folder / "copy.pem", "--former-key", signer.sealing_key]
    where = ["--chain", consortium.ground.url, "--coordinator", consortium.chain.coordinator]
    command = ["participant", "rotate", *files, "--keystore", signer.keystore, "--home", signer.home, *where]
    refused = CliRunner().invoke(app, [*map(str, command)], env={"FEDERATED_PASSWORD": PASSWORD, "COLUMNS": "200"})
    assert refused.exit_code and f"has dealt shares in masked round {place} and owes a step" in refused.output
    assert federation.participant(account).key_version == 1 and not folder.exists()
    done = CliRunner().invoke(app, [*map(str, command), "--at-once"], env={"FEDERATED_PASSWORD": PASSWORD})
    assert done.exit_code == 0, done.output

    resigned(consortium, last, sealing_key=folder / "new.pem", former_keys=[signer.sealing_key])
    with pytest.raises(KeyUnavailable, match=r"name it in former_keys of the Signer block"):
        own_seeds(alone(consortium.members[last].open().party), spec)
    for step in STEPS[1:]:
        do(consortium, spec, step)
    assert owing_rounds(federation, account) == []
    scene.conclude(consortium, spec)
    assert federation.round_state(spec.task).status is Status.SUCCESS
    third = SealingKey.generate(version=3)
    third.save(folder / "third.pem", PASSWORD)
    rotate(federation, third)  # noise and masks of that round are drawn from keys that are both former ones now
    resigned(consortium, last, sealing_key=folder / "third.pem", former_keys=[folder / "new.pem", signer.sealing_key])
    findings = audit_with_data(scene.members(consortium)[last].silo, spec.task, spec.round, retrain=True)
    assert [one.what for one in findings if not one.holds] == [] and findings[-1].what == "update"
