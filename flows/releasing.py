"""Reading together: before a reader acts on a round whose committee opens updates, it joins what members released.

member: shares due? --release--> mailbox      reader: join --too few, some to come, in time?--> come back | go on
"""

from prefect_federated.adapters.mailbox import Mailbox
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.releasing import require_mailbox
from prefect_federated.core.committee import seat_of
from prefect_federated.core.due import awaits_shares, shares_due
from prefect_federated.core.round import RoundState
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.release import join_shares, release

WAITS = "waits"


def release_once(party: Party, mailbox: Mailbox | None, state: RoundState) -> bool:
    """Release a member's shares that are due and not released; whether there were any.

    Raises:
        ConfigurationError: the committee opens updates, and the member has no mailbox.
    """
    federation, task = party.federation, state.task
    ballot = federation.ballot(task)
    if not ballot.drawn or ballot.round != state.round or not shares_due(state, federation.chain_time()):
        return False
    if seat_of(federation.seats(task), party.account) is None:
        return False
    spec = listen(party, task, state.round)
    return spec.threshold > 0 and release(party, require_mailbox(mailbox, party, spec), spec) > 0


def join_early(party: Party, mailbox: Mailbox | None, state: RoundState) -> bool:
    """Join what was released so far, before anybody could take it out of the mailbox; whether it gave a key."""
    if mailbox is None:
        return False
    spec = listen(party, state.task, state.round)
    return spec.threshold > 0 and join_shares(party, mailbox, spec).joined > 0


def reads_on(party: Party, mailbox: Mailbox | None, spec: RoundSpec, state: RoundState) -> bool:
    """Join what was released; whether the reader goes on with what it can read now, rather than wait for more.

    Raises:
        ConfigurationError: the committee opens updates, and the reader has no mailbox.
    """
    if not spec.threshold:
        return True
    reading = join_shares(party, require_mailbox(mailbox, party, spec), spec)
    return not reading.awaited or not awaits_shares(state, party.federation.chain_time())
