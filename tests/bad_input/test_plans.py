"""Plans that a silo did not approve do not run in it, and plans that fail in one silo harm no other."""

from prefect_federated.core.errors import NonFiniteUpdate, PlanNotApproved, PolicyRefused, TrainingFailed
from tests.bad_input.bad_round import BadRound
from tests.bad_input.consortium import ROWS, SIZE


def test_plan_that_the_silo_did_not_approve_is_refused(bad: BadRound) -> None:
    named = f"code hash 0x{bad.consortium.plan_hash.hex()}"
    bad.fates["fit-for-nothing"].assert_kept_out(
        PlanNotApproved, 4, "validate", named, "0 approved plans (none)", "review it"
    )


def test_plan_changed_by_one_character_is_refused_with_both_hashes(bad: BadRound) -> None:
    named = f"the task names 0x{bad.consortium.plan_hash.hex()}"
    bad.fates["edited"].assert_kept_out(PlanNotApproved, 4, "validate", "hashes to 0x", named, "install the version")


def test_reader_that_the_silo_did_not_allow_is_refused(bad: BadRound) -> None:
    aggregator, standby = (account.lower() for account in bad.consortium.readers)
    bad.fates["reader-shy"].assert_kept_out(
        PolicyRefused, 4, "validate", f"for readers {standby}", f"allows {aggregator}", "change the silo's policy"
    )


def test_training_that_diverges_is_caught_before_it_is_committed(bad: BadRound) -> None:
    bad.fates["constant"].assert_kept_out(
        NonFiniteUpdate, 6, "train", f"{SIZE} of {SIZE} numbers", "nan at index 0", "lower the learning rate"
    )


def test_plan_that_raises_in_one_silo_does_not_end_the_round_nor_quote_its_data(bad: BadRound) -> None:
    """Any other exception than ours from a plan once ended the round for everybody, with a row in its message."""
    fate = bad.fates["one-label"]
    fate.assert_kept_out(TrainingFailed, 4, "train", "ValueError", f"on {ROWS} rows", "run the plan")
    assert "first row" not in str(fate.error)
    assert fate.error is not None and fate.error.__cause__ is None and fate.error.__context__ is None


def test_plan_that_counts_no_example_is_stopped_before_a_bond_is_at_stake(bad: BadRound) -> None:
    """A weight of 0 could be committed, but the contract refuses to open it: the bond would be lost."""
    bad.fates["children"].assert_kept_out(
        TrainingFailed, 4, "train", f"0 examples in {ROWS} rows", "at least 1", "mend the data"
    )
