"""The demo's story, read from its report and its files: who took part, who cheated, what it cost, what leaked."""

import re
from pathlib import Path

import pytest

from prefect_federated.adapters.keys import dev_key
from prefect_federated.core.report import Report, RoundRow

pytestmark = pytest.mark.slow

SUBJECT = re.compile(rb"subject-\d{6}")


def reasons(row: RoundRow) -> dict[str, str]:
    return {e.participant: f"{e.stage}: {e.reason}" for e in row.excluded}


def test_every_round_settles_and_says_who_is_missing(demo: Report) -> None:
    assert [row.round_id for row in demo.rounds] == [1, 2, 3, 4, 5]
    for row in demo.rounds:
        missing = set(row.expected) - set(row.aggregated)
        assert missing == {e.participant for e in row.excluded}
        assert row.status == ("DEGRADED" if missing else "SUCCESS")


def test_copied_commitment_cannot_be_opened_and_costs_the_copier_its_bond(demo: Report) -> None:
    first = demo.rounds[0]
    assert "copycat" in first.committed and "copycat" not in first.revealed
    assert "does not hash to its commitment" in reasons(first)["copycat"]
    (appeal,) = demo.appeals
    assert (appeal.appellant, appeal.taken_wei, appeal.ruling) == ("copycat", str(10**18), "reject")
    assert int(demo.balances.accounts["copycat"].slashed_wei) == 10**18 + int(appeal.deposit_wei)
    assert demo.balances.accounts["copycat"].earned_wei == "0"
    assert all("copycat" not in row.expected for row in demo.rounds[1:])


def test_copied_party_is_unharmed(demo: Report) -> None:
    assert "hospital-a" in demo.rounds[0].aggregated
    assert demo.balances.accounts["hospital-a"].slashed_wei == "0"
    assert int(demo.balances.accounts["hospital-a"].earned_wei) > 0


def test_sign_flipper_is_left_out_by_the_norm_rule_and_unpaid(demo: Report) -> None:
    for row in demo.rounds:
        assert "flipper" in row.revealed and "flipper" not in row.aggregated
        assert "norm bound" in reasons(row)["flipper"]
    assert demo.balances.accounts["flipper"].earned_wei == "0"


def test_sign_flipper_gets_in_when_the_norm_rule_is_off(demo: Report, demo_without_norm_rule: Report) -> None:
    poisoned, clean = demo_without_norm_rule.rounds[0], demo.rounds[0]
    assert "flipper" in poisoned.aggregated
    assert int(demo_without_norm_rule.balances.accounts["flipper"].earned_wei) > 0
    assert poisoned.metrics["loss"] > clean.metrics["loss"]


def test_hospital_whose_grant_expired_is_out_from_then_on_and_the_others_go_on(demo: Report) -> None:
    assert all("hospital-d" in row.aggregated for row in demo.rounds[:3])
    for row in demo.rounds[3:]:
        assert "hospital-d" not in row.validated
        assert "expires at" in reasons(row)["hospital-d"]
        assert row.aggregated == ["hospital-a", "hospital-b", "hospital-c"]


def test_versions_are_linked_by_their_hashes_and_mirrored(demo: Report) -> None:
    for before, after in zip(demo.rounds, demo.rounds[1:], strict=False):
        assert after.parent_hash == before.model_hash
        assert after.model_version == before.model_version + 1
    assert [row.mlflow_version for row in demo.rounds] == [1, 2, 3, 4, 5]


def test_balances_add_up_to_the_wei(demo: Report) -> None:
    rows = demo.balances.accounts.values()
    assert demo.balances.difference_wei == "0"
    pools = len(demo.rounds) * 10**18
    earned = sum(int(row.earned_wei) for row in rows)
    assert pools - len(rows) * len(demo.rounds) < earned <= pools  # what floor division leaves stays in escrow
    before, after = int(demo.balances.contracts_before_wei), int(demo.balances.contracts_after_wei)
    assert before - after == earned - sum(int(appeal.deposit_wei) for appeal in demo.appeals)  # the treasury's now


