"""What is due for a party in a round, decided from the chain's state and the chain's time alone.

state + standing --> share | commit | reveal | unmask | nothing yet, look again in so many seconds
"""

from dataclasses import dataclass

from prefect_federated.core.committee import Ballot, VoteState
from prefect_federated.core.relaying import LETTERED, middle
from prefect_federated.core.round import Phase, RoundState


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a participant stands in the current round."""

    in_cohort: bool
    committed: bool
    revealed: bool
    owes: bool = True  # once it has committed; in a roll nothing is owed before it is lifted
    masked: bool = False  # whether the round is; then whether it has dealt the secrets of its mask, and shown shares
    dealt: bool = False
    survives: bool = False  # it revealed in time, and nothing took it out since
    shown: bool = False
    deals_from: int = 0  # chain time from which the block that opened the round is final


def participant_due(
    state: RoundState, standing: Standing, now_s: int, grace_s: int = 0, paused_until: int = 0
) -> str | None:
    """The participant's next step: "commit", "reveal", or None; in a masked round also "share" and "unmask".

    A reveal is still due after its deadline for `grace_s`: too late for the aggregate, in time for the bond of whoever
    owes it. A pause holds up shares and commits alone. Who has not dealt in a masked round sits it out; nobody deals
    before the round's opening is final, for its block's hash is part of what is dealt.

    >>> from prefect_federated.core.round import Status
    >>> state = RoundState(1, 1, Phase.COMMIT, Status.NONE, 0, 9, 0, 4, 0, 0, 0, 0, 0, b"", b"", "")
    >>> participant_due(state, Standing(True, False, False), now_s=5)
    'commit'
    """
    if not standing.in_cohort:
        return None
    if state.phase == Phase.SHARE:
        return None if standing.dealt or now_s <= paused_until or now_s < standing.deals_from else "share"
    if state.phase == Phase.UNMASK and standing.survives and not standing.shown and now_s >= state.opens_at:
        return "unmask"
    if state.phase == Phase.COMMIT and not standing.committed:
        may = not standing.masked or (standing.dealt and now_s >= state.opens_at)
        return "commit" if may and now_s > paused_until else None
    if not standing.committed or standing.revealed:
        return None
    in_time = state.phase == Phase.REVEAL and now_s >= state.opens_at
    past = state.phase not in (Phase.COMMIT, Phase.REVEAL)  # the grace outlasts a proposal, and a voided round
    late = past and standing.owes and state.reveal_deadline > 0 and now_s <= state.reveal_deadline + grace_s
    return "reveal" if in_time or late else None


@dataclass(frozen=True, slots=True)
class Duty:
    """Where somebody on duty stands: `waits` is the standby's lot while the aggregator has its bond."""

    account: str
    waits: bool = False
    fallen: bool = False


def aggregator_due(state: RoundState, now_s: int, duty: Duty, window_s: int) -> str | None:
    """The next step of aggregator or standby: "aggregate", "judge" (another's proposal), "settle", or None.

    The standby waits for half of the window; whose proposal was proven wrong proposes no more in this round.
    """
    if state.phase == Phase.AGGREGATE and not duty.fallen:
        opens = state.deadline - window_s // 2 if duty.waits else state.opens_at
        return "aggregate" if now_s >= opens else None
    if state.phase == Phase.CHALLENGE:
        if now_s > state.deadline:
            return "settle"
        return None if state.proposer == duty.account else "judge"
    return None


def validator_due(
    state: RoundState, ballot: Ballot, vote: VoteState | None, now_s: int, height: int, silent: bool = False
) -> str | None:
    """A validator's next step: "draw", "cast", "reveal", "judge" (the proposal, as a member), "close", or None.

    Args:
        vote: how far its own vote is; None where it holds no seat.
        height: number of the chain's latest block.
        silent: somebody showed no vote, and the votes can no longer change.

    >>> from prefect_federated.core.round import Status
    >>> state = RoundState(1, 1, Phase.VOTE, Status.NONE, 0, 9, 0, 4, 4, 4, 0, 0, 0, b"", b"", "")
    >>> validator_due(state, Ballot(1, 7, 3, 0, 0, 0, True, True, False), VoteState.NONE, now_s=5, height=20)
    'cast'
    """
    if not ballot.size or ballot.round != state.round:
        return None
    if not ballot.drawn and state.phase in (Phase.COMMIT, Phase.REVEAL, Phase.VOTE):
        return "draw" if height > ballot.draw_block else None
    if state.phase.over:
        return "close" if silent and not ballot.closed else None
    return _VOTING.get((state.phase, vote)) if now_s >= state.opens_at else None


