"""conclude: the aggregator's part. Reads the chain, aggregates or settles what is due, schedules, exits.

Commit, Reveal --> retract whose consent was withdrawn
masked: Share to Aggregate --> keep what was dealt
Reveal --> receipts                    Aggregate --> aggregate (standby: second half; regions: after their sums)
Vote, VoteReveal --> keys, joined from what the committee released, where it opens updates
Challenge --> judge another's          over --> settle, mirror       masked, not of all --> strike who spoilt it
"""

from prefect import flow

from prefect_federated.adapters.aggregator import Aggregator as OpenAggregator
from prefect_federated.adapters.claiming import rewards_due
from prefect_federated.adapters.evm.records import TaskOnChain
from prefect_federated.adapters.mirroring import is_mirrored
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.reading import read_task_spec
from prefect_federated.adapters.regional import awaits_regions
from prefect_federated.adapters.round_log import is_recorded
from prefect_federated.adapters.sum_opening import awaits_sums, require_openings_found
from prefect_federated.adapters.turn import take_turn
from prefect_federated.blocks.aggregator import Aggregator
from prefect_federated.core.due import Duty, aggregator_due
from prefect_federated.core.errors import ConfigurationError, StoreUnreachable
from prefect_federated.core.round import Phase, RoundState
from prefect_federated.flows.judging import judge_once, strike_once
from prefect_federated.flows.next_window import AGAIN_S, MISSES_S, schedule_next
from prefect_federated.flows.releasing import WAITS, join_early, reads_on
from prefect_federated.tasks.aggregate import aggregate
from prefect_federated.tasks.demands import meet_demands
from prefect_federated.tasks.keep import keep_shares
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.receipts import issue_receipts
from prefect_federated.tasks.retract import retract_withdrawn
from prefect_federated.tasks.settle import claim, mirror, record, settle

MISSES = "misses"
SOON_S = {WAITS: AGAIN_S, MISSES: MISSES_S}
MASKED = (Phase.SHARE, Phase.COMMIT, Phase.REVEAL, Phase.UNMASK, Phase.AGGREGATE)


@flow(name="conclude", flow_run_name="{aggregator}/task-{task}/conclude")
def conclude(aggregator: str, task: int) -> str:
    """Do what is due for the aggregator, or the standby, now.

    Args:
        aggregator: name of the `Aggregator` block.
        task: index of the task on chain.

    Returns:
        What was done: "retract", "keep", "receipts", "keys", "aggregate", "judge", "answer", "forfeit", "strike",
        "settle" or "nothing"; "waits" for the sums of regions, shares of the committee or openings of key holders,
        "misses" what somebody dealt; "busy" where another run is at it.
    """
    block: Aggregator = Aggregator.load(aggregator)  # type: ignore[assignment]
    opened = block.open()
    with take_turn(block.signer.home, task) as mine:
        try:
            done = bring_on(opened, task) if mine else "busy"
        except (ConfigurationError, StoreUnreachable):
            schedule_next(opened.party.federation, task, within_s=MISSES_S)  # its bond is due all the same
            raise
    schedule_next(opened.party.federation, task, within_s=SOON_S.get(done))
    return done


def bring_on(aggregator: OpenAggregator, task: int) -> str:
    """The step that is due, through the same tasks wherever it runs."""
    party = aggregator.party
    federation, on_chain = party.federation, party.federation.task_of(task)
    state, now_s = federation.round_state(task), federation.chain_time()
    if state.status.spoilt and not is_recorded(federation, task, state.round):
        federation.tick(task)
    if state.phase in (Phase.COMMIT, Phase.REVEAL) and retract_withdrawn(party, task):
        return "retract"
    kept = _keep(party, task, state) if on_chain.enforced.masked else "nothing"
    if (given := _receipts(aggregator, on_chain, state)) is not None:
        return given
    if on_chain.enforced.committee and state.phase in (Phase.VOTE, Phase.VOTE_REVEAL):
        return "keys" if join_early(party, aggregator.mailbox, state) else "nothing"
    if struck := strike_once(party, task, state):
        return struck
    due = aggregator_due(state, now_s, _duty(aggregator, on_chain, state), on_chain.enforced.aggregate_window)
    done = _do(aggregator, state, due)
    if done == WAITS:
        return WAITS
    _take_stock(aggregator, on_chain, state)
    return done or kept


def _receipts(aggregator: OpenAggregator, on_chain: TaskOnChain, state: RoundState) -> str | None:
    """What was done about receipts; None where nobody is given one.

    Who deletes a masked or encrypted payload would convict whoever had opened it, so there are none for it.
    """
    party, mailbox = aggregator.party, aggregator.mailbox
    if state.phase is not Phase.REVEAL or not state.revealed or mailbox is None:
        return None
    if read_task_spec(party, on_chain).summed:
        return None
    return "receipts" if issue_receipts(party, mailbox, listen(party, state.task, state.round)) else "nothing"


def _do(aggregator: OpenAggregator, state: RoundState, due: str | None) -> str | None:
    """Do what is due; what was done, or `WAITS` where it has to wait for somebody."""
    party, mailbox, task = aggregator.party, aggregator.mailbox, state.task
    if due == "aggregate":
        if awaits_regions(aggregator, state):
            return WAITS
        spec = listen(party, task, state.round)
        if not reads_on(party, mailbox, spec, state) or awaits_sums(party, mailbox, spec, state):
            return WAITS
        aggregate(aggregator, spec)
    elif state.phase == Phase.CHALLENGE and (met := _demands(party, task, state)):
        return met
    elif due == "judge":
        return judge_once(party, task, state, mailbox)
    elif due == "settle" or (state.phase == Phase.SETTLED and not is_mirrored(aggregator, task, state)):
        spec = listen(party, task, state.round)
        mirror(aggregator, spec, settle(aggregator, spec))
    return due


def _take_stock(aggregator: OpenAggregator, on_chain: TaskOnChain, state: RoundState) -> None:
    """Record and claim what the round left; and say what will be missing, while there is time to mend it."""
    party, task = aggregator.party, state.task
    counted = state.phase in (Phase.CHALLENGE, Phase.SETTLED)
    if aggregator.records and counted and party.federation.countable(task, state.round):
        record(party, task, state.round)
    if state.round and rewards_due(party, task):
        claim(party, task)
    if state.phase in (Phase.COMMIT, Phase.REVEAL) and aggregator.mailbox is None and not on_chain.enforced.masked:
        require_openings_found(party, None, read_task_spec(party, on_chain))


def _keep(party: Party, task: int, state: RoundState) -> str:
    """What was done about what a masked round's dealers published."""
    if state.phase not in MASKED or not party.federation.dealers(task, state.round):
        return "nothing"
    kept = keep_shares(party, listen(party, task, state.round))
    return MISSES if kept.missing else "keep" if kept.count else "nothing"


def _duty(aggregator: OpenAggregator, on_chain: TaskOnChain, state: RoundState) -> Duty:
    party = aggregator.party
    return Duty(
        party.account,
        waits=party.account == on_chain.standby and on_chain.aggregator_bonded,
        fallen=bool(state.overturned) and party.account in party.federation.fallen(state.task, state.round),
    )


def _demands(party: Party, task: int, state: RoundState) -> str | None:
    """What was done about bytes that somebody asked for: "answer", "forfeit", or None where there was nothing to do."""
    if not any(demand.open for demand in party.federation.demands(task, state.round)):
        return None
    done = meet_demands(party, listen(party, task, state.round))
    return None if done == "nothing" else done
