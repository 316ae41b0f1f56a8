"""Driving one round with every party in this process; whoever fails is recorded and the others go on.

open -> members commit -> reveal -> the committee votes -> aggregate -> the standby judges -> settle -> mirror
masked: members share before they commit, and unmask after they reveal
"""

import time
from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from prefect import runtime
from prefect.logging import get_run_logger

from prefect_federated.adapters.aggregator import Aggregator
from prefect_federated.adapters.detecting import detected
from prefect_federated.adapters.evm.membership import cohort_of
from prefect_federated.adapters.mlflow.records import RoundKey
from prefect_federated.adapters.outcome import Outcome
from prefect_federated.adapters.round_log import RoundLog, is_recorded, read_round_log
from prefect_federated.core.due import shares_from, shares_until
from prefect_federated.core.errors import FederatedError
from prefect_federated.core.notes import LocalNote, Notes
from prefect_federated.core.relaying import LETTERED, WAITING, letters_until, middle
from prefect_federated.core.round import Exclusion, Phase, Status
from prefect_federated.flows.artifacts import publish_round
from prefect_federated.flows.attest import serve
from prefect_federated.flows.cast import Cast, RoundResult
from prefect_federated.flows.members import Member, Participant
from prefect_federated.flows.relay import bring
from prefect_federated.flows.releasing import WAITS, reads_on
from prefect_federated.tasks.aggregate import aggregate
from prefect_federated.tasks.judge import judge
from prefect_federated.tasks.keep import keep_shares
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.open_round import open_round
from prefect_federated.tasks.retract import retract_withdrawn
from prefect_federated.tasks.settle import claim_floor, claim_pay, mirror, settle


def drive_round(cast: Cast, task: int) -> RoundResult:
    """One round through all stages."""
    started = time.perf_counter()
    cast.watch(0, "open", cast.sponsor.name)
    round = open_round(cast.sponsor, task)
    out = _masked(cast, task, Phase.SHARE, "share")
    _keep(cast, task, round)
    local, excluded = _commit_all(cast, task, round, out)
    _draw(cast, task, round)
    _wait_past(cast, task, Phase.COMMIT)
    excluded |= _reveal_all(cast, task, round)
    retract_withdrawn(cast.aggregator.party, task)
    _wait_past(cast, task, Phase.REVEAL)
    excluded |= _masked(cast, task, Phase.UNMASK, "unmask")
    _vote(cast, task, round)
    outcome = _aggregate(cast, task, round)
    _wait_past(cast, task, Phase.AGGREGATE, Phase.CHALLENGE)
    notes = _notes(cast, local, excluded | _left_out(outcome))
    log, version = _settle(cast, task, round, notes)
    _fetch_floors(cast, task, log)
    found = detected(cast.aggregator.party, log)
    publish_round(cast.aggregator.party.federation, log, notes, outcome, version, _lineage(cast, task, round), found)
    return RoundResult(log, notes, outcome, version, time.perf_counter() - started, found)


def _lineage(cast: Cast, task: int, round: int) -> str:
    """Where the page of the round's lineage is read; empty without a mirror."""
    federation, mirror = cast.aggregator.party.federation, cast.aggregator.mirror
    if mirror is None:
        return ""
    return mirror.lineage_link(RoundKey(federation.chain_id, federation.coordinator, task, round))


def _commit_all(
    cast: Cast, task: int, round: int, out: dict[str, Exclusion]
) -> tuple[dict[str, LocalNote], dict[str, Exclusion]]:
    local: dict[str, LocalNote] = {}
    excluded = dict(out)
    federation = cast.sponsor.federation
    if cast.crowd is not None:
        cast.watch(round, "commit", "the crowd")
        local, found = cast.crowd.commit(task, round)
        excluded |= found
    for member in chain(_alone(cast, task, round), _unbrought(cast, task, round, federation.has_committed)):
        if member.account in excluded:
            continue
        cast.watch(round, "commit", member.name)
        try:
            note = member.commit(task, round)
        except FederatedError as error:
            excluded[member.account] = Exclusion(member.account, error.stage or "commit", str(error))
        else:
            local |= {member.account: note} if note else {}
    return local, excluded


