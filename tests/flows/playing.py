"""A round brought to where everybody has revealed, by the members' own calls."""

from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.flows.members import Participant
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.open_round import open_round


def revealed(consortium: Consortium) -> RoundSpec:
    """The next round, in which everybody has revealed."""
    task = consortium.task
    round = open_round(consortium.sponsor.open(), task)
    members = [Participant(block.open()) for block in consortium.members.values()]
    for member in members:
        member.commit(task, round)
    for member in members:
        member.reveal(task, round)
    return listen(consortium.aggregator.open().party, task, round)
