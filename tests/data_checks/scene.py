"""One round of four hospitals with values that occur nowhere else: one alters its rows, one trains on altered rows.

stage(devnet, folder) --drive_round--> Scene;   the silos afterwards refuse one thing each: refusals(scene)
"""

import json
import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from prefect import flow

from prefect_federated.adapters.data.consented import same_view
from prefect_federated.adapters.data.training import noise_secret
from prefect_federated.adapters.gathering import gather
from prefect_federated.adapters.payloads import fetch_payload, fetch_words, seal_update
from prefect_federated.blocks import Silo
from prefect_federated.blocks.stores import LocalStore, S3Store
from prefect_federated.core.combine import Update
from prefect_federated.core.errors import FederatedError
from prefect_federated.core.evidence import Evidence
from prefect_federated.core.own_suite import suite_document_hash
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealed import SealedUpdate
from prefect_federated.core.spec import Privacy
from prefect_federated.flows.cast import Cast, RoundResult
from prefect_federated.flows.driving import drive_round
from prefect_federated.flows.members import Participant
from prefect_federated.learning.update import train_update
from prefect_federated.scenario.breast_cancer import TARGET
from prefect_federated.scenario.consortium import (
    Consortium,
    cast_blocks,
    create_task,
    data_path,
    deploy_contracts,
    prepare,
    record_consents,
    register_parties,
)
from prefect_federated.scenario.plot import Plot
from prefect_federated.scenario.task_spec import Terms
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.validate import validate

HOSPITALS = ("hospital-a", "hospital-b", "hospital-c", "hospital-d")
SENSITIVE = ("mean_radius", "mean_area")
MARK = 0.73197741  # every sensitive value ends so, and with its row's number; longer than microseconds in a timestamp
HONEST, REWRITER, ALTERED = "hospital-a", "hospital-c", "hospital-d"


class Rewriter(Participant):
    """Validates the rows it has and trains on others."""

    def _train(self, spec: RoundSpec, evidence: Evidence) -> SealedUpdate:
        party, view = self.silo.party, same_view(self.silo, spec, evidence)
        data, secret = view.training_data(), noise_secret(party.sealing_key, spec, party.account, view.digest)
        data.frame.loc[data.frame.index[:5], SENSITIVE[0]] *= 1.5
        base = fetch_words(party.store, spec, "model", spec.base_uri, spec.base_root)
        update = train_update(spec, party.account, base, data, secret)
        return seal_update(
            party.store, spec, party.account, party.sealing_key, update.words, update.weight, update.metrics
        )


@dataclass
class Scene:
    """The round after it was settled, and what was said on the way."""

    consortium: Consortium
    result: RoundResult
    log: Path
    said: list[str] = field(default_factory=list)
    results: Path = Path()  # where Prefect kept what flows returned
    chain_said: list[bytes] = field(default_factory=list)  # bodies of all requests to the chain, and of all answers

    @property
    def out(self) -> Path:
        return self.consortium.ground.out

    def block(self, name: str, **settings: Any) -> Silo:
        """A silo's block with other settings."""
        block = self.consortium.members[name]
        return Silo(**{**{field: getattr(block, field) for field in Silo.model_fields}, **settings})

    def spec(self, name: str = HONEST) -> RoundSpec:
        return listen.fn(self.consortium.members[name].open().party, self.consortium.task, 1)

    def read(self) -> dict[str, tuple[Update, bytes]]:
        """By hospital its update as the aggregator reads it, and the plain bytes of its payload."""
        party, spec = self.consortium.aggregator.open().party, self.spec()
        names = {account.address: name for name, account in self.consortium.ground.accounts.items()}
        reveals, found = party.federation.reveals(spec.task, spec.round), dict[str, tuple[Update, bytes]]()
        updates = {one.participant: one for one in gather(party, spec, reveals).updates}
        for one in reveals:
            place = (party.store, spec, one.participant, one.opening, one.uri, party.account, party.sealing_key)
            plain = fetch_payload(*place, lambda pieces, most: b"".join(pieces))
            found[names[one.participant]] = (updates[one.participant], plain)
        return found

    def error_of(self, call: Callable[[], object]) -> FederatedError:
        """The error that a call ends with; what it says, with its traceback, is kept for the search."""
        try:
            call()
        except FederatedError as error:
            self.said.append("".join(traceback.format_exception(error)))
            return error
        raise AssertionError("it went through")

    def refused(self, name: str = HONEST, **settings: Any) -> FederatedError:
        """Why a silo with other settings does not validate."""
        silo = self.block(name, **settings).open()
        return self.error_of(lambda: validate.fn(silo, self.spec(name)))

    def suite(self, name: str, *expectations: dict[str, Any]) -> dict[str, Any]:
        """Settings of a silo with a suite of its own, approved as it lies there."""
        path = self.out / "silos" / name
        path.write_text(json.dumps({"name": name, "expectations": list(expectations)}))
        return {"suite": path, "suite_hash": "0x" + suite_document_hash(path.read_bytes(), name).hex()}


def marked(table: pd.DataFrame, hospital: int) -> pd.DataFrame:
    """The table with a value in each sensitive cell that occurs nowhere else."""
    marks = [MARK + (1000 * hospital + number) * 1e-12 for number in range(len(table))]
    return table.assign(**{name: (table[name] // 1 + marks).round(12) for name in SENSITIVE})


def stage(url: str, out: Path, log: Path, privacy: Privacy | None = None) -> Scene:
    """Set everything up and drive one round, with all that is logged in one file."""
    terms = Terms(epochs=1, privacy=privacy)
    consortium = founded(url, out, LocalStore(root=out / "store"), terms)
    alter(data_path(consortium.ground, ALTERED))
    with logged(log):
        result = drive(consortium, {REWRITER: Rewriter})
    return Scene(consortium, result, log)


def founded(url: str, out: Path, store: LocalStore | S3Store, terms: Terms) -> Consortium:
    """The four hospitals with their marked rows, one round to come."""
    plot = Plot(rounds=1, interval_s=0, hospitals=HOSPITALS, cheats=(), data_docs=True, terms=terms)
    ground = prepare(url, out, store, plot)
    for number, name in enumerate(HOSPITALS):
        ground.tables[name] = marked(ground.tables[name], number)
    chain = deploy_contracts(ground)
    register_parties(ground, chain)
    record_consents(ground, chain)
    task, spec = create_task(ground, chain)
    return cast_blocks(ground, chain, task, spec)


@contextmanager
def logged(log: Path) -> Iterator[None]:
    """Keep every line of every logger in a file."""
    handler = logging.FileHandler(log)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def alter(path: Path) -> None:
    """Change one value of one row, and keep the time and size of the file out of it."""
    table = pd.read_csv(path, float_precision="round_trip")
    table.loc[0, TARGET] = 1 - table.loc[0, TARGET]
    table.to_csv(path, index=False)


def drive(consortium: Consortium, kinds: Mapping[str, type[Participant]]) -> RoundResult:
    """One round with everybody in this process.

    Args:
        kinds: who does not keep to the protocol, by name.
    """
    members = [kinds.get(name, Participant)(block.open()) for name, block in consortium.members.items()]
    cast = Cast(consortium.sponsor.open(), consortium.aggregator.open(), members, standby=consortium.standby.open())

    @flow(name="data-checks")
    def one_round() -> RoundResult:
        return drive_round(cast, consortium.task)

    return one_round()
