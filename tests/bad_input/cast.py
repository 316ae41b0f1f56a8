"""Who takes part in a bad round: members that remember their errors, and those that send what no honest silo sends.

Observed(member) --commit, reveal--> the member's own, with its error kept        Sender --_train--> words of its choice
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from prefect_federated.adapters.evm import abi
from prefect_federated.adapters.evm.structs import opening_tuple
from prefect_federated.adapters.mailbox import Mailbox
from prefect_federated.adapters.payloads import publish, seal_update
from prefect_federated.adapters.silo import Silo
from prefect_federated.adapters.stores.base import ContentStore
from prefect_federated.core.errors import FederatedError
from prefect_federated.core.evidence import Evidence
from prefect_federated.core.notes import LocalNote
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealed import SealedUpdate
from prefect_federated.core.spec import Tensor
from prefect_federated.flows.members import Participant, stage
from prefect_federated.tasks.commit import recall, seal
from prefect_federated.tasks.leave import leave_commit
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.train import train
from prefect_federated.tasks.validate import validate
from tests.bad_input.flaky import FlakyEndpoint


def nothing(task: int, round: int) -> None:
    """Nothing happens."""


@dataclass
class Observed:
    """A silo whose errors are kept. Its endpoint may begin to drop requests, or something happen after it revealed."""

    member: Participant
    endpoint: FlakyEndpoint | None = None
    drops: int = 0
    afterwards: Callable[[int, int], object] = nothing
    errors: list[FederatedError] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.member.name

    @property
    def account(self) -> str:
        return self.member.account

    @property
    def silo(self) -> Silo:
        return self.member.silo

    def commit(self, task: int, round: int) -> LocalNote | None:
        if self.endpoint:
            self.endpoint.drops = self.drops
        try:
            return self.member.commit(task, round)
        except FederatedError as error:
            self.errors.append(error)
            raise

    def reveal(self, task: int, round: int) -> None:
        try:
            self.member.reveal(task, round)
        except FederatedError as error:
            self.errors.append(error)
            raise
        self.afterwards(task, round)


@dataclass
class PlanEditor(Observed):
    """A silo in which one character of the plan was changed after it was approved."""

    plan: Path = Path()

    def commit(self, task: int, round: int) -> LocalNote | None:
        approved = self.plan.read_text()
        self.plan.write_text(approved.replace("0.1", "0.9", 1))
        try:
            return super().commit(task, round)
        finally:
            self.plan.write_text(approved)


@dataclass
class WrongClock(Observed):
    """A silo whose machine has another time than the chain."""

    skew_s: int = 0

    def commit(self, task: int, round: int) -> LocalNote | None:
        true_time = time.time
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(time, "time", lambda: true_time() + self.skew_s)
            return super().commit(task, round)


@dataclass(frozen=True)
class Sender(Participant):
    """Follows the protocol, but trains nothing: it sends these words, as a payload of so many, under this weight."""

    words: NDArray[np.int32]
    claimed_weight: int | None = None

    def _train(self, spec: RoundSpec, evidence: Evidence) -> SealedUpdate:
        party = self.silo.party
        shaped = _with_size(spec, len(self.words))
        sealed = seal_update(party.store, shaped, party.account, party.sealing_key, self.words, 20, {})
        return sealed if self.claimed_weight is None else replace(sealed, weight=self.claimed_weight)


def _with_size(spec: RoundSpec, size: int) -> RoundSpec:
    """The round as if the task's model had another size."""
    model = spec.spec.model.model_copy(update={"tensors": (Tensor(name="w", shape=(size,)),)})
    return replace(spec, spec=spec.spec.model_copy(update={"model": model}))


@dataclass(frozen=True)
class Interrupted(Participant):
    """A silo to which something happens while it trains."""

    meanwhile: Callable[[], object]

    def _train(self, spec: RoundSpec, evidence: Evidence) -> SealedUpdate:
        sealed = train(self.silo, spec, evidence)
        self.meanwhile()
        return sealed


@dataclass(frozen=True)
class CutOff(Participant):
    """A silo whose chain goes away after it has read the round, before it asks about its grant."""

    endpoint: FlakyEndpoint

    def commit(self, task: int, round: int) -> LocalNote | None:
        with stage("listen"):
            spec = listen(self.silo.party, task, round)
        self.endpoint.drops = 10**9
        with stage("validate"):
            validate(self.silo, spec)
        return None


@dataclass(frozen=True)
class Sealed(Participant):
    """A silo to which something happens after it sealed its opening, before it commits or leaves that to a relayer."""

    meanwhile: Callable[[], object]
    mailbox: Mailbox | None = None

    def commit(self, task: int, round: int) -> LocalNote | None:
        spec = listen(self.silo.party, task, round)
        evidence = validate(self.silo, spec)
        sealed = seal(self.silo, spec, evidence, train(self.silo, spec, evidence))
        self.meanwhile()
        with stage("commit"):
            if self.mailbox:
                leave_commit(self.silo, self.mailbox, spec, sealed)
        return super().commit(task, round)


@dataclass(frozen=True)
class Hider(Participant):
    """Reveals with an envelope in which no reader finds a key."""

    def reveal(self, task: int, round: int) -> None:
        party = self.silo.party
        spec = listen(party, task, round)
        sealed = recall(party, spec)
        assert sealed is not None
        uri = publish(party.store, replace(spec, readers=()), party.account, party.sealing_key, sealed)
        party.federation.reveal(task, round, sealed.opening, uri)


@dataclass(frozen=True)
class Mute(Participant):
    """Commits, and does not reveal when it should."""

    def reveal(self, task: int, round: int) -> None:
        """Stay silent."""


@dataclass(frozen=True)
class Scribbler(Participant):
    """Reveals in time, and gives a URI that is no text."""

    def reveal(self, task: int, round: int) -> None:
        party = self.silo.party
        sealed = recall(party, listen(party, task, round))
        assert sealed is not None
        data = abi.function("Coordinator", "reveal").encode(task, round, opening_tuple(sealed.opening), "~~~~")
        scribbled = data.replace(b"~~~~", b"\xff\xfe\xfd\xfc")
        party.federation._signing().send(f"scribble:{task}/{round}", party.federation.coordinator, scribbled)


def body_of(store: Path, opened: ContentStore, uri: str) -> Path:
    """The file of the sealed payload behind an envelope."""
    digest = str(json.loads(b"".join(opened.get(uri, 1 << 16)))["body"]).rpartition("/")[2]
    return store / "sha256" / digest[:2] / digest
