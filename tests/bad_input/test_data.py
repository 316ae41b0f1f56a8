"""Data that cannot serve the task keep a silo out, and no value of them is told."""

import pytest

from prefect_federated.adapters.policy_file import signer_of_policy
from prefect_federated.core.errors import DataError, DataRefused, EmptyView, MissingColumn, PolicyRefused
from prefect_federated.core.signed_policy import parse_policy
from tests.bad_input.bad_round import BadRound
from tests.bad_input.consortium import MIN_ROWS, OFFICER, ROWS
from tests.bad_input.silos import CROWD, RULED, SEEKERS


def test_data_without_a_consenting_subject_are_an_empty_view(bad: BadRound) -> None:
    bad.fates["empty"].assert_kept_out(
        EmptyView, 4, "validate", f"0 of {ROWS} rows", f"at least {MIN_ROWS} are needed", "wait for more consents"
    )


def test_missing_column_is_named_beside_those_that_are_there(bad: BadRound) -> None:
    bad.fates["no-column"].assert_kept_out(
        MissingColumn, 4, "validate", "no column dose", "it has subject, age, ill", "mend the export"
    )


def test_missing_file_is_named(bad: BadRound) -> None:
    path = bad.consortium.folder / "nowhere" / "data.csv"
    bad.fates["no-file"].assert_kept_out(DataError, 4, "validate", path, "FileNotFoundError", "check path")


def test_text_among_numbers_is_refused_by_counts_alone(bad: BadRound) -> None:
    fate = bad.fates["text"]
    numeric = f"expect_feature_numeric on column dose: {ROWS} of {ROWS} unexpected"
    fate.assert_kept_out(DataRefused, 4, "validate", numeric, "mend these rows")
    assert "confidential" not in str(fate.error)


def test_column_added_after_the_root_was_published_is_refused_with_both_roots(bad: BadRound) -> None:
    bad.fates["extra-column"].assert_kept_out(
        DataRefused, 4, "validate", "data.csv hashes to dataset root 0x", "the ledger has 0x", "publish the new root"
    )


def test_subject_with_two_rows_is_refused_by_counts_alone(bad: BadRound) -> None:
    fate = bad.fates["twins"]
    fate.assert_kept_out(DataRefused, 4, "validate", "expect_subject_once", f"2 of {ROWS + 1} unexpected")
    assert "subject-0" not in str(fate.error)


def test_fewer_consenting_subjects_than_the_task_asks_for_are_refused(bad: BadRound) -> None:
    bad.fates["few"].assert_kept_out(
        EmptyView, 4, "validate", f"{MIN_ROWS - 1} of {ROWS} rows", f"at least {MIN_ROWS} are needed"
    )


def test_cohort_smaller_than_the_silo_asks_for_is_refused(bad: BadRound) -> None:
    bad.fates["crowd-seeker"].assert_kept_out(
        PolicyRefused, 4, "validate", f"a cohort of {len(bad.members)}", f"joins from {CROWD} on", "min_cohort"
    )


def test_less_noise_than_the_silo_asks_for_is_refused(bad: BadRound) -> None:
    bad.fates["noise-seeker"].assert_kept_out(
        PolicyRefused, 4, "validate", "noise multiplier 0, this silo asks for 0.5 or more", "min_noise"
    )


def test_clear_round_is_refused_by_a_silo_that_wants_masks_alone(bad: BadRound) -> None:
    bad.fates["mask-seeker"].assert_kept_out(
        PolicyRefused, 4, "validate", "runs in clear mode, this silo allows masked alone", "masked_only"
    )


def test_rules_that_an_officer_signed_keep_out_whom_they_forbid_and_nobody_else(bad: BadRound) -> None:
    log, said = bad.result.log, [str(bad.fates[name].error) for name in SEEKERS]
    excluded = log.participation(bad.result.notes.exclusions, bad.result.notes.local).excluded
    told = {one.participant: one.reason for one in excluded if one.reason in said}
    assert told == {bad.fates[name].account: why for name, why in zip(SEEKERS, said, strict=True)}
    assert bad.fates[RULED].account in log.aggregated, "rules that allow the round, signed by the same"
    for name in (RULED, *SEEKERS):
        path = bad.consortium.folder / "silos" / name / "policy.json"
        signed = parse_policy(path.read_bytes(), str(path))
        assert bad.members[name].silo.policy == signed.policy and signer_of_policy(signed) == OFFICER.address


def test_suite_edited_after_it_was_approved_is_refused_with_both_hashes(bad: BadRound) -> None:
    approved = bad.members["suite-edited"].silo.policy.suite_hash
    bad.fates["suite-edited"].assert_kept_out(
        PolicyRefused, 4, "validate", "own-suite.json hashes to 0x", f"approves {approved}", "review it"
    )


OUT = [
    *(
        "empty",
        "no-column",
        "no-file",
        "text",
        "expired",
        "edited",
        "constant",
        "ahead",
        "behind",
        "borrower",
        "unsigned",
    ),
    *("extra-column", "twins", "few", *SEEKERS, "suite-edited"),
]


@pytest.mark.parametrize("name", OUT)
def test_silo_that_stays_out_sends_no_transaction(bad: BadRound, name: str) -> None:
    assert bad.fates[name].transactions == 0
