"""Consent that is not in order keeps a silo out before anything is trained, whatever is wrong with it."""

import pytest

from prefect_federated.core.errors import ConfigurationError, ConsentError
from tests.bad_input.bad_round import BadRound
from tests.bad_input.consortium import GRACE_S, WINDOW_S
from tests.bad_input.silos import HONEST


def test_grant_that_expires_before_the_last_reveal_is_refused(bad: BadRound) -> None:
    grant = bad.grant("expired")
    until = bad.result.log.started_at + 2 * WINDOW_S + GRACE_S
    bad.fates["expired"].assert_kept_out(
        ConsentError, 5, "validate", f"expires at {grant.expiry}", f"until {until}", "ask for a renewal"
    )


def test_silo_without_a_consent_record_is_told_where_it_should_lie(bad: BadRound) -> None:
    path = bad.consortium.folder / "silos" / "recordless" / "consent.json"
    bad.fates["recordless"].assert_kept_out(ConsentError, 5, "validate", path, "ask the data holder")


def test_record_with_a_column_added_by_hand_is_not_the_grant(bad: BadRound) -> None:
    signed = bad.grant("forger").columns.hex()[:12]
    bad.fates["forger"].assert_kept_out(
        ConsentError, 5, "validate", "columns", "consent record hash to 0x", f"chain says 0x{signed}", "fetch"
    )


def test_withdrawn_grant_is_refused(bad: BadRound) -> None:
    when = bad.grant("withdrawn").withdrawn_at
    bad.fates["withdrawn"].assert_kept_out(ConsentError, 5, "validate", f"withdrawn at chain time {when}", "new one")


def test_grant_withdrawn_during_training_is_refused_by_the_contract(bad: BadRound) -> None:
    fate, when = bad.fates["withdrawn-late"], bad.grant("withdrawn-late").withdrawn_at
    fate.assert_kept_out(ConsentError, 5, "commit", f"withdrawn at chain time {when}", "new one")
    assert fate.transactions == 1  # the withdrawal itself


@pytest.mark.parametrize("name", ["left-late", "left-sealed", "left-relayed"])
def test_subject_who_leaves_before_the_commit_is_in_nothing_that_is_committed(bad: BadRound, name: str) -> None:
    fate, now = bad.fates[name], bad.grant(name).subjects
    fate.assert_kept_out(ConsentError, 5, "commit", f"root 0x{now.hex()[:12]} now", "validate again")
    assert fate.transactions == 1  # the new root itself


def test_grant_for_another_purpose_is_refused_with_both_purposes(bad: BadRound) -> None:
    bad.fates["misused"].assert_kept_out(
        ConsentError,
        5,
        "validate",
        "covers purposes POA, NPU",
        "task asks for HMB",
        "lacks HMB, NPU",
        "ask the data holder",
    )


def test_record_whose_words_were_left_out_is_not_the_grant(bad: BadRound) -> None:
    signed = bad.grant("reworded").record.hex()[:12]
    bad.fates["reworded"].assert_kept_out(
        ConsentError, 5, "validate", "the words", "0x000000", f"chain says 0x{signed}"
    )


def test_grant_for_another_country_is_refused_though_the_mask_covers_the_use(bad: BadRound) -> None:
    bad.fates["abroad"].assert_kept_out(
        ConsentError, 5, "validate", "does not cover this use (GS)", "it is for CH, the task names DE", "stay out"
    )


def test_grant_that_lacks_a_column_is_refused_with_both_lists(bad: BadRound) -> None:
    bad.fates["narrow"].assert_kept_out(ConsentError, 5, "validate", "for dose", "covers age, ill", "ask for a grant")


def test_grant_that_was_never_given_is_refused(bad: BadRound) -> None:
    bad.fates["made-up"].assert_kept_out(ConsentError, 5, "validate", "0xbad0", "not on chain", "ask the data holder")


def test_grant_that_somebody_else_signed_is_on_no_ledger_and_serves_nobody(bad: BadRound) -> None:
    granted = bad.members["unsigned"].silo.consent_record().grant_id
    bad.fates["unsigned"].assert_kept_out(
        ConsentError, 5, "validate", f"0x{granted.hex()[:12]}", "not on chain", "ask the data holder"
    )


def test_grant_of_another_silo_is_refused_with_both_accounts(bad: BadRound) -> None:
    fate = bad.fates["borrower"]
    owner = bad.fates[HONEST[0]].account
    fate.assert_kept_out(
        ConsentError, 5, "validate", f"given to {owner}", f"not to {fate.account}", "name a grant of this silo"
    )


def test_local_clock_makes_no_grant_begin_earlier_or_end_later(bad: BadRound) -> None:
    begins, ends = bad.grant("ahead").valid_from, bad.grant("behind").expiry
    bad.fates["ahead"].assert_kept_out(
        ConsentError, 5, "validate", f"valid from {begins}", "chain time is", "wait or ask for another"
    )
    bad.fates["behind"].assert_kept_out(ConsentError, 5, "validate", f"expires at {ends}", "ask for a renewal")


def test_record_that_cannot_be_read_is_a_matter_of_configuration(bad: BadRound) -> None:
    bad.fates["damaged"].assert_kept_out(ConfigurationError, 2, "validate", "does not open", "restore")


def test_record_in_plain_text_is_refused_with_the_command_that_encrypts_it(bad: BadRound) -> None:
    bad.fates["plain"].assert_kept_out(
        ConfigurationError, 2, "validate", "not encrypted", "federated consent seal", bad.consortium.record("plain")
    )


def test_record_with_subjects_as_numbers_is_refused_and_stops_nobody_else(bad: BadRound) -> None:
    """Numbers among the subjects once ended the whole round with an AttributeError."""
    bad.fates["numbers"].assert_kept_out(ConfigurationError, 2, "validate", "TypeError", "lists of texts")
