"""Opened in a roll, without a receipt of the aggregator: a silo takes its commit out, and is not to be passed over.

However many the poster has opened: Reveal lasts until its deadline.
"""

from collections.abc import Sequence
from typing import Any

import pytest

from prefect_federated.adapters.lifting import is_unconfirmed
from prefect_federated.core.relaying import middle
from prefect_federated.core.result import ResultDocument
from prefect_federated.core.round import Phase, RoundState, Status
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.conclude import bring_on, conclude
from prefect_federated.flows.participate import participate
from prefect_federated.flows.relay import relay
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.tasks.commit import recall
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.reveal import leave_roll
from tests.flows.conftest import HOSPITALS, Found
from tests.flows.lies import Truth, propose
from tests.flows.posters import begin, settle, to_reveal, wait_for_letters, with_poster

pytestmark = pytest.mark.slow
FIRST, SECOND, THIRD = HOSPITALS


@pytest.fixture(scope="module")
def consortium(found: Found, prefect_api: str, tmp_path_factory: pytest.TempPathFactory) -> Consortium:
    return with_poster(found, tmp_path_factory.mktemp("unconfirmed"), 2)


def opened_in_roll(consortium: Consortium, names: Sequence[str]) -> RoundSpec:
    """A round in Reveal whose roll holds all commits, and opens those of these silos."""
    task, round = consortium.task, begin(consortium)
    assert [participate(name, task) for name in HOSPITALS] == ["leave commit"] * 3
    assert relay("poster", task) == "3 commits in a roll"
    to_reveal(consortium)
    assert [participate(name, task) for name in names] == ["leave reveal"] * len(names)
    if len(names) < len(HOSPITALS):
        wait_for_letters(consortium)
    assert relay("poster", task) == f"{len(names)} openings in a roll"
    return listen(consortium.standby.open().party, task, round)


def to_the_middle(consortium: Consortium) -> None:
    federation = consortium.federation()
    federation.wait_until(middle(federation.round_state(consortium.task)))


def test_whom_the_aggregator_confirms_stays_in_the_roll(consortium: Consortium) -> None:
    task = consortium.task
    opened_in_roll(consortium, (FIRST, SECOND))
    assert conclude("aggregator", task) == "receipts"
    to_the_middle(consortium)
    assert [participate(name, task) for name in HOSPITALS] == ["nothing", "nothing", "reveal"]
    assert settle(consortium) == Status.SUCCESS


def test_whom_the_aggregator_does_not_confirm_leaves_a_roll_that_opened_all_and_proves_that_it_is_passed_over(
    consortium: Consortium,
) -> None:
    task, spec = consortium.task, opened_in_roll(consortium, HOSPITALS)
    federation = consortium.sponsor.open().federation
    assert all_opened_in_reveal(federation.round_state(task))  # nobody is missing, and there is time to leave
    assert participate(FIRST, task) == "nothing"  # the receipt may still come
    to_the_middle(consortium)
    assert participate(FIRST, task) == "leave roll"
    assert participate(FIRST, task) == "nothing"
    assert federation.rolled_of(task).opened == 2
    assert all_opened_in_reveal(federation.round_state(task))  # the next one can leave too
    federation.wait_until(federation.round_state(task).deadline + 1)
    assert_stays(consortium, spec, SECOND)
    propose(consortium, spec, without_the_first)
    assert [participate(name, task) for name in (SECOND, THIRD)] == ["nothing"] * 2
    assert participate(FIRST, task) == "object"
    assert federation.fallen(task, spec.round) == [consortium.ground.accounts["aggregator"].address]
    assert bring_on(consortium.standby.open(), task) == "aggregate"
    federation.wait_until(federation.round_state(task).deadline + 1)
    assert bring_on(consortium.standby.open(), task) == "settle"
    assert federation.round_state(task).status is Status.SUCCESS


def all_opened_in_reveal(state: RoundState) -> bool:
    return state.phase is Phase.REVEAL and state.revealed == state.committed == len(HOSPITALS)


def assert_stays(consortium: Consortium, spec: RoundSpec, name: str) -> None:
    """Nobody gave it a receipt, and it is too late to leave: what it would send is refused, and nothing is lost."""
    party = consortium.members[name].open().party
    sealed = recall(party, spec)
    assert sealed is not None and is_unconfirmed(party, spec)
    assert leave_roll.fn(party, spec, sealed) is False
    assert party.federation.has_revealed(spec.task, spec.round, party.account)


def without_the_first(truth: Truth) -> tuple[ResultDocument, dict[str, Any]]:
    document = truth.document.model_copy(update={"included": truth.document.included[1:]})
    return document, {"included": 2, "exclusions": b""}
