"""Who opens updates is chosen in words; what was agreed before there was a choice keeps its hash."""

import hashlib
from collections.abc import Callable

import pytest
from pydantic import ValidationError

from prefect_federated.core.errors import SpecError, SpecMismatch
from prefect_federated.core.opening_spec import ByCommittee, ByEach
from prefect_federated.core.spec import TaskSpec, parse_spec
from tests.core.conftest import MASKED, Values

Bent = Callable[..., TaskSpec]
COMMITTEE: Values = {
    "enforced.committee": 3,
    "enforced.vote_window": 60,
    "enforced.vote_reveal_window": 60,
    "enforced.validator_bond": 10**18,
}
# Of the task of conftest as a draft without that choice has it.
HASH_BEFORE = "72e46ce2339ce096544fef8d46a3f79a7900a0d48646edecf7403aa481d59719"


def test_task_that_says_nothing_is_opened_by_each_reader_and_keeps_its_hash(task: TaskSpec) -> None:
    assert task.opening == ByEach() and b"opening" not in task.canonical()
    assert task.spec_hash.hex() == HASH_BEFORE
    assert parse_spec(task.canonical(), task.spec_hash) == task


def test_opening_by_committee_is_read_as_it_was_written_and_changes_the_hash(bent: Bent) -> None:
    before = bent(COMMITTEE)
    together = bent({"opening": {"name": "committee", "threshold": 2}})
    assert together.opening == ByCommittee(threshold=2) and together.spec_hash != before.spec_hash
    assert parse_spec(together.canonical(), together.spec_hash) == together
    other = bent({"opening": {"name": "committee", "threshold": 3}})
    assert other.spec_hash != together.spec_hash


def test_usual_opening_written_out_is_the_same_task_and_no_canonical_spec(bent: Bent) -> None:
    said = bent({"opening": {"name": "each"}})
    assert said.spec_hash.hex() == HASH_BEFORE
    content = said.canonical().replace(b'"plan":', b'"opening":{"name":"each"},"plan":')
    with pytest.raises(SpecMismatch, match="not in canonical form"):
        parse_spec(content, hashlib.sha256(content).digest())


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"opening": {"name": "committee", "threshold": 4}},
            "opening.threshold is 4, the task's committee has 3 seats",
        ),
        ({"opening": {"name": "committee", "threshold": 0}}, "opening.committee.threshold"),
        ({"opening": {"name": "committee", "threshold": 32}}, "opening.committee.threshold"),
        ({"opening": {"name": "committee"}}, "opening.committee.threshold"),
        ({"opening": {"name": "each", "threshold": 2}}, "opening.each.threshold"),
        ({"opening": {"name": "anybody"}}, "opening"),
        ({"enforced.finality_gap": 60}, "vote_window is 60 s, finality_gap 60 s: members release their shares so long"),
        (
            {"regions": [{"name": "north", "aggregator": "0x" + "71" * 20, "silos": ["0x" + "72" * 20]}]},
            "opening by committee with 1 regions: their aggregators read updates before any committee does",
        ),
    ],
)
def test_what_no_committee_could_open_is_refused_by_name(bent: Bent, changes: Values, words: str) -> None:
    with pytest.raises((ValidationError, SpecError), match=words):
        bent({**COMMITTEE, "opening": {"name": "committee", "threshold": 2}, **changes})


@pytest.mark.parametrize("mode", [{}, MASKED], ids=["clear", "masked"])
def test_task_without_a_committee_is_opened_by_none(bent: Bent, mode: Values) -> None:
    with pytest.raises(SpecError, match="with threshold 2 in a task without a committee; give it one"):
        bent({**mode, "opening": {"name": "committee", "threshold": 2}})


@pytest.mark.parametrize("threshold", [1, 2, 3])
def test_any_number_of_members_up_to_all_may_be_asked_for(bent: Bent, threshold: int) -> None:
    assert bent({**COMMITTEE, "opening": {"name": "committee", "threshold": threshold}}).opening.threshold == threshold
