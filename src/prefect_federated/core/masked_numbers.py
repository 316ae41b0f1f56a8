"""Which enforced parameters go with masks: what a masked task needs, and what cannot be done to updates nobody sees.

mode, windows, threshold, group, rule, modes --require_masks--> as the contract takes them
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prefect_federated.core.enforced import Enforced

FEWEST_MASKED = 3  # updates of a sum
ACROSS_GROUPS = ("mean", "median", "trimmed_mean")  # rules 0 to 2: they work on the means of groups alone
ABSENT = ("norm_bound", "buffer", "committee", "disclosure")


def require_masks(numbers: "Enforced") -> None:
    """Refuse parameters that the contract would refuse, by name.

    Raises:
        ValueError: with the values and what fits.
    """
    for field in ("share_window", "unmask_window", "threshold"):
        if (numbers.mode == 0) != (getattr(numbers, field) == 0):
            raise ValueError(
                f"{field} is {getattr(numbers, field)} in mode {_mode(numbers)}; a masked task has its windows and a"
                " threshold, a clear one neither"
            )
    if numbers.masked:
        _require_time_and_number(numbers)
        _require_unseen(numbers)
    elif numbers.group:
        raise ValueError(f"group is {numbers.group} in mode clear; groups are of masked tasks: set it to 0")


def most_in_sum(numbers: "Enforced") -> int:
    """Participants that one masked sum runs over at most: all, or the largest group there can be."""
    most = numbers.max_participants
    return min(most, 2 * numbers.group - 1) if numbers.group else most


def _require_time_and_number(numbers: "Enforced") -> None:
    if numbers.share_window <= numbers.finality_gap:
        raise ValueError(
            f"share_window {numbers.share_window} is not above finality_gap {numbers.finality_gap}: shares are dealt"
            " once the chain is final about the round's opening; make the window longer"
        )
    if not 2 <= numbers.threshold <= numbers.quorum:
        raise ValueError(
            f"threshold {numbers.threshold} is not between 2 and the quorum, {numbers.quorum}: with fewer than the"
            " quorum a round does not go on, and one share alone must open nothing"
        )
    if numbers.quorum < FEWEST_MASKED:
        raise ValueError(
            f"a masked task has quorum {numbers.quorum}; give a quorum of {FEWEST_MASKED} or more, for two who are left"
            " read each other off the sum"
        )
    if numbers.group and not FEWEST_MASKED <= numbers.group <= numbers.quorum:
        raise ValueError(
            f"group {numbers.group} is not between {FEWEST_MASKED} and the quorum, {numbers.quorum}: of two each reads"
            " the other off the sum, and the fewest who are left must fill a group; change one of them"
        )


def _require_unseen(numbers: "Enforced") -> None:
    ruled = numbers.rule and (not numbers.group or numbers.rule >= len(ACROSS_GROUPS))
    if ruled or any(getattr(numbers, name) for name in ABSENT) or numbers.rolled:
        named = ", ".join(f"{name} {getattr(numbers, name)}" for name in ("rule", *ABSENT, "modes"))
        raise ValueError(
            f"a masked task has {named}; nobody sees a single update of it, so all must be 0, and modes 1 (direct) or 3"
            " (relayed too);"
            f" with groups the rule may be one of {', '.join(ACROSS_GROUPS)}"
        )


def _mode(numbers: "Enforced") -> str:
    return "masked" if numbers.mode else "clear"
