"""What keeps a silo out before it trains: altered rows, a policy that beats the task, a suite edited after approval."""

import time
from dataclasses import replace

import pytest

from prefect_federated.adapters.data.root import frame_root
from prefect_federated.adapters.data.sources import FileSource
from prefect_federated.core.errors import (
    ConfigurationError,
    DataRefused,
    EmptyView,
    FederatedError,
    MissingColumn,
    PolicyRefused,
)
from prefect_federated.scenario.consortium import data_path
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.validate import validate
from tests.data_checks.scene import ALTERED, HONEST, SENSITIVE, Scene, alter

BETWEEN = "expect_column_values_to_be_between"


def assert_says(error: FederatedError, kind: type[FederatedError], *words: str) -> None:
    assert type(error) is kind
    assert not [word for word in words if word not in str(error)], str(error)


def test_altered_rows_are_refused_before_training_and_the_round_says_so(scene: Scene) -> None:
    people = scene.result.log.participation(scene.result.notes.exclusions, scene.result.notes.local)
    account = scene.consortium.ground.accounts[ALTERED].address
    (out,) = people.excluded
    assert (out.participant, out.stage) == (account, "validate")
    assert "hashes to dataset root 0x" in out.reason and "the ledger has 0x" in out.reason
    assert account not in scene.result.log.committed and len(scene.result.log.aggregated) == 3


def test_root_published_after_the_round_opened_counts_from_the_next_one(scene: Scene) -> None:
    silo, ground = scene.block(ALTERED).open(), scene.consortium.ground
    record = silo.consent_record()
    dataset = silo.party.federation.grant_state(record.grant_id).dataset
    root = frame_root(silo.source.read(), silo.subject_column, record.secret)
    holder = scene.consortium.federation(f"{ALTERED}-dpo")
    before = holder.dataset_of(dataset)[1]
    holder.publish_root(dataset, root)
    try:
        error = scene.error_of(lambda: validate.fn(silo, scene.spec(ALTERED)))
    finally:
        holder.publish_root(dataset, before)
    assert_says(error, DataRefused, "published after round", "count from the next round on")
    assert ground.accounts[ALTERED].address not in scene.result.log.committed


def test_root_published_again_unchanged_keeps_nobody_out(scene: Scene) -> None:
    silo = scene.block("hospital-b").open()
    dataset = silo.party.federation.grant_state(silo.consent_record().grant_id).dataset
    holder = scene.consortium.federation("hospital-b-dpo")
    holder.publish_root(dataset, holder.dataset_of(dataset)[1])
    assert validate.fn(silo, scene.spec("hospital-b")).dataset_root == holder.dataset_of(dataset)[1]


@pytest.mark.parametrize(
    ("settings", "kind", "words"),
    [
        ({"min_cohort": 9}, PolicyRefused, ("cohort of 4", "joins from 9 on")),
        ({"masked_only": True}, PolicyRefused, ("clear mode", "masked alone")),
        ({"min_noise": 0.5}, PolicyRefused, ("noise multiplier 0", "asks for 0.5")),
        ({"whole_silo": True}, PolicyRefused, ("hides nothing under noise", "whole_silo")),
        ({"forbidden_columns": ["mean_area"]}, PolicyRefused, ("columns mean_area",)),
        ({"min_rows": 1000}, EmptyView, ("at least 1000 are needed",)),
        ({"purposes": ["GRU"]}, PolicyRefused, ("purposes HMB", "allows GRU")),
    ],
)
def test_policy_beats_the_task(scene: Scene, settings: dict, kind: type[FederatedError], words: tuple) -> None:
    assert_says(scene.refused(**settings), kind, *words)


def test_own_suite_that_holds_is_part_of_the_evidence(scene: Scene) -> None:
    between = {"type": BETWEEN, "kwargs": {"column": SENSITIVE[0], "min_value": 0, "max_value": 100}}
    plain = validate.fn(scene.block(HONEST).open(), scene.spec())
    own = validate.fn(scene.block(HONEST, **scene.suite("holds.json", between)).open(), scene.spec())
    assert own.suite_hash != plain.suite_hash and own.view_digest == plain.view_digest
    assert len(own.checks) == len(plain.checks) + 1 and own.checks[-1].expectation == BETWEEN


