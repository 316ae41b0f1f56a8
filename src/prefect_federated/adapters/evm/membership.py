"""Who belongs to the cohort of a round, told from the enrolment events alone.

Enrolled(fromRound), Left(untilRound) --fold--> index by account
"""

from collections.abc import Iterable

from prefect_federated.adapters.evm.records import Event

MEMBERSHIP = ("Enrolled", "Left")


def cohort_of(membership: Iterable[Event], round: int) -> dict[str, int]:
    """Index of every account that belongs to the cohort of a round, from the enrolment events in their order.

    Who left and enrolled anew was there in between as well: each stay counts.
    """
    stays: dict[str, list[tuple[int, float]]] = {}
    indices: dict[str, int] = {}
    for event in membership:
        account = event.args["participant"]
        if event.name == "Enrolled":
            indices[account] = event.args["index"]
            stays.setdefault(account, []).append((event.args["fromRound"], float("inf")))
        elif account in stays:
            start, _ = stays[account].pop()
            stays[account].append((start, event.args["untilRound"]))
    there = (account for account, those in stays.items() if any(start <= round <= end for start, end in those))
    return {account: indices[account] for account in there}
