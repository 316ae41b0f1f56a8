"""What starts a run of which role."""

from prefect_federated.adapters.evm.records import Event
from prefect_federated.cli.listening import FOLLOWED, Kind, Role, concerns
from prefect_federated.core.round import Phase

KINDS: tuple[Kind, ...] = ("silo", "aggregator", "validator")


def test_an_aggregator_hears_when_commit_begins_in_a_masked_round() -> None:
    began = Event("PhaseChanged", {"task": 1, "round": 4, "phase": Phase.COMMIT}, 9, b"", 0, 0, "")
    heard = {kind: concerns(Role(kind, "block", 1, "deployment"), began, 4) for kind in KINDS}
    assert heard == {"silo": False, "aggregator": True, "validator": False} and began.name in FOLLOWED