def test_own_suite_that_fails_is_refused_by_name_without_a_value(scene: Scene) -> None:
    below = {"type": BETWEEN, "kwargs": {"column": SENSITIVE[0], "max_value": 1}}
    mean = {"type": "expect_column_mean_to_be_between", "kwargs": {"column": SENSITIVE[1], "max_value": 1}}
    error = scene.refused(**scene.suite("fails.json", below, mean))
    assert_says(error, DataRefused, f"{BETWEEN} on column {SENSITIVE[0]}", "expect_column_mean_to_be_between")


def test_own_suite_edited_after_it_was_approved_is_refused(scene: Scene) -> None:
    settings = scene.suite("edited.json", {"type": BETWEEN, "kwargs": {"column": SENSITIVE[0], "max_value": 100}})
    path = settings["suite"]
    path.write_text(path.read_text().replace("100", "10000"))
    error = scene.refused(**settings)
    assert_says(error, PolicyRefused, "edited.json hashes to 0x", f"approves {settings['suite_hash']}", "review it")


@pytest.mark.parametrize(
    ("expectation", "kind", "word"),
    [
        ({"type": BETWEEN, "kwargs": {"column": "area_error"}}, MissingColumn, "looks at column area_error"),
        ({"type": "expect_luck", "kwargs": {}}, ConfigurationError, "takes no expect_luck"),
        ({"type": BETWEEN, "kwargs": {"column": "mean_area", "luck": 1}}, ConfigurationError, "['luck']"),
        ({"kwargs": {}}, ConfigurationError, "is no suite"),
    ],
)
def test_own_suite_that_makes_no_sense_is_refused(
    scene: Scene, expectation: dict, kind: type[FederatedError], word: str
) -> None:
    assert_says(scene.refused(**scene.suite("odd.json", expectation)), kind, word)


def test_a_wrong_local_clock_changes_nothing(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    silo = scene.block(HONEST).open()
    right = validate.fn(silo, scene.spec())
    true_time = time.time
    for skew_s in (-(10**8), 10**8):
        monkeypatch.setattr(time, "time", lambda skew_s=skew_s: true_time() + skew_s)
        assert validate.fn(silo, listen.fn(silo.party, scene.consortium.task, 1)) == right


def test_a_file_altered_under_its_old_time_and_size_is_found_when_training_reads_it(scene: Scene) -> None:
    """The look at the data is skipped while the file seems the same; training never skips it."""
    import os

    from prefect_federated.tasks.train import train

    path = data_path(scene.consortium.ground, "hospital-b")
    silo, content, stat = scene.block("hospital-b").open(), path.read_bytes(), path.stat()
    evidence = validate.fn(silo, scene.spec("hospital-b"))
    try:
        alter(path)
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        with pytest.raises(DataRefused, match="when they were validated"):
            train.fn(silo, scene.spec("hospital-b"), evidence)
    finally:
        path.write_bytes(content)


def test_new_process_finds_the_report_on_disk_and_believes_no_edited_one(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = validate.fn(scene.block(HONEST).open(), scene.spec())
    with monkeypatch.context() as patch:
        patch.setattr(FileSource, "read", lambda self: pytest.fail("read again"))
        assert validate.fn(scene.block(HONEST).open(), scene.spec()) == first
    kept = scene.consortium.members[HONEST].signer.home / "checks"
    edited = 0
    for file in kept.iterdir():
        told = file.read_bytes().replace(b'"success":true', b'"success":false')
        edited += told != file.read_bytes()
        file.write_bytes(told)
    assert edited
    assert validate.fn(scene.block(HONEST).open(), scene.spec()) == first


def test_own_suite_that_a_policy_approves_must_be_there(scene: Scene) -> None:
    silo = scene.block(HONEST).open()
    approved = replace(silo, policy=silo.policy.model_copy(update={"suite_hash": "0x" + "ab" * 32}))
    error = scene.error_of(lambda: validate.fn(approved, scene.spec()))
    assert isinstance(error, PolicyRefused) and "approves its own suite 0xabababababab, and the Silo block" in str(
        error
    )