def _reveal_all(cast: Cast, task: int, round: int) -> dict[str, Exclusion]:
    excluded: dict[str, Exclusion] = {}
    federation = cast.sponsor.federation
    if cast.crowd is not None:
        cast.watch(round, "reveal", "the crowd")
        excluded = cast.crowd.reveal(task, round)
    for member in chain(_alone(cast, task, round), _unbrought(cast, task, round, federation.has_revealed)):
        if member.account in excluded or not federation.has_committed(task, round, member.account):
            continue
        cast.watch(round, "reveal", member.name)
        try:
            member.reveal(task, round)
        except FederatedError as error:
            excluded[member.account] = Exclusion(member.account, "reveal", str(error))
    return excluded


def _masked(cast: Cast, task: int, phase: Phase, step: str) -> dict[str, Exclusion]:
    """In a masked round, what a phase asks of everybody who came so far; whoever fails is missing in it."""
    federation, excluded = cast.sponsor.federation, dict[str, Exclusion]()
    if (state := federation.round_state(task)).phase is not phase:
        return excluded
    federation.wait_until(federation.deals_from(state))

    def done(task: int, round: int, account: str) -> bool:
        if phase is Phase.SHARE:
            return federation.has_dealt(task, round, account)
        return federation.has_shown(task, round, account) or not federation.survives(task, round, account)

    for member in chain(_cohort(cast, task, state.round), _unbrought(cast, task, state.round, done)):
        if member.account in excluded or not isinstance(member, Participant) or done(task, state.round, member.account):
            continue
        cast.watch(state.round, step, member.name)
        try:
            getattr(member, step)(task, state.round)
        except FederatedError as error:
            excluded[member.account] = Exclusion(member.account, error.stage or step, str(error))
    _wait_past(cast, task, phase)
    return excluded


def _keep(cast: Cast, task: int, round: int) -> None:
    """Whoever may have to open a masked sum keeps what was dealt; who cannot is no worse off than before."""
    federation = cast.sponsor.federation
    if not federation.task_of(task).enforced.masked or federation.round_state(task).phase is not Phase.COMMIT:
        return
    for one in (cast.aggregator, cast.standby):
        if one is not None:
            cast.watch(round, "keep", one.party.name)
            try:
                keep_shares(one.party, listen(one.party, task, round))
            except FederatedError as error:
                get_run_logger().warning("%s: %s", one.party.name, error)


def _draw(cast: Cast, task: int, round: int) -> None:
    """The committee is drawn before anybody reveals, so that no other validator is given a key."""
    ballot = cast.sponsor.federation.ballot(task)
    if cast.validators and ballot.round == round and not ballot.drawn:
        cast.sponsor.federation.wait_for_block(ballot.draw_block + 1)
        _serve_all(cast, task, round)


def _vote(cast: Cast, task: int, round: int) -> None:
    """The committee promises its votes, then shows them; where it opens updates, its members await each other."""
    federation = cast.sponsor.federation
    gap_s = federation.task_of(task).enforced.finality_gap
    for phase in (Phase.VOTE, Phase.VOTE_REVEAL):
        waiting = _serve_all(cast, task, round)
        for moment in (shares_from, shares_from, shares_until):  # release, read what all did, go on without some
            state = federation.round_state(task)
            if waiting and state.phase is Phase.VOTE:
                federation.wait_until(moment(state, gap_s))
                waiting = _serve_all(cast, task, round)
        _wait_past(cast, task, phase)


def _serve_all(cast: Cast, task: int, round: int) -> bool:
    """Every validator does what is due for it; who fails is missing in the votes, and the others go on.

    Returns whether anybody waits for others' shares.
    """
    waiting = False
    for validator in cast.validators:
        cast.watch(round, "vote", validator.party.name)
        try:
            waiting |= serve(validator, task).endswith(WAITS)
        except FederatedError as error:
            get_run_logger().warning("%s: %s", validator.party.name, error)
    return waiting


def _unbrought(cast: Cast, task: int, round: int, acted: Callable[[int, int, str], bool]) -> Iterator[Member]:
    """Members whose letters the relayer did not bring, in the middle of the window: they send directly now.

    A generator, so that the relayer comes after everybody before it in the chain has acted: at once if no letter is
    missing, else when it no longer waits.
    """
    federation = cast.sponsor.federation
    cohort = [m for m in _cohort(cast, task, round) if isinstance(m, Participant) and m.silo.commit_by in WAITING]
    if cast.relayer is not None and bring(cast.relayer, task) == "nothing":
        state = federation.round_state(task)
        missing = any(not acted(task, round, member.account) for member in cohort)
        if missing and state.phase in LETTERED:
            federation.wait_until(letters_until(state))
            bring(cast.relayer, task)
    if cast.crowd is not None and _nobody_missing(cast, task):
        return
    for member in cohort:
        if not acted(task, round, member.account):
            federation.wait_until(middle(federation.round_state(task)))
            yield member


