"""What a model may be used for: never more than any of its inputs, and no less than all of them together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.remedies import State
from prefect_federated.core.usage_rights import EVERYTHING, UsageRights, intersection, permission

rights = st.builds(UsageRights, st.integers(0, 2**64 - 1), st.integers(0, 2**40 - 1))


@given(rights, st.lists(rights, max_size=6), rights)
def test_an_intersection_is_the_widest_that_lies_within_all_inputs(
    base: UsageRights, grants: list[UsageRights], other: UsageRights
) -> None:
    found = intersection(base, grants)
    assert all(found.within(one) for one in (base, *grants))
    assert other.within(found) == all(other.within(one) for one in (base, *grants))


@given(rights, st.lists(rights, max_size=6))
def test_the_order_of_the_grants_does_not_matter(base: UsageRights, grants: list[UsageRights]) -> None:
    assert intersection(base, grants) == intersection(base, reversed(grants))


def test_nobody_included_leaves_the_base_its_rights() -> None:
    assert intersection(UsageRights(5, 9), []) == UsageRights(5, 9)


@given(rights, st.integers(0, 2**64 - 1), st.integers(0, 2**40))
def test_a_use_is_allowed_if_and_only_if_all_its_purposes_and_its_time_are(
    given_: UsageRights, purposes: int, at_s: int
) -> None:
    allowed = purposes & given_.purposes == purposes and at_s < given_.usable_until
    assert permission(given_, purposes, at_s).allowed == allowed


@pytest.mark.parametrize(
    ("state", "words"),
    [(State.OPEN, "no steward has answered"), (State.RETRAIN, "trained anew"), (State.RETIRE, "retired it")],
)
def test_a_remedy_forbids_every_use_until_it_is_accepted(state: State, words: str) -> None:
    refused = permission(EVERYTHING, 1, 1, state)
    assert not refused.allowed and words in refused.reason
    assert permission(EVERYTHING, 1, 1, State.ACCEPT).allowed
    assert not permission(UsageRights(2, 9), 1, 1, State.ACCEPT).allowed
