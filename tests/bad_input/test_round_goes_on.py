"""The others: whatever fails in one silo, the round settles with the honest ones, and the record is complete."""

import json

from prefect_federated.adapters.reading import rewards_so_far
from prefect_federated.core.errors import WrongPhase
from prefect_federated.core.round import Phase, Status
from prefect_federated.flows.cast import RoundResult
from prefect_federated.flows.members import Participant
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.settle import settle
from tests.bad_input.bad_round import BadRound, assert_says, error_of, standing
from tests.bad_input.consortium import ETHER
from tests.bad_input.silos import HONEST

AGGREGATED = {*HONEST, "shaky"}


def test_round_settles_degraded_with_the_honest_silos(bad: BadRound) -> None:
    log, names = bad.result.log, bad.result.notes.names
    assert (log.status, log.version) == (Status.DEGRADED, 1)
    assert {names[account] for account in log.aggregated} == AGGREGATED


def test_everybody_expected_is_aggregated_or_excluded_with_stage_and_reason(bad: BadRound) -> None:
    people = bad.result.log.participation(bad.result.notes.exclusions)
    assert len(people.expected) == len(bad.members)
    assert {e.participant for e in people.excluded} == {*people.expected} - {*people.aggregated}
    assert all(e.stage and e.reason for e in people.excluded)


def test_only_the_honest_are_paid(bad: BadRound) -> None:
    owed = rewards_so_far(bad.consortium.aggregator().open().party, bad.task)
    assert set(owed) == {bad.fates[name].account for name in AGGREGATED}
    assert sum(owed.values()) == ETHER


def test_only_who_committed_and_stayed_silent_loses_a_bond(bad: BadRound) -> None:
    assert {name: fate.stake_lost for name, fate in bad.fates.items() if fate.stake_lost} == {"mute": ETHER}


def test_no_silo_is_left_with_a_transaction_under_way(bad: BadRound) -> None:
    entries = [json.loads(path.read_text()) for path in bad.consortium.folder.glob("keys/*/outbox/**/*.json")]
    assert entries and {entry["state"] for entry in entries if "state" in entry} == {"mined"}


def test_silos_that_were_mended_are_in_the_next_round(mended: RoundResult) -> None:
    names = {mended.notes.names[account] for account in mended.log.aggregated}
    assert names == {*HONEST, "recordless", "no-column", "cut-off", "withdrawn-late"}


# --- phases that are over ------------------------------------------------------------------------------


def test_commit_after_the_phase_is_refused_with_both_phases(bad: BadRound) -> None:
    error, fate = bad.late["sleeper"], bad.fates["sleeper"]
    assert type(error) is WrongPhase and (error.exit_code, error.stage) == (7, "commit")
    assert_says(error, f"round {bad.task}/1", "in Reveal", "needs Commit", "read the chain again")
    assert not fate.committed and not fate.transactions and not fate.stake_lost
    assert fate.exclusion is not None and fate.exclusion.stage == "commit"


def test_reveal_after_the_grace_is_refused_and_the_bond_is_forfeit(bad: BadRound) -> None:
    error, fate = bad.late["mute"], bad.fates["mute"]
    assert type(error) is WrongPhase and error.exit_code == 7
    assert_says(error, f"round {bad.task}/1", "in Aggregate", "needs Reveal", "read the chain again")
    assert fate.committed and not fate.revealed and fate.exclusion is not None
    assert_says(fate.exclusion.reason, "not opened in time", f"bond of {ETHER} wei is forfeit")


def test_reveal_and_settle_once_all_is_over_change_nothing(bad: BadRound, mended: RoundResult) -> None:
    town = bad.consortium
    before = [standing(town, name) for name in ("north", "aggregator")]
    Participant(bad.members["north"].silo).reveal(bad.task, mended.log.round)
    aggregator = town.aggregator().open()
    log = settle(aggregator, listen(aggregator.party, bad.task, mended.log.round))
    assert log == mended.log and [standing(town, name) for name in ("north", "aggregator")] == before


def test_second_settlement_by_somebody_else_is_refused(bad: BadRound, mended: RoundResult) -> None:
    standby, round = bad.consortium.as_("standby"), mended.log.round
    error = error_of(standby.settle, bad.task, round, standby.proposal(bad.task, round))
    assert type(error) is WrongPhase and error.exit_code == 7
    assert_says(error, f"round {bad.task}/{round}", "in Settled", "needs Challenge", "read the chain again")
    assert standby.round_state(bad.task).phase is Phase.SETTLED
