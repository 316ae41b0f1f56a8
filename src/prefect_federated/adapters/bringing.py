"""Bringing what waits: batches to the chain, and in sentences what was left out.

waiting letters --commitMany | revealMany--> how many took effect, who did not and why
of a masked round --dealMany | showMany--> the same
"""

from dataclasses import dataclass

from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.evm.records import Sent
from prefect_federated.adapters.evm.relaying import skipped
from prefect_federated.adapters.relayer import BATCH, Relayer, waiting_commits, waiting_openings
from prefect_federated.adapters.waiting_shares import waiting_dealings, waiting_shown


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of the letters: how many took effect, at what gas, and a sentence for each that did not."""

    count: int
    gas_used: int
    left_out: tuple[str, ...]


def bring_commits(relayer: Relayer, task: int, round: int) -> Brought:
    """Bring the commits that wait. Done again, it finds none that still do."""
    bag, sent = waiting_commits(relayer, task, round), []
    for at in range(0, len(bag.letters), BATCH):
        sent.append(relayer.federation.commit_many(task, round, bag.letters[at : at + BATCH]))
        checkpoint("relayer:committed")
    return _brought(sent, bag.dropped, ("UpdateCommitted",))


def bring_openings(relayer: Relayer, task: int, round: int) -> Brought:
    """Bring the openings that wait. Done again, it finds none that still do."""
    bag, sent = waiting_openings(relayer, task, round), []
    for at in range(0, len(bag.letters), BATCH):
        sent.append(relayer.federation.reveal_many(task, round, bag.letters[at : at + BATCH]))
        checkpoint("relayer:revealed")
    return _brought(sent, bag.dropped, ("UpdateRevealed", "RevealedLate"))


def bring_dealings(relayer: Relayer, task: int, round: int) -> Brought:
    """Bring the dealt shares that wait. Done again, it finds none that still do."""
    bag, sent = waiting_dealings(relayer, task, round), []
    for at in range(0, len(bag.letters), BATCH):
        sent.append(relayer.federation.deal_many(task, round, bag.letters[at : at + BATCH]))
        checkpoint("relayer:dealt")
    return _brought(sent, bag.dropped, ("SharesDealt",))


def bring_shown(relayer: Relayer, task: int, round: int) -> Brought:
    """Bring the shown shares that wait. Done again, it finds none that still do."""
    bag, sent = waiting_shown(relayer, task, round), []
    for at in range(0, len(bag.letters), BATCH):
        sent.append(relayer.federation.show_many(task, round, bag.letters[at : at + BATCH]))
        checkpoint("relayer:shown")
    return _brought(sent, bag.dropped, ("SharesShown",))


def _brought(sent: list[Sent], dropped: list[str], names: tuple[str, ...]) -> Brought:
    count = sum(event.name in names for one in sent for event in one.events)
    left_out = [*dropped, *(sentence for one in sent for sentence in skipped(one).values())]
    return Brought(count, sum(one.gas_used for one in sent), tuple(left_out))
