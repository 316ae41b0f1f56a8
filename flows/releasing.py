"""Reading together: before a reader acts on a round whose committee opens updates, it joins what members released.

member: shares due? --release--> mailbox      reader: join --too few, some to come, in time?--> come back | go on
"""

from prefect_federated.adapters.mailbox import Mailbox
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.reading import read_task_spec
from prefect_federated.adapters.releasing import require_mailbox
from prefect_federated.core.committee import seat_of
from prefect_federated.core.due import shares_due, shares_until
from prefect_federated.core.round import RoundState
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.release import join_shares, release

WAITS = "waits"


def opened_together(party: Party, task: int) -> bool:
    """Whether a task's committee opens its updates; told from the spec alone, since every run of a reader asks."""
    return read_task_spec(party, party.federation.task_of(task)).opening.threshold > 0


def release_once(party: Party, mailbox: Mailbox | None, state: RoundState) -> bool:
    """Release a member's shares that are due and not released; whether there were any.

    Raises:
        ConfigurationError: the committee opens updates, and the member has no mailbox.
    """
    federation, task = party.federation, state.task
    ballot = federation.ballot(task)
    gap_s = federation.task_of(task).enforced.finality_gap
    if not ballot.drawn or ballot.round != state.round or not shares_due(state, federation.chain_time(), gap_s):
        return False
    if seat_of(federation.seats(task), party.account) is None or not opened_together(party, task):
        return False
    spec = listen(party, task, state.round)
    return release(party, require_mailbox(mailbox, party, spec), spec) > 0


def join_early(party: Party, mailbox: Mailbox | None, state: RoundState) -> bool:
    """Join what was released so far, before anybody could take it out of the mailbox; whether it gave a key."""
    if mailbox is None or not opened_together(party, state.task):
        return False
    return join_shares(party, mailbox, listen(party, state.task, state.round)).joined > 0


def reads_on(party: Party, mailbox: Mailbox | None, spec: RoundSpec, state: RoundState) -> bool:
    """Join what was released; whether the reader goes on with what it can read now, rather than wait for more.

    Raises:
        ConfigurationError: the committee opens updates, and the reader has no mailbox.
    """
    if not spec.threshold:
        return True
    reading = join_shares(party, require_mailbox(mailbox, party, spec), spec)
    until = shares_until(state, spec.spec.enforced.finality_gap)
    return not reading.awaited or party.federation.chain_time() >= until
