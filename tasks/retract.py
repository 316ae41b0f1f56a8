"""Retract: take commits, and shares of a mask, out of a round whose consent was withdrawn; no bond is lost over it.

withdrawn grants of the round's commits --retract--> out of the round, the participant out of the task for a while
"""

from prefect import task
from prefect.cache_policies import NO_CACHE

from prefect_federated.adapters.evm.masking import Dealt
from prefect_federated.adapters.evm.retracting import Running
from prefect_federated.adapters.party import Party
from prefect_federated.tasks.once import unless_done
from prefect_federated.tasks.retry import DELAYS_S, RETRIES, is_transport_error


def retract_withdrawn(party: Party, task: int, account: str | None = None) -> int:
    """Take out what a task's running round holds under withdrawn grants, of one account or of all; says how many.

    Rounds without any cost no task run.
    """
    found = party.federation.withdrawn_commits(task, account)
    for commit in found:
        retract(party, commit)
    shares = party.federation.withdrawn_shares(task, account)
    for dealt in shares:
        retract_shares(party, task, dealt)
    return len(found) + len(shares)


@task(
    task_run_name="round-{commit.round}/{party.name}/retract",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def retract(party: Party, commit: Running) -> None:
    """Take one commit out; does nothing where somebody else has, or Reveal is over."""
    with unless_done(lambda: commit not in party.federation.withdrawn_commits(commit.task, commit.participant)):
        party.federation.retract(commit)


@task(
    task_run_name="{party.name}/retract-shares",
    cache_policy=NO_CACHE,
    retries=RETRIES,
    retry_delay_seconds=DELAYS_S,
    retry_condition_fn=is_transport_error,
)
def retract_shares(party: Party, task: int, dealt: Dealt) -> None:
    """Take back what somebody dealt in a masked round; does nothing where somebody else has."""
    round = party.federation.round_state(task).round
    with unless_done(lambda: dealt not in party.federation.withdrawn_shares(task, dealt.participant)):
        party.federation.retract_shares(task, round, dealt)
