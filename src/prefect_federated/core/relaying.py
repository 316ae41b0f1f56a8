"""When letters are left, when they are brought, and when a participant no longer waits for a relayer.

opens --letters are left--> 2/5: brought, or as soon as all are there --> 1/2: who is not on chain sends directly
"""

from collections.abc import Callable

from prefect_federated.core.round import Phase, RoundState

WAITING = ("relayed", "rolled")  # ways to commit in which letters are left for half of a window


def middle(state: RoundState) -> int:
    """First second of chain time in the second half of the running window, which belongs to who acts for itself.

    >>> from prefect_federated.core.round import Status
    >>> middle(RoundState(1, 1, Phase.COMMIT, Status.NONE, 100, 200, 0, 4, 0, 0, 0, 0, 0, b"", b"", ""))
    151
    """
    return state.opens_at + (state.deadline - state.opens_at) // 2 + 1


def letters_until(state: RoundState) -> int:
    """Chain time until which a relayer or poster waits for letters that are missing: two fifths of the window."""
    return state.opens_at + 2 * (state.deadline - state.opens_at) // 5


def leaves_letter(state: RoundState, now_s: int, commit_by: str, allowed: bool) -> bool:
    """Whether a participant leaves its commit or opening to a relayer or poster now, instead of sending it.

    Args:
        commit_by: "direct", "relayed" or "rolled", as the silo chose.
        allowed: whether the task allows that way.
    """
    wanted = commit_by in WAITING and allowed and state.phase in (Phase.COMMIT, Phase.REVEAL)
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
    if now_s >= letters_until(state):
        return kind
    return kind if waiting(kind) >= left else None


def poster_due(state: RoundState, now_s: int, posted: bool, waiting: Callable[[str], tuple[int, int]]) -> str | None:
    """What a poster posts now: "commits", "openings", or None.

    One root a phase is all it has, in the first half of the window: it waits for late letters as a relayer does.

    Args:
        posted: whether its root of this phase is on chain, or can no longer come.
        waiting: how many "commits" or "openings" lie there, and how many there could be; asked only where it matters.
    """
    if posted or state.phase not in (Phase.COMMIT, Phase.REVEAL) or not state.opens_at <= now_s < middle(state) - 1:
        return None
    kind = "commits" if state.phase == Phase.COMMIT else "openings"
    there, most = waiting(kind)
    return kind if there and (now_s >= letters_until(state) or there >= most) else None
