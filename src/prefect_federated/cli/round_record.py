"""A round with stable names, past or running, told from the chain alone.

state of the contract (the current round) + event log (any round) --> one record for tables and JSON
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.federation import Federation
    from prefect_federated.adapters.round_log import RoundLog
    from prefect_federated.core.round import Exclusion, RoundState

STEPS = ("expected", "committed", "revealed", "aggregated")


def current_round(federation: "Federation", task: int) -> dict[str, Any]:
    """The task's current round in short."""
    state, now_s = federation.round_state(task), federation.chain_time()
    return {
        "task": task,
        "round": state.round,
        "phase": state.phase.name,
        "deadline": state.deadline or None,
        "chain_time": now_s,
        "expected": state.cohort,
        "committed": state.committed,
        "revealed": state.revealed,
    }


def round_record(federation: "Federation", task: int, round: int) -> dict[str, Any]:
    """One round, past or running, with stable names.

    Raises:
        SpecError: there is no such task.
        ProtocolError: it has no such round.
    """
    from prefect_federated.adapters.round_log import read_round_log

    state = federation.round_state(task)
    log = read_round_log(federation, task, round)
    running, phase = state.round == round and not state.phase.over, _phase(log, state, round)
    people = log.participation({})
    return {
        "task": task,
        "round": round,
        "phase": phase,
        "status": "RUNNING" if running else "VOIDED" if phase == "VOIDED" else log.status.name,
        "chain_time": federation.chain_time(),
        "started_at": log.started_at,
        "ended_at": log.ended_at or None,
        **(_clock(state) if running else {}),
        "expected": list(people.expected),
        **({"dealt": list(log.dealt), "shown": list(log.shown)} if log.masked else {}),
        "committed": list(people.committed),
        "revealed": list(people.revealed),
        "late": list(log.late),
        "retracted": dict(log.retracted),
        "aggregated": list(people.aggregated),
        "excluded": [_exclusion(e) for e in people.excluded if not running or e.participant in log.left_out],
        "awaited": _awaited(federation, state, log) if running else [],
        "slashed": {account: str(amount) for account, amount in log.slashed.items()},
        "votes": [{"member": v.member, "accept": v.accept, "metric_e9": v.metric} for v in log.votes],
        "median_metric_e9": log.median_metric,
        "version": log.version,
        "version_hash": "0x" + log.version_hash.hex() if log.version is not None else None,
    }


def _phase(log: "RoundLog", state: "RoundState", round: int) -> str:
    """The current round's phase is the contract's; a past round is over."""
    if state.round == round:
        return state.phase.name
    return "VOIDED" if log.status.name == "VOIDED" else "SETTLED"


def _clock(state: "RoundState") -> dict[str, Any]:
    return {
        "opens_at": state.opens_at,
        "deadline": state.deadline,
        "reveal_deadline": state.reveal_deadline or None,
    }


def _awaited(federation: "Federation", state: "RoundState", log: "RoundLog") -> list[str]:
    """Accounts that the phase waits for."""
    from prefect_federated.core.committee import VoteState
    from prefect_federated.core.round import Phase

    if state.phase is Phase.SHARE:
        return [account for account in log.expected if account not in log.dealt]
    if state.phase is Phase.UNMASK:
        return [account for account in log.revealed if account not in log.shown]
    if state.phase is Phase.COMMIT:
        return [account for account in (log.dealt if log.masked else log.expected) if account not in log.committed]
    if state.phase is Phase.REVEAL:
        return [account for account in log.committed if account not in {*log.revealed, *log.retracted}]
    if state.phase in (Phase.VOTE, Phase.VOTE_REVEAL):
        waits_for = VoteState.NONE if state.phase is Phase.VOTE else VoteState.CAST
        return [seat.member for seat in federation.seats(state.task) if seat.state is waits_for]
    if state.phase is Phase.AGGREGATE:
        return [federation.task_of(state.task).aggregator]
    return []


def _exclusion(exclusion: "Exclusion") -> dict[str, str]:
    return {"participant": exclusion.participant, "stage": exclusion.stage, "reason": exclusion.reason}
