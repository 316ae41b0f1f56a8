"""When letters are left, when they are brought, and when a participant no longer waits for a relayer.

opens --letters are left--> 2/5: brought, or as soon as all are there --> 1/2: who is not on chain sends directly
"""

from collections.abc import Callable

from prefect_federated.core.round import Masks, Phase, RoundState

WAITING = ("relayed", "rolled")  # ways to commit in which letters are left for half of a window
LETTERED = (Phase.SHARE, Phase.COMMIT, Phase.REVEAL, Phase.UNMASK)  # phases in which they are; two in clear tasks


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
    """Whether a participant leaves what is due of it to a relayer or poster now, instead of sending it.

    Args:
        commit_by: "direct", "relayed" or "rolled", as the silo chose.
        allowed: whether the task allows that way.
    """
    wanted = commit_by in WAITING and allowed and state.phase in LETTERED
    return wanted and now_s < middle(state)


def relayer_due(state: RoundState, now_s: int, waiting: Callable[[str], int], masks: Masks | None = None) -> str | None:
    """What a relayer brings now: "commits", "openings", in a masked round "dealings" and "shown shares" too, or None.

    It waits for late letters until two fifths of the window are over, unless everybody's are there: one transaction
    is cheaper than two, and those who wait for it send directly from the middle on.

    Args:
        waiting: how many of a kind lie there that would count; asked only where it matters.
        masks: of a masked round, each of whose phases opens once the chain is final about the one before.
    """
    kind, left = _missing(state, masks)
    if not kind or (now_s < state.opens_at and (masks or state.phase == Phase.REVEAL)):
        return None
    if now_s >= letters_until(state):
        return kind
    return kind if waiting(kind) >= left else None


def _missing(state: RoundState, masks: Masks | None) -> tuple[str, int]:
    """What the phase asks for, and of how many it has not come yet; "" where it asks for nothing that is brought."""
    if state.phase == Phase.COMMIT:
        return "commits", (masks.shared if masks else state.cohort) - state.committed
    if state.phase == Phase.REVEAL:
        return "openings", state.committed - state.revealed
    if masks and state.phase == Phase.SHARE:
        return "dealings", state.cohort - masks.shared
    if masks and state.phase == Phase.UNMASK:
        return "shown shares", state.revealed - masks.shown
    return "", 0


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
