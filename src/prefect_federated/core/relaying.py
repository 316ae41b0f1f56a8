"""When letters are left, when they are brought, and when a participant no longer waits for a relayer.

opens --letters are left--> 2/5: brought, or as soon as all are there --> 1/2: who is not on chain sends directly
"""

from collections.abc import Callable

from prefect_federated.core.round import Phase, RoundState


def middle(state: RoundState) -> int:
    """Chain time at which half of the running window is over.

    >>> from prefect_federated.core.round import Status
    >>> middle(RoundState(1, 1, Phase.COMMIT, Status.NONE, 100, 200, 0, 4, 0, 0, 0, 0, 0, b"", b"", ""))
    150
    """
    return state.opens_at + (state.deadline - state.opens_at) // 2


def leaves_letter(state: RoundState, now_s: int, commit_by: str, relayed: bool) -> bool:
    """Whether a participant leaves its commit or opening to relayers now, instead of sending it.

    Args:
        commit_by: "direct" or "relayed", as the silo chose.
        relayed: whether the task allows relaying.
    """
    wanted = commit_by == "relayed" and relayed and state.phase in (Phase.COMMIT, Phase.REVEAL)
    return wanted and now_s < middle(state)


def relayer_due(state: RoundState, now_s: int, waiting: Callable[[str], int]) -> str | None:
    """What a relayer brings now: "commits", "openings", or None.

    It waits for late letters until two fifths of the window are over, unless everybody's are there: one transaction
    is cheaper than two, and those who wait for it send directly from the middle on.

    Args:
        waiting: how many "commits" or "openings" lie there that would count; asked only where it matters.
    """
    if state.phase == Phase.COMMIT:
        kind, left = "commits", state.cohort - state.committed
    elif state.phase == Phase.REVEAL and now_s >= state.opens_at:
        kind, left = "openings", state.committed - state.revealed
    else:
        return None
    if now_s >= state.opens_at + 2 * (state.deadline - state.opens_at) // 5:
        return kind
    return kind if waiting(kind) >= left else None