def test_federation_beats_every_hospital_alone_and_comes_near_pooling(demo: Report) -> None:
    reached = demo.rounds[-1].metrics["accuracy"]
    assert all(reached > alone["accuracy"] for alone in demo.baselines.local.values())
    assert reached > demo.baselines.pooled["accuracy"] - 0.03


def test_gas_is_reported_for_every_call(demo: Report) -> None:
    for row in demo.rounds:
        assert {"open", "commit", "reveal", "propose", "settle"} <= row.gas.keys()
        assert row.gas["commit"] < 150_000 * len(row.committed)


@pytest.mark.parametrize("number", range(5))
def test_same_seed_makes_the_same_model_on_another_chain(demo: Report, demo_elsewhere: Report, number: int) -> None:
    assert demo_elsewhere.rounds[number].model_hash == demo.rounds[number].model_hash


def test_console_says_nothing_that_is_not_the_demos(demo: Report, demo_folder: Path) -> None:
    said = (demo_folder / "console.txt").read_text()
    assert not re.search(r"\b(DEBUG|INFO|WARNING|ERROR|Traceback|Warning)\b", said), said


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_no_subject_is_named_outside_its_own_silo(demo: Report, demo_folder: Path) -> None:
    found = {
        path.relative_to(demo_folder)
        for path in files(demo_folder)
        if SUBJECT.search(path.read_bytes()) and path.relative_to(demo_folder).parts[0] not in ("silos", "sponsor")
    }
    assert not found


def test_search_finds_subjects_where_they_belong(demo: Report, demo_folder: Path) -> None:
    assert SUBJECT.search((demo_folder / "silos" / "hospital-a" / "data.csv").read_bytes())


@pytest.mark.parametrize("hospital", ["hospital-a", "hospital-d"])
def test_no_raw_value_of_a_patient_reaches_store_mlflow_or_prefect(
    demo: Report, demo_folder: Path, hospital: str
) -> None:
    rows = (demo_folder / "silos" / hospital / "data.csv").read_text().splitlines()[1:]
    values = {row.split(",")[4].encode() for row in rows if len(row.split(",")[4]) >= 6}  # mean area, as written
    for part in ("store", "mlflow", "prefect", "data-docs"):
        for path in files(demo_folder / part):
            content = path.read_bytes()
            assert not [value for value in values if value in content], path


def test_no_key_lies_about_in_the_clear(demo: Report, demo_folder: Path) -> None:
    for name in ("hospital-a", "aggregator", "hospital-a/sealing", "hospital-a/consent"):
        key = dev_key(0, name)
        for path in files(demo_folder):
            if path.relative_to(demo_folder).parts[0] == "silos":
                continue
            content = path.read_bytes()
            assert key not in content and key.hex().encode() not in content, path


def test_committee_votes_in_every_round_and_one_bad_vote_is_outvoted_and_costs_nothing(demo: Report) -> None:
    for row in demo.rounds:
        assert sorted(vote.member for vote in row.votes) == ["validator-a", "validator-b", "validator-c"]
        rejecting = [vote.member for vote in row.votes if not vote.accept]
        assert rejecting == (["validator-c"] if row.round_id == 3 else [])
        metrics = sorted(vote.metric for vote in row.votes if vote.metric is not None)
        assert row.median_metric == metrics[1]
    for name in ("validator-a", "validator-b", "validator-c"):
        account = demo.balances.accounts[name]
        assert (account.slashed_wei, int(account.earned_wei)) == ("0", 5 * (10**18 * 300 // 30_000))  # dissent included
        assert account.stake_before_wei == account.stake_after_wei


def test_absurd_metric_does_not_move_the_median_below_what_somebody_measured(demo: Report) -> None:
    third = demo.rounds[2]
    absurd = min(vote.metric for vote in third.votes if vote.metric is not None)
    assert absurd == -1000.0 and third.median_metric is not None and 0.5 < third.median_metric <= 1.0