_VOTING: dict[tuple[Phase, VoteState | None], str] = {
    (Phase.VOTE, VoteState.NONE): "cast",
    (Phase.VOTE_REVEAL, VoteState.CAST): "reveal",
    **{(Phase.CHALLENGE, vote): "judge" for vote in VoteState},
}


def shares_due(state: RoundState, now_s: int, gap_s: int) -> bool:
    """Whether members release shares of the round's content keys: once no reveal can come, or be taken back, any more.

    Vote opens as soon as reveals are over, so members wait in it until that is final. They release no longer once a
    proposal stands: whoever was rightly left out as unreadable must not become readable then.

    Args:
        gap_s: the chain's finality, as the task has it.

    >>> from prefect_federated.core.round import Status
    >>> state = RoundState(1, 1, Phase.VOTE, Status.NONE, 3, 9, 0, 4, 4, 4, 0, 0, 0, b"", b"", "")
    >>> shares_due(state, now_s=4, gap_s=2), shares_due(state, now_s=5, gap_s=2)
    (False, True)
    """
    since = shares_from(state, gap_s) if state.phase is Phase.VOTE else state.opens_at
    return state.phase in (Phase.VOTE, Phase.VOTE_REVEAL, Phase.AGGREGATE) and now_s >= since


def sums_due(state: RoundState, now_s: int, gap_s: int) -> bool:
    """Whether key holders open an encrypted sum: once no reveal can come, or be taken back, until a proposal stands.

    >>> from prefect_federated.core.round import Status
    >>> state = RoundState(1, 1, Phase.AGGREGATE, Status.NONE, 3, 9, 0, 4, 4, 4, 0, 0, 0, b"", b"", "")
    >>> sums_due(state, now_s=4, gap_s=2), sums_due(state, now_s=5, gap_s=2)
    (False, True)
    """
    return state.phase is Phase.AGGREGATE and now_s >= shares_from(state, gap_s)


def sums_until(state: RoundState) -> int:
    """Chain time from which on it is proposed without openings that could still come: a quarter before the end.

    >>> from prefect_federated.core.round import Status
    >>> sums_until(RoundState(1, 1, Phase.AGGREGATE, Status.NONE, 100, 200, 0, 4, 4, 4, 0, 0, 0, b"", b"", ""))
    175
    """
    return state.deadline - (state.deadline - state.opens_at) // 4


def shares_from(state: RoundState, gap_s: int) -> int:
    """Chain time from which on shares are released in Vote, or sums opened in Aggregate: reveals are final."""
    return state.opens_at + gap_s


def shares_until(state: RoundState, gap_s: int) -> int:
    """Chain time from which on a reader goes on without shares that could still come; 0 where it waits for none.

    A member waits for half of the time that Vote leaves, who proposes for a quarter of its window: who stays silent can
    delay a round, and not stop it.

    >>> from prefect_federated.core.round import Status
    >>> state = RoundState(1, 1, Phase.VOTE, Status.NONE, 100, 200, 0, 4, 4, 4, 0, 0, 0, b"", b"", "")
    >>> shares_until(state, gap_s=0), shares_until(state, gap_s=20)
    (151, 161)
    """
    if state.phase not in (Phase.VOTE, Phase.AGGREGATE):
        return 0
    voting = state.phase is Phase.VOTE
    since, parts = (shares_from(state, gap_s), 2) if voting else (state.opens_at, 4)
    return since + (state.deadline - since) // parts + 1


def seconds_to_next(
    state: RoundState, now_s: int, paused_until: int = 0, halfway: bool = False, deals_from: int = 0
) -> int | None:
    """Seconds of chain time until the round's next window opens or a pause ends; None when nothing is ahead.

    With `halfway` also until the middle of a window, from which on who waits for a relayer sends directly. Shares are
    dealt from `deals_from` on.

    >>> from prefect_federated.core.round import Status
    >>> state = RoundState(1, 1, Phase.COMMIT, Status.NONE, 0, 9, 0, 4, 0, 0, 0, 0, 0, b"", b"", "")
    >>> seconds_to_next(state, now_s=5)
    5
    """
    if state.phase in (Phase.NONE, Phase.SETTLED, Phase.VOIDED):
        return None
    if now_s < state.opens_at:
        return state.opens_at - now_s
    if now_s <= paused_until:
        return paused_until + 1 - now_s
    if state.phase == Phase.SHARE and now_s < deals_from:
        return deals_from - now_s
    if halfway and state.phase in LETTERED and now_s < middle(state):
        return middle(state) - now_s
    return max(state.deadline + 1 - now_s, 1)
