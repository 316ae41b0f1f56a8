"""Buffered rounds in one process: silos that take their time, a server that waits for the first so many of them.

silo: newest version --train for a while--> update --queue--> buffer full? --counted weights, step--> next version
"""

import heapq
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from prefect_federated.core.schedule_spec import FedBuff, counted_weight
from prefect_federated.learning.plan import TrainingData
from prefect_federated.learning.rounds import Sent, Setting, Standing, first, stepped, trained

Duration = Callable[[str], float]


@dataclass(frozen=True, slots=True)
class Finished:
    """Where buffered rounds ended: the model, the simulated time, and how many versions each update was behind."""

    standing: Standing
    time: float
    behind: tuple[int, ...]


def play_buffered(
    setting: Setting, schedule: FedBuff, silos: Mapping[str, TrainingData], rounds: int, duration: Duration
) -> Finished:
    """Play rounds in which every silo trains as often as it can, on the newest version there is when it begins.

    As on a chain: one update a silo and round; what is older than `max_staleness` when it is done is dropped.

    Args:
        duration: how long a silo takes for its next update, in any unit; asked once for each.

    Source: Nguyen et al. 2022, algorithms 1 and 2, https://arxiv.org/abs/2106.06639
    """
    standing, now, behind = first(setting), 0.0, list[int]()
    at_work = [(duration(name), name, standing) for name in sorted(silos)]
    heapq.heapify(at_work)
    while standing.round < rounds:
        taken, sent = list[str](), list[Sent]()
        while len(taken) < schedule.buffer:
            now, name, base = heapq.heappop(at_work)
            age = standing.round - base.round
            if age > schedule.max_staleness:
                heapq.heappush(at_work, (now + duration(name), name, standing))
                continue
            (weight, words), _ = trained(setting, base, name, silos[name])
            taken.append(name)
            sent.append((counted_weight(weight, age), words))
            behind.append(age)
        standing = stepped(setting, standing, sent)
        for name in taken:
            heapq.heappush(at_work, (now + duration(name), name, standing))
    return Finished(standing, now, tuple(behind))