def _nobody_missing(cast: Cast, task: int) -> bool:
    """Whether the chain counts as many commits, or openings, as there can be."""
    state = cast.sponsor.federation.round_state(task)
    if state.phase is Phase.COMMIT:
        return state.committed == state.cohort
    return state.phase is not Phase.REVEAL or state.revealed == state.committed


def _aggregate(cast: Cast, task: int, round: int) -> Outcome | None:
    """The outcome that stands: the leader's, or the standby's if it proves the leader's wrong."""
    if cast.sponsor.federation.round_state(task).phase != Phase.AGGREGATE:
        return None
    leader, standby = _on_duty(cast, task)
    cast.watch(round, "aggregate", leader.party.name)
    outcome = aggregate(leader, listen(leader.party, task, round))
    if standby is None:
        return outcome
    cast.watch(round, "judge", standby.party.name)
    spec = listen(standby.party, task, round)
    reads_on(standby.party, standby.mailbox, spec, cast.sponsor.federation.round_state(task))
    judge(standby.party, spec)
    overturned = cast.sponsor.federation.round_state(task).phase == Phase.AGGREGATE
    return aggregate(standby, spec) if overturned else outcome


def _on_duty(cast: Cast, task: int) -> tuple[Aggregator, Aggregator | None]:
    """Who leads and who stands by, as the chain has it: a standby takes the place of an aggregator without a bond."""
    on_chain = cast.sponsor.federation.task_of(task)
    known = {one.party.account: one for one in (cast.aggregator, cast.standby) if one is not None}
    return known.get(on_chain.aggregator, cast.aggregator), known.get(on_chain.standby)


def _left_out(outcome: Outcome | None) -> dict[str, Exclusion]:
    """What was wrong with the updates that the aggregator could not take, in words that the chain does not keep."""
    details = outcome.details if outcome else {}
    return {account: Exclusion(account, "aggregate", detail) for account, detail in details.items()}


def _settle(cast: Cast, task: int, round: int, notes: Notes) -> tuple[RoundLog, int | None]:
    cast.watch(round, "settle", cast.aggregator.party.name)
    federation = cast.aggregator.party.federation
    if federation.round_state(task).phase.over and not is_recorded(federation, task, round):
        federation.tick(task)
    log = read_round_log(federation, task, round)
    if log.status is Status.VOIDED:
        return log, None
    spec = listen(cast.aggregator.party, task, round)
    log = settle(cast.aggregator, spec)
    return log, mirror(cast.aggregator, spec, log, notes)


def _fetch_floors(cast: Cast, task: int, log: RoundLog) -> None:
    """What honest work earns in a round that others spoilt is to be had until the next one opens."""
    if not log.status.spoilt:
        return
    for member in cast.members:
        if isinstance(member, Participant) and member.account in log.revealed:
            claim_floor(member.silo.party, task, log.round)
    for validator in cast.validators:
        claim_pay(validator.party, task, log.round)


def _cohort(cast: Cast, task: int, round: int) -> Iterable[Member]:
    federation = cast.sponsor.federation
    if cast.crowd is not None:  # too many to ask for one by one
        cohort = cohort_of(federation.membership(task), round)
        return [m for m in cast.members if m.account in cohort]
    return [m for m in cast.members if federation.in_cohort(task, round, m.account)]


def _alone(cast: Cast, task: int, round: int) -> Iterable[Member]:
    """The cohort, where its members do not act as a crowd."""
    return () if cast.crowd is not None else _cohort(cast, task, round)


def _wait_past(cast: Cast, task: int, *phases: Phase) -> None:
    """Wait until the round has left the phases and the next one is open; a devnet's clock is moved instead."""
    federation = cast.sponsor.federation
    state = federation.round_state(task)
    while state.phase in phases:
        federation.wait_until(state.deadline + 1)
        if state.phase == Phase.CHALLENGE:  # its end is a call of settle, not a matter of time alone
            return
        state = federation.round_state(task)
    federation.wait_until(state.opens_at)


def _notes(cast: Cast, local: dict[str, LocalNote], excluded: dict[str, Exclusion]) -> Notes:
    names = {member.account: member.name for member in cast.members}
    names |= {one.party.account: one.party.name for one in (cast.aggregator, cast.standby, *cast.validators) if one}
    return Notes(names, local, excluded, flow_run_id=str(runtime.flow_run.id or ""))
