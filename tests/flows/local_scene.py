"""Federations whose silos train by an algorithm of the task's `local` section, and what their rounds should give."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from prefect_federated.adapters.data.consented import consented_view
from prefect_federated.adapters.payloads import fetch_words
from prefect_federated.adapters.reading import model_uri
from prefect_federated.cli.draft import complete
from prefect_federated.core.aggregation.weighted_mean import weighted_mean
from prefect_federated.core.combine import add
from prefect_federated.core.round import Status
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.spec import TaskSpec
from prefect_federated.flows.members import Participant
from prefect_federated.learning.algorithms.plain import NOTHING, Personal
from prefect_federated.learning.update import train_update
from prefect_federated.scenario import consortium as scenario
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.tasks.aggregate import aggregate
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.open_round import open_round
from prefect_federated.tasks.settle import settle
from tests.flows.conftest import HOSPITALS, Found

NORMED = f"{Path(__file__).with_name('normed_plan.py')}:Normed"
FOLLOWS = (
    "genesis_root",
    "chunks",
    "aggregate_header",
    "step",
    "norm_bound",
    "buffer",
    "max_staleness",
    "limit",
    "mode",
    "threshold",
    "group",
    "rule",
    "trim",
    "privacy_floor",
)  # what `complete` fills in
MASKED: dict[str, Any] = {
    "masking": {"name": "masked", "threshold": 2},
    "update": {"clip_norm": 50.0, "limit": 2**18},
    "enforced": {
        "modes": 1,
        "disclosure": 0,
        "share_window": 3600,
        "unmask_window": 3600,
        "max_weight": 500,
        "max_participants": 8,
    },
}
ALGORITHMS: dict[str, dict[str, Any]] = {
    "scaffold": {"local": {"name": "scaffold"}},
    "fedbn": {"local": {"name": "fedbn"}, "plan": {"ref": NORMED}},
    "fedbuff": {
        "schedule": {"name": "fedbuff", "buffer": 2, "max_staleness": 2},
        "enforced": {"modes": 1, "max_misses": 0},
    },
    "masked": MASKED,
    "masked and clipped": {**MASKED, "update": {"clip_norm": 1.0, "limit": 2**18}},
    "masked, final late": {**MASKED, "enforced": {**MASKED["enforced"], "finality_gap": 60}},
    "masked in groups": {
        **MASKED,
        "masking": {"name": "masked", "threshold": 2, "group": 3},
        "rule": {"name": "median"},
        "update": {"clip_norm": 1.0, "limit": 2**18},
        "enforced": {**MASKED["enforced"], "max_participants": 12},
    },
    "masked and relayed": {**MASKED, "enforced": {**MASKED["enforced"], "modes": 3}},
    "masked and hidden": {
        **MASKED,
        "update": {"clip_norm": 1.0, "limit": 2**18},
        "privacy": {"unit": "participant", "noise_multiplier": 0.5, "max_norm": 1.0, "fewest": 2},
    },
    "fednova": {"local": {"name": "fednova", "nominal_steps": 5}, "server": {"name": "fednova"}},
}


def found_with(
    algorithm: str,
    found: Found,
    folder: Path,
    rounds: int = 6,
    quorum: int = 3,
    hospitals: tuple[str, ...] = HOSPITALS,
) -> Consortium:
    """The federation of the flow tests, with another task: one algorithm, room for its updates, no rule on norms."""
    original = scenario.build_spec

    def rebuilt(store: Any, *args: Any) -> TaskSpec:
        draft = original(store, *args).model_dump(mode="json")
        for field in ("tensors", "genesis_uri"):
            del draft["model"][field]
        for field in FOLLOWS:
            draft["enforced"].pop(field)
        del draft["plan"]["code_hash"], draft["rule"]["norm_bound"]
        draft["update"]["clip_norm"] = 50.0
        for part, values in ALGORITHMS[algorithm].items():
            draft[part] = {**draft[part], **values} if part in ("plan", "enforced") else values
        return complete(json.loads(json.dumps(draft)), store)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scenario, "build_spec", rebuilt)
        return found(folder, rounds, quorum=quorum, hospitals=hospitals)


def members(consortium: Consortium) -> dict[str, Participant]:
    """The silos, opened anew."""
    return {name: Participant(block.open()) for name, block in consortium.members.items()}


def play(consortium: Consortium) -> RoundSpec:
    """One round from its opening to its end."""
    spec = revealed(consortium)
    conclude(consortium, spec)
    return spec


def conclude(consortium: Consortium, spec: RoundSpec) -> None:
    """Aggregate what was revealed, and settle."""
    aggregate(consortium.aggregator.open(), spec)
    pass_deadline(consortium)
    settle(consortium.aggregator.open(), spec)
    pass_deadline(consortium)


def revealed(consortium: Consortium) -> RoundSpec:
    """A round in which everybody has revealed."""
    spec = opened(consortium)
    for act in ("commit", "reveal"):
        for member in members(consortium).values():
            getattr(member, act)(spec.task, spec.round)
    return spec


def opened(consortium: Consortium) -> RoundSpec:
    """The next round, in which nobody has done anything."""
    round = open_round(consortium.sponsor.open(), consortium.task)
    return listen(consortium.aggregator.open().party, consortium.task, round)


def voided(consortium: Consortium) -> RoundSpec:
    """A round in which all but one train and commit, too few for the quorum."""
    spec = opened(consortium)
    for member in list(members(consortium).values())[:-1]:
        member.commit(spec.task, spec.round)
    pass_deadline(consortium)
    consortium.federation("sponsor").tick(consortium.task)
    assert consortium.federation().round_state(spec.task).status is Status.VOIDED
    return spec


def pass_deadline(consortium: Consortium) -> None:
    """Move the chain's clock past the deadline of the phase."""
    federation = consortium.federation()
    federation.wait_until(federation.round_state(consortium.task).deadline + 1)


Kept = dict[str, Personal]
Words = NDArray[np.int32]


def expected(consortium: Consortium, spec: RoundSpec, kept: Kept) -> tuple[Words, Kept]:
    """A round's next words and what silos keep, from the rows and what they kept before; provable step, no chain."""
    base = words_of(consortium, spec)
    sent, after = [], {}
    for name, member in members(consortium).items():
        silo = member.silo
        data = consented_view(silo, spec, silo.consent_record()).training_data()
        update = train_update(spec, silo.party.account, base, data, b"", kept.get(name, NOTHING))
        sent.append((update.weight, update.words))
        after[name] = update.personal
    return add(base, weighted_mean(sent, d=base.size)), after


def words_of(consortium: Consortium, spec: RoundSpec) -> Words:
    """The shared words that a round starts from."""
    return fetch_words(consortium.aggregator.open().party.store, spec, "model", spec.base_uri, spec.base_root)


def head_words(consortium: Consortium, spec: RoundSpec) -> Words:
    """The shared words of the newest version."""
    party = consortium.aggregator.open().party
    version = party.federation.versions(spec.task)[-1]
    uri = model_uri(party, spec.task, version, spec.spec)
    return fetch_words(party.store, spec, "model", uri, version.model_root)


def same(one: Personal, other: Personal) -> bool:
    """Whether two silos' states are equal to the last bit."""
    return one.keys() == other.keys() and all((values == other[name]).all() for name, values in one.items())
