"""What starts a run of which role."""

import pytest

from prefect_federated.adapters.evm.records import Event
from prefect_federated.cli.listening import FOLLOWED, Kind, Role, concerns
from prefect_federated.core.round import Phase

KINDS: tuple[Kind, ...] = ("silo", "aggregator", "validator")


@pytest.mark.parametrize(
    ("phase", "masked", "told"),
    [
        (Phase.COMMIT, True, {"silo", "aggregator"}),
        (Phase.COMMIT, False, set()),
        (Phase.REVEAL, True, {"silo", "validator"}),
        (Phase.UNMASK, True, {"silo"}),
        (Phase.AGGREGATE, True, {"aggregator"}),
    ],
)
def test_who_owes_something_in_a_phase_hears_that_it_begins(phase: Phase, masked: bool, told: set[Kind]) -> None:
    """A masked round's Share and Reveal may end long before their time: who is told then does not lose its bond."""
    began = Event("PhaseChanged", {"task": 1, "round": 4, "phase": phase}, 9, b"", 0, 0, "")
    heard = {kind for kind in KINDS if concerns(Role(kind, "block", 1, "deployment"), began, 4, masked)}
    assert heard == told and began.name in FOLLOWED
