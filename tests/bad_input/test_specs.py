"""A task that is not what it claims is refused by every silo at once, before anything is read."""

import hashlib
from typing import Any

import pytest

from prefect_federated.core.errors import SpecMismatch
from prefect_federated.core.round import Phase, Status
from prefect_federated.flows.cast import Cast, RoundResult
from prefect_federated.flows.members import Participant
from tests.bad_input.bad_round import BadRound, assert_says, drive, standing
from tests.bad_input.cast import Observed
from tests.bad_input.consortium import WINDOW_S
from tests.bad_input.silos import HONEST


def refuse(bad: BadRound, **false: Any) -> tuple[RoundResult, list[Observed]]:
    """A round of a task whose chain and spec disagree, with the honest silos."""
    town = bad.consortium
    members = [Observed(Participant(bad.members[name].silo)) for name in HONEST]
    task = town.task(list(HONEST), **false)
    before = [standing(town, name) for name in HONEST]
    result = drive(Cast(town.sponsor().open(), town.aggregator().open(), members), task)
    assert [standing(town, name) for name in HONEST] == before, "somebody sent or lost something"
    assert town.reader.round_state(task).phase is Phase.VOIDED
    return result, members


def assert_all_refused(result: RoundResult, members: list[Observed], *words: str) -> None:
    """Nobody committed, everybody is on record with the mismatch, the round is void."""
    assert (result.log.status, result.log.committed) == (Status.VOIDED, ())
    excluded = {e.participant: e for e in result.log.participation(result.notes.exclusions).excluded}
    for member in members:
        (error,) = member.errors
        assert type(error) is SpecMismatch and error.exit_code == 3
        assert_says(error, *words)
        assert (excluded[member.account].stage, excluded[member.account].reason) == ("listen", str(error))


def test_spec_that_does_not_hash_to_the_chains_is_refused(bad: BadRound) -> None:
    other = hashlib.sha256(b"another spec").digest()
    ours = bad.consortium.spec().spec_hash
    assert_all_refused(*refuse(bad, spec_hash=other), ours.hex(), other.hex(), "refuse")


@pytest.mark.parametrize(("field", "value", "agreed"), [("reveal_window", 1, WINDOW_S), ("max_weight", 9, 1000)])
def test_shared_field_that_differs_is_refused_by_name(bad: BadRound, field: str, value: int, agreed: int) -> None:
    words = f"field {field} is {agreed} in the spec, {value} on chain"
    assert_all_refused(*refuse(bad, **{field: value}), words, "refuse it")
