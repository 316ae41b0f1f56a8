"""A URI that is no text must not keep anybody from reading the round."""

from prefect_federated.core.round import Status
from prefect_federated.flows.cast import Cast
from prefect_federated.flows.members import Participant
from tests.bad_input.bad_round import BadRound, drive
from tests.bad_input.cast import Scribbler
from tests.bad_input.silos import HONEST


def test_uri_that_is_no_text_excludes_its_sender_alone(bad: BadRound) -> None:
    town = bad.consortium
    members = [Participant(bad.members[name].silo) for name in HONEST]
    members.append(Scribbler(town.silo("scribbler").open()))
    task = town.task([*HONEST, "scribbler"])
    log = drive(Cast(town.sponsor().open(), town.aggregator().open(), members), task).log
    assert log.status is Status.DEGRADED and len(log.aggregated) == len(HONEST)
