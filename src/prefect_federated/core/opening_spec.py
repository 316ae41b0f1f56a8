"""Who opens an update of a clear task: chosen by name in the task spec, and left out of it where nothing is chosen.

opening: {"name": "committee", "threshold": 2} --validated, hashed with the spec--> so many members, or nobody
"""

from typing import Annotated, Literal

from pydantic import Field

from prefect_federated.core.enforced import Enforced
from prefect_federated.core.errors import SpecError
from prefect_federated.core.spec_parts import Strict

MOST_SEATS = 31


class ByEach(Strict):
    """Aggregator, standby and each member of the committee are given the content key: any of them opens an update."""

    name: Literal["each"] = "each"

    @property
    def threshold(self) -> int:
        """No shares are dealt."""
        return 0


class ByCommittee(Strict):
    """The committee is given shares of the content key: nobody opens an update before so many have released theirs."""

    name: Literal["committee"] = "committee"
    threshold: int = Field(
        ge=1, le=MOST_SEATS, description="members of a round's committee without whom nobody opens an update"
    )


OpeningSpec = Annotated[ByEach | ByCommittee, Field(discriminator="name")]


def usual_threshold(committee: int) -> int:
    """More than half of a committee.

    >>> [usual_threshold(seats) for seats in (1, 3, 4, 7)]
    [1, 2, 3, 4]
    """
    return committee // 2 + 1


def check_opening(opening: OpeningSpec, enforced: Enforced, regions: int) -> None:
    """Refuse an opening that no committee of the task could ever make, or that somebody else would have to read before.

    Raises:
        SpecError: naming both sides.
    """
    if not opening.threshold:
        return
    if opening.threshold > enforced.committee:
        raise SpecError(
            f"opening.threshold is {opening.threshold}, the task's committee has {enforced.committee} seats; let it"
            f" have more, or take a threshold of {usual_threshold(enforced.committee)} or another that it reaches"
            if enforced.committee
            else f"opening by committee with threshold {opening.threshold} in a task without a committee; give it one"
            " (enforced.committee), or leave opening out"
        )
    if enforced.vote_window <= enforced.finality_gap:
        raise SpecError(
            f"vote_window is {enforced.vote_window} s, finality_gap {enforced.finality_gap} s: members release their"
            " shares so long into Vote, when reveals are final, and read and vote after that; make vote_window longer"
        )
    if regions:
        raise SpecError(
            f"opening by committee with {regions} regions: their aggregators read updates before any committee does;"
            " leave one of them out"
        )
