"""The rounds of a simulation: for each a cohort is drawn and enrolled, then driven like any other round.

draw --leave, enrol--> cohort --drive_rounds, the crowd acting in shards--> RoundResult
"""

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from prefect_federated.flows.driving import Cast, RoundResult, Watcher
from prefect_federated.flows.federated_round import drive_rounds
from prefect_federated.scenario.simulation.attacking import Attack
from prefect_federated.scenario.simulation.bulk import Call, send_all
from prefect_federated.scenario.simulation.crowd import SimulatedCrowd
from prefect_federated.scenario.simulation.options import Options
from prefect_federated.scenario.simulation.town import Town

MOST_WORKERS = 4  # Python runs one thread at a time; only what waits or computes in torch gains by more


def run_rounds(town: Town, options: Options, watch: Watcher) -> list[RoundResult]:
    """Drive all rounds within one flow run, the shards on its task runner."""
    workers = options.workers or min(MOST_WORKERS, os.cpu_count() or 1)
    shards = options.shards or workers

    runner: Any = ThreadPoolTaskRunner(max_workers=workers)  # Prefect types it by its own futures

    @flow(name="federated-simulation", task_runner=runner)
    def simulation() -> list[RoundResult]:
        results: list[RoundResult] = []
        enrolled, last = set(town.residents), None
        for number in range(1, options.rounds + 1):
            drawn = draw(options, [member.name for member in town.members], number)
            enrolled = _enrol(town, enrolled, drawn)
            crowd = _crowd(town, options, drawn, shards)
            crowd.recall(last)
            members = [member for member in town.members if member.name in drawn]
            cast = Cast(
                town.sponsor,
                town.aggregator,
                members,
                watch,
                relayer=town.relayer,
                validators=town.validators,
                crowd=crowd,
            )
            results += drive_rounds(cast, town.task, 1)
            last = crowd
        return results

    return simulation()


def draw(options: Options, names: Sequence[str], round: int) -> set[str]:
    """Who takes part in a round, by the seed and its number."""
    if options.drawn == len(names):
        return set(names)
    trusted = 1 if options.rule == "root_of_trust" else 0  # whom the rule compares the others with is always there
    rng = np.random.default_rng([options.seed, round])
    others = rng.choice(np.array(names[trusted:]), options.drawn - trusted, replace=False)
    return {*names[:trusted], *map(str, others)}


def _enrol(town: Town, enrolled: set[str], drawn: set[str]) -> set[str]:
    """The cohort of a round is who is enrolled when it opens: the others leave, the drawn come back."""
    calls = []
    for name, one in town.residents.items():
        if (name in drawn) != (name in enrolled):
            calls.append(Call(one.account, "Coordinator", "enrol" if name in drawn else "leave", (town.task,)))
    send_all(town.federation, calls)
    return drawn


def _crowd(town: Town, options: Options, drawn: set[str], shards: int) -> SimulatedCrowd:
    here = [member for member in town.members if member.name in drawn]
    attackers = [member for member in here if member.name.startswith("attacker-")]
    honest = [member for member in here if member not in attackers]
    attack = Attack(options.attack, options.seed, town.spec.update.limit) if options.attack else None
    return SimulatedCrowd(honest, attackers, shards, options.unit, attack, options.device)
