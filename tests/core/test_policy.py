"""A silo's own policy beats the task."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from prefect_federated.core.errors import PlanNotApproved, PolicyRefused
from prefect_federated.core.policy import Policy, check_policy
from prefect_federated.core.spec import ParticipantPrivacy, Query, StatisticsPrivacy, TaskSpec
from tests.core.conftest import GROUPED, MASKED

CODE = b"\x0a" * 32
AGGREGATOR, STANDBY = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
OPEN = {"approved_plans": ("0x" + CODE.hex(),), "readers": (AGGREGATOR,)}

Bent = Callable[[dict[str, Any]], TaskSpec]


def test_silo_that_names_no_plan_trains_none(task: TaskSpec) -> None:
    with pytest.raises(PlanNotApproved, match="not among this silo's 0 approved plans"):
        check_policy(Policy(readers=(AGGREGATOR,)), task, [AGGREGATOR], CODE)


def test_silo_that_names_no_reader_gives_its_keys_to_nobody(task: TaskSpec) -> None:
    with pytest.raises(PolicyRefused, match=r"readers 0x70997.* allows none"):
        check_policy(Policy(approved_plans=("0x" + CODE.hex(),)), task, [AGGREGATOR], CODE)


def test_approved_plan_and_reader_in_any_case_go_through(task: TaskSpec) -> None:
    check_policy(Policy(**OPEN), task, [AGGREGATOR.lower()], CODE)
    check_policy(Policy(approved_plans=("0x" + CODE.hex().upper(),), readers=(AGGREGATOR,)), task, [], CODE)


def test_one_changed_character_of_the_plan_asks_for_a_new_approval(task: TaskSpec) -> None:
    with pytest.raises(PlanNotApproved, match=f"hashes to 0x{'0b' * 32} here, the task names 0x{CODE.hex()}"):
        check_policy(Policy(**OPEN), task, [AGGREGATOR], b"\x0b" * 32)


def test_task_cannot_name_an_approved_hash_and_run_other_code(bent: Bent) -> None:
    task = bent({"plan.code_hash": "0x" + "0b" * 32})
    with pytest.raises(PlanNotApproved):
        check_policy(Policy(**OPEN), task, [AGGREGATOR], CODE)


def test_plan_named_by_the_task_is_not_thereby_approved(bent: Bent) -> None:
    task = bent({"plan.code_hash": "0x" + "0b" * 32})
    with pytest.raises(PlanNotApproved, match="review it"):
        check_policy(Policy(**OPEN), task, [AGGREGATOR], b"\x0b" * 32)


def test_standby_that_the_silo_does_not_name_is_refused(task: TaskSpec) -> None:
    with pytest.raises(PolicyRefused, match=STANDBY.lower()):
        check_policy(Policy(**OPEN), task, [AGGREGATOR, STANDBY], CODE)


def test_forbidden_column_keeps_the_silo_out_even_as_target(task: TaskSpec) -> None:
    for column in ("radius", "malignant"):
        with pytest.raises(PolicyRefused, match=f"columns {column}"):
            check_policy(Policy(**OPEN, forbidden_columns=(column,)), task, [AGGREGATOR], CODE)


def test_purpose_that_the_silo_does_not_serve_is_refused(task: TaskSpec) -> None:
    check_policy(Policy(**OPEN, purposes=("GRU", "DS")), task, [AGGREGATOR], CODE)
    with pytest.raises(PolicyRefused, match="purposes DS, this silo allows GRU"):
        check_policy(Policy(**OPEN, purposes=("GRU",)), task, [AGGREGATOR], CODE)


def test_empty_list_of_purposes_serves_none(task: TaskSpec) -> None:
    with pytest.raises(PolicyRefused, match="allows none"):
        check_policy(Policy(**OPEN, purposes=()), task, [AGGREGATOR], CODE)


def test_mistyped_rule_of_a_policy_is_refused_and_not_ignored() -> None:
    with pytest.raises(ValidationError, match="forbiden_columns"):
        Policy(forbiden_columns=("ssn",))  # type: ignore[call-arg]


def test_task_whose_disputes_may_show_chunks_needs_the_silos_consent_to_that(bent: Bent) -> None:
    disclosing = bent({"enforced.disclosure": 1})
    with pytest.raises(PolicyRefused, match=r"disclosure 1\), this silo allows 0"):
        check_policy(Policy(**OPEN), disclosing, [AGGREGATOR], CODE)
    check_policy(Policy(**OPEN, disclosure=True), disclosing, [AGGREGATOR], CODE)


def test_small_cohort_keeps_the_silo_out(task: TaskSpec) -> None:
    check_policy(Policy(**OPEN, min_cohort=3), task, [AGGREGATOR], CODE, cohort=3)
    with pytest.raises(PolicyRefused, match="has a cohort of 2, this silo joins from 3 on"):
        check_policy(Policy(**OPEN, min_cohort=3), task, [AGGREGATOR], CODE, cohort=2)


def test_groups_smaller_than_the_silos_cohort_keep_it_out(bent: Bent) -> None:
    task = bent(GROUPED)
    check_policy(Policy(**OPEN, min_cohort=5), task, [AGGREGATOR], CODE, cohort=29)
    check_policy(Policy(**OPEN, min_cohort=7), task, [AGGREGATOR], CODE, cohort=7)  # one group of all
    with pytest.raises(PolicyRefused, match="shows the sums of groups of 5, this silo joins from 6 on"):
        check_policy(Policy(**OPEN, min_cohort=6), task, [AGGREGATOR], CODE, cohort=29)


def test_silo_that_allows_no_clear_mode_joins_masked_tasks_alone(task: TaskSpec, bent: Bent) -> None:
    with pytest.raises(PolicyRefused, match="runs in clear mode, this silo allows masked alone"):
        check_policy(Policy(**OPEN, masked_only=True), task, [AGGREGATOR], CODE)
    check_policy(Policy(**OPEN, masked_only=True), bent(MASKED), [AGGREGATOR], CODE)


@pytest.mark.parametrize("noise", [None, 0.79])
def test_less_noise_than_the_silo_asks_for_is_refused(bent: Bent, noise: float | None) -> None:
    task = bent({"privacy": None if noise is None else {"noise_multiplier": noise, "max_grad_norm": 1.0}})
    check_policy(Policy(**OPEN), task, [AGGREGATOR], CODE)
    with pytest.raises(PolicyRefused, match=r"trains with noise multiplier .*, this silo asks for 0\.8 or more"):
        check_policy(Policy(**OPEN, min_noise=0.8), task, [AGGREGATOR], CODE)


def test_noise_is_split_among_no_more_than_the_silo_allows(task: TaskSpec) -> None:
    privacy = ParticipantPrivacy(noise_multiplier=4.0, max_norm=1.0, fewest=3)
    split = task.model_copy(update={"privacy": privacy})
    with pytest.raises(PolicyRefused, match="splits its noise among 3 silos, this silo allows 1"):
        check_policy(Policy(**OPEN), split, [AGGREGATOR], CODE)
    check_policy(Policy(**OPEN, most_split=3), split, [AGGREGATOR], CODE)


@pytest.mark.parametrize(
    ("cells", "min_cell", "told"), [({"fewest": 4}, 5, 4), ({"fewest": 5, "at": "pool"}, 5, 1), ({"fewest": 9}, 10, 9)]
)
def test_statistics_of_smaller_cells_than_the_silo_tells_are_refused(
    task: TaskSpec, cells: dict[str, Any], min_cell: int, told: int
) -> None:
    asked = {"columns": [{"name": "age", "minimum": 0, "maximum": 99}], "cells": cells}
    counted = task.model_copy(update={"data": Query.model_validate(asked)})
    with pytest.raises(PolicyRefused, match=f"cells of {told} rows .* tells none below {min_cell}"):
        check_policy(Policy(**OPEN, min_cell=min_cell), counted, [AGGREGATOR], CODE)
    check_policy(Policy(**OPEN, min_cell=told), counted, [AGGREGATOR], CODE)
    check_policy(Policy(**OPEN, min_cell=min_cell), task, [AGGREGATOR], CODE)


def test_cells_of_any_size_leave_under_noise_alone_that_the_silo_called_enough(task: TaskSpec) -> None:
    asked = {"columns": [{"name": "age", "minimum": 0, "maximum": 99}], "cells": {"at": "pool"}}
    privacy = StatisticsPrivacy(noise_multiplier=2.0, fewest=3)
    noisy = task.model_copy(update={"data": Query.model_validate(asked), "privacy": privacy})
    split: dict[str, Any] = {**OPEN, "most_split": 3}
    with pytest.raises(
        PolicyRefused, match=r"under noise \(multiplier 2\), this silo tells none below 5 and has not said"
    ):
        check_policy(Policy(**split), noisy, [AGGREGATOR], CODE)
    with pytest.raises(PolicyRefused, match=r"noise multiplier 2, this silo asks for 2\.1 or more"):
        check_policy(Policy(**split, min_noise=2.1), noisy, [AGGREGATOR], CODE)
    with pytest.raises(PolicyRefused, match="splits its noise among 3 silos, this silo allows 1"):
        check_policy(Policy(**OPEN, min_noise=2.0), noisy, [AGGREGATOR], CODE)
    with pytest.raises(
        PolicyRefused, match="hides each row under noise, this silo joins tasks that hide each participant"
    ):
        check_policy(Policy(**split, min_noise=2.0, whole_silo=True), noisy, [AGGREGATOR], CODE)
    check_policy(Policy(**split, min_noise=2.0), noisy, [AGGREGATOR], CODE)
    check_policy(Policy(**split, min_cell=1), noisy, [AGGREGATOR], CODE)


def test_noise_at_the_floor_is_enough(bent: Bent) -> None:
    task = bent({"privacy": {"noise_multiplier": 0.8, "max_grad_norm": 1.0}})
    check_policy(Policy(**OPEN, min_noise=0.8), task, [AGGREGATOR], CODE)


def test_noise_on_whole_updates_counts_by_what_a_silos_data_can_move(bent: Bent) -> None:
    task = bent({"privacy": {"unit": "participant", "noise_multiplier": 1.6, "max_norm": 1.0}})
    check_policy(Policy(**OPEN, min_noise=0.8, whole_silo=True), task, [AGGREGATOR], CODE)
    with pytest.raises(PolicyRefused, match=r"noise multiplier 0\.8, this silo asks for 0\.81"):
        check_policy(Policy(**OPEN, min_noise=0.81), task, [AGGREGATOR], CODE)


@pytest.mark.parametrize(
    ("privacy", "hidden"), [(None, "nothing"), ({"noise_multiplier": 9.0, "max_grad_norm": 1.0}, "each row")]
)
def test_silo_that_hides_all_it_has_joins_such_tasks_alone(bent: Bent, privacy: Any, hidden: str) -> None:
    task = bent({"privacy": privacy})
    check_policy(Policy(**OPEN), task, [AGGREGATOR], CODE)
    with pytest.raises(PolicyRefused, match=f"hides {hidden} under noise, this silo joins tasks that hide each part"):
        check_policy(Policy(**OPEN, whole_silo=True), task, [AGGREGATOR], CODE)


def test_noise_that_only_the_plans_settings_name_is_no_noise(bent: Bent) -> None:
    task = bent({"plan.hyperparameters": {"noise_multiplier": 2.0}})
    with pytest.raises(PolicyRefused, match="noise multiplier 0, this silo asks for"):
        check_policy(Policy(**OPEN, min_noise=0.8), task, [AGGREGATOR], CODE)


def test_date_that_is_only_checked_may_be_forbidden_too(bent: Bent) -> None:
    task = bent({"data.freshness": {"column": "seen", "max_age_s": 9}})
    with pytest.raises(PolicyRefused, match="columns seen"):
        check_policy(Policy(**OPEN, forbidden_columns=("seen",)), task, [AGGREGATOR], CODE)
