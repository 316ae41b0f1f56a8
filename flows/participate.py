"""participate: one silo's part. Reads the chain, does what is due, schedules the next window, exits.

round state + standing --due--> commit | reveal | object | claim | floor --> next run at the next window
a masked round --due--> share | unmask, too
letters in a roll --> challenge a broken receipt, before the commit | leave the roll where nobody confirms the opening
consent withdrawn in Commit or Reveal --> retract
a round that ended unread --> privacy refund, before the next one is validated
"""

from collections.abc import Callable, Iterator, Sequence

from prefect import flow
from prefect.logging import get_run_logger

from prefect_federated.adapters.claiming import rewards_due
from prefect_federated.adapters.inclusion import broken_inclusions
from prefect_federated.adapters.lifting import is_opened_in_roll, is_unconfirmed
from prefect_federated.adapters.receipts import broken_receipt
from prefect_federated.adapters.silo import Silo as OpenSilo
from prefect_federated.adapters.turn import take_turn
from prefect_federated.adapters.vouching import is_left_out_unjustly
from prefect_federated.blocks.silo import Silo
from prefect_federated.core.due import Standing, participant_due
from prefect_federated.core.errors import BufferFull, TransportError
from prefect_federated.core.relaying import WAITING, middle
from prefect_federated.core.round import Phase, RoundState
from prefect_federated.flows.members import Participant
from prefect_federated.flows.next_window import schedule_next
from prefect_federated.tasks.commit import recall
from prefect_federated.tasks.inclusion import challenge_broken, keep_inclusion
from prefect_federated.tasks.judge import judge
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.receipts import keep_receipts
from prefect_federated.tasks.retract import retract_withdrawn
from prefect_federated.tasks.reveal import leave_roll
from prefect_federated.tasks.settle import claim, claim_floor, refund_privacy
from prefect_federated.tasks.vouching import keep_vouched


@flow(name="participate", flow_run_name="{silo}/task-{task}/participate")
def participate(silo: str, task: int) -> str:
    """Do what is due for one silo now.

    Args:
        silo: name of the `Silo` block.
        task: index of the task on chain.

    Returns:
        What was done, such as "commit", "commit, reveal", "share" or "unmask" in a masked round,
        or, for a relayer or poster, "leave commit", "challenge",
        "leave roll"; "nothing"; or "busy" where another run is at it.
    """
    block: Silo = Silo.load(silo)  # type: ignore[assignment]
    opened = block.open()
    federation = opened.party.federation
    halfway = opened.commit_by in WAITING or federation.is_masked(task)  # then who is kept from masking commits a blank
    try:
        with take_turn(block.signer.home, task) as mine:
            return take_part(opened, task) if mine else "busy"
    finally:
        schedule_next(federation, task, halfway)


def take_part(silo: OpenSilo, task: int) -> str:
    """The steps that are due, through the same tasks wherever it runs."""
    return ", ".join(_steps(silo, task)) or "nothing"


def _steps(silo: OpenSilo, task: int) -> Iterator[str]:
    """Whoever commits last may find the reveal due: nobody else would wake it for that."""
    federation, member, last = silo.party.federation, Participant(silo), ""
    yield from _promises(silo, federation.round_state(task))
    if federation.refundable(task, silo.party.account) and refund_privacy(silo.party, task):
        yield "refund"
    if retract_withdrawn(silo.party, task, silo.party.account):
        yield "retract"
    while True:
        state = federation.round_state(task)
        now_s, paused_until = federation.chain_time(), federation.paused_until()
        due = participant_due(state, _standing(silo, state), now_s, _grace_s(silo, task), paused_until)
        if due is None or due == last:
            break
        leaves = silo.relays(task) is not None
        try:
            getattr(member, due)(task, state.round)
        except BufferFull as full:
            get_run_logger().info("%s", full)
            yield "too late for the buffer"
            break
        last = due
        yield f"leave {due}" if leaves else due
    yield from _receipts(silo, state)
    yield from _unconfirmed(silo, state)
    if state.round and state.phase.over and rewards_due(silo.party, task) and claim(silo.party, task):
        yield "claim"
    if state.status.spoilt and silo.party.federation.floor_due(task, state.round, silo.party.account) is not None:
        claim_floor(silo.party, task, state.round)
        yield "floor"


def _receipts(silo: OpenSilo, state: RoundState) -> Iterator[str]:
    """Keep receipts and what the committee says as long as they arrive; object where either is contradicted."""
    if silo.mailbox is None or not Phase.REVEAL <= state.phase <= Phase.CHALLENGE:
        return
    spec = listen(silo.party, state.task, state.round)
    keep_receipts(silo.party, silo.mailbox, spec)
    if spec.spec.enforced.committee:
        keep_vouched(silo.party, silo.mailbox, spec)
    if state.phase is Phase.CHALLENGE and (broken_receipt(silo.party, spec) or is_left_out_unjustly(silo.party, spec)):
        judge(silo.party, spec)
        yield "object"


def _promises(silo: OpenSilo, state: RoundState) -> Iterator[str]:
    """Keep inclusion receipts, and show broken ones before the commit that is due: after it nobody could any more.

    What cannot be read or sent here holds up no commit.
    """
    party, mailbox = silo.party, silo.mailbox
    if mailbox is None or state.phase in (Phase.NONE, Phase.SETTLED):
        return
    if not party.federation.task_of(state.task).enforced.rolled:
        return
    if state.phase in (Phase.COMMIT, Phase.REVEAL):
        _try(lambda: keep_inclusion(party, mailbox, state))
    if _try(lambda: broken_inclusions(party, state)) and _try(lambda: challenge_broken(party, state)):
        yield "challenge"


def _try(step: Callable[[], Sequence[object]]) -> Sequence[object]:
    try:
        return step()
    except TransportError as error:
        get_run_logger().warning("inclusion receipts: %s", error)
        return ()


def _unconfirmed(silo: OpenSilo, state: RoundState) -> Iterator[str]:
    """In the second half of Reveal, leave a roll that opened the commit, where no receipt has come for it."""
    federation = silo.party.federation
    if silo.mailbox is None or state.phase is not Phase.REVEAL or federation.chain_time() < middle(state):
        return
    if not is_opened_in_roll(silo.party, state.task, state.round):
        return
    spec = listen(silo.party, state.task, state.round)
    sealed = recall(silo.party, spec)
    if sealed is not None and is_unconfirmed(silo.party, spec) and leave_roll(silo.party, spec, sealed):
        yield "leave roll"


def _standing(silo: OpenSilo, state: RoundState) -> Standing:
    federation, account = silo.party.federation, silo.party.account
    masked = federation.is_masked(state.task)
    return Standing(
        in_cohort=federation.in_cohort(state.task, state.round, account),
        committed=federation.has_committed(state.task, state.round, account),
        revealed=federation.has_revealed(state.task, state.round, account),
        owes=federation.has_mark(state.task, state.round, account),
        masked=masked,
        dealt=masked and federation.has_dealt(state.task, state.round, account),
        survives=masked and federation.survives(state.task, state.round, account),
        shown=masked and federation.has_shown(state.task, state.round, account),
        deals_from=federation.deals_from(state),
    )


def _grace_s(silo: OpenSilo, task: int) -> int:
    return silo.party.federation.task_of(task).enforced.reveal_grace
