"""The rounds of a simulation: for each a cohort is drawn and enrolled, then driven like any other round.

draw --leave, enrol--> cohort --drive_rounds, the crowd acting in shards--> RoundResult
"""

import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

import numpy as np
from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from prefect_federated.flows.cast import Cast, RoundResult, Watcher
from prefect_federated.flows.federated_round import drive_rounds
from prefect_federated.scenario.exact_sum import Witness
from prefect_federated.scenario.simulation.attacking import Attack
from prefect_federated.scenario.simulation.bulk import Call, send_all
from prefect_federated.scenario.simulation.crowd import SimulatedCrowd
from prefect_federated.scenario.simulation.leaving import with_leavers
from prefect_federated.scenario.simulation.on_ray import cores, one_server, ray_runner
from prefect_federated.scenario.simulation.options import Options
from prefect_federated.scenario.simulation.town import Town

MOST_WORKERS = 4  # Python runs one thread at a time; only what waits or computes in torch gains by more


_DRIVE: ContextVar[Callable[[], list[RoundResult]]] = ContextVar("drive")


@flow(name="federated-simulation")
def simulation() -> list[RoundResult]:
    """All rounds. It is given nothing, and is no closure: a flow travels to Ray with each of its tasks."""
    return _drive()


def run_rounds(town: Town, options: Options, watch: Watcher, witness: Witness) -> list[RoundResult]:
    """Drive all rounds within one flow run, the shards on its task runner; the witness compares masked ones."""
    workers = options.workers or min(MOST_WORKERS, os.cpu_count() or 1)
    on_ray = options.runner == "ray"
    runner: Any = ray_runner(options.ray_address, workers) if on_ray else ThreadPoolTaskRunner(max_workers=workers)

    def drive() -> list[RoundResult]:
        shards = options.shards or (cores() if on_ray else workers)
        return _rounds(town, options, watch, witness, shards)

    token = _DRIVE.set(drive)
    try:
        with one_server() if on_ray else nullcontext():
            return simulation.with_options(task_runner=runner)()
    finally:
        _DRIVE.reset(token)


def _drive() -> list[RoundResult]:
    return _DRIVE.get()()


def _rounds(town: Town, options: Options, watch: Watcher, witness: Witness, shards: int) -> list[RoundResult]:
    results: list[RoundResult] = []
    enrolled, last = set(town.residents), None
    for number in range(1, options.rounds + 1):
        drawn = draw(options, [member.name for member in town.members], number)
        enrolled = _enrol(town, enrolled, drawn)
        crowd = _crowd(town, options, drawn, shards)
        crowd.recall(last)
        results += drive_rounds(_cast(town, options, drawn, watch, crowd, witness), town.task, 1)
        witness.compare(town.aggregator.party, results[-1].log)
        last = crowd
    return results


def _cast(
    town: Town, options: Options, drawn: set[str], watch: Watcher, crowd: SimulatedCrowd, witness: Witness
) -> Cast:
    if town.spec.enforced.masked:  # each by itself: who deals, and for whom somebody answers, is its own secret
        heard = [replace(member, silo=replace(member.silo, witness=witness)) for member in town.members]
        here = with_leavers(heard, options.drop)
        return Cast(sponsor=town.sponsor, aggregator=town.aggregator, members=here, watch=watch, relayer=town.relayer)
    return Cast(
        sponsor=town.sponsor,
        aggregator=town.aggregator,
        members=[member for member in town.members if member.name in drawn],
        watch=watch,
        relayer=town.relayer,
        validators=town.validators,
        crowd=crowd,
    )


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
