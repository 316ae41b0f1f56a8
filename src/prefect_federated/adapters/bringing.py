"""Bringing what waits: batches to the chain, and in sentences what was left out.

waiting letters --commitMany | revealMany--> how many took effect, who did not and why
of a masked round --dealMany | showMany--> the same
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from prefect_federated.adapters.checkpoints import checkpoint
from prefect_federated.adapters.evm.records import Sent
from prefect_federated.adapters.evm.relaying import skipped
from prefect_federated.adapters.relayer import BATCH, Bag, Relayer, waiting_commits, waiting_openings
from prefect_federated.adapters.waiting_shares import waiting_dealings, waiting_shown
from prefect_federated.core.letters import L


@dataclass(frozen=True, slots=True)
class Brought:
    """What came of the letters: how many took effect, at what gas, and a sentence for each that did not."""

    count: int
    gas_used: int
    left_out: tuple[str, ...]


def bring_commits(relayer: Relayer, task: int, round: int) -> Brought:
    """Bring the commits that wait. Done again, it finds none that still do."""
    send = partial(relayer.federation.commit_many, task, round)
    return _bring(waiting_commits(relayer, task, round), send, "relayer:committed", ("UpdateCommitted",))


def bring_openings(relayer: Relayer, task: int, round: int) -> Brought:
    """Bring the openings that wait. Done again, it finds none that still do."""
    send = partial(relayer.federation.reveal_many, task, round)
    return _bring(waiting_openings(relayer, task, round), send, "relayer:revealed", ("UpdateRevealed", "RevealedLate"))


def bring_dealings(relayer: Relayer, task: int, round: int) -> Brought:
    """Bring the dealt shares that wait. Done again, it finds none that still do."""
    send = partial(relayer.federation.deal_many, task, round)
    return _bring(waiting_dealings(relayer, task, round), send, "relayer:dealt", ("SharesDealt",))


def bring_shown(relayer: Relayer, task: int, round: int) -> Brought:
    """Bring the shown shares that wait. Done again, it finds none that still do."""
    send = partial(relayer.federation.show_many, task, round)
    return _bring(waiting_shown(relayer, task, round), send, "relayer:shown", ("SharesShown",))


def _bring(bag: Bag[L], send: Callable[[list[L]], Sent], point: str, names: tuple[str, ...]) -> Brought:
    """Send what is in the bag, batch by batch; `names` are those of the events that say that a letter took effect."""
    sent = list[Sent]()
    for at in range(0, len(bag.letters), BATCH):
        sent.append(send(bag.letters[at : at + BATCH]))
        checkpoint(point)
    count = sum(event.name in names for one in sent for event in one.events)
    left_out = [*bag.dropped, *(sentence for one in sent for sentence in skipped(one).values())]
    return Brought(count, sum(one.gas_used for one in sent), tuple(left_out))
