"""Who belongs to the cohort of a round, told from the enrolment events alone.

Enrolled(fromRound), Left(untilRound) --fold--> index by account
"""

from collections.abc import Iterable

from prefect_federated.adapters.evm.records import Event

MEMBERSHIP = ("Enrolled", "Left")


def cohort_of(membership: Iterable[Event], round: int) -> dict[str, int]:
    """Index of every account that belongs to the cohort of a round, from the enrolment events in their order."""
    spans: dict[str, tuple[int, int, float]] = {}
    for event in membership:
        account = event.args["participant"]
        if event.name == "Enrolled":
            spans[account] = (event.args["index"], event.args["fromRound"], float("inf"))
        elif account in spans:
            index, start, _ = spans[account]
            spans[account] = (index, start, event.args["untilRound"])
    return {account: index for account, (index, start, end) in spans.items() if start <= round <= end}
