"""Who cheats or leaves, to show what becomes of it: copied commitments, flipped updates, altered results, bad votes."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import Field

from prefect_federated.adapters.aggregator import Aggregator as OpenAggregator
from prefect_federated.adapters.attesting import Measured
from prefect_federated.adapters.data.consented import same_view
from prefect_federated.adapters.data.training import train_on
from prefect_federated.adapters.gathering import Gathered
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.payloads import seal_update
from prefect_federated.adapters.validator import Validator as OpenValidator
from prefect_federated.blocks.aggregator import Aggregator
from prefect_federated.blocks.silo import Silo
from prefect_federated.blocks.validator import Validator
from prefect_federated.core.combine import Combined
from prefect_federated.core.errors import CommitmentMismatch
from prefect_federated.core.evidence import Evidence
from prefect_federated.core.notes import LocalNote
from prefect_federated.core.opinion import Opinion
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealed import SealedUpdate
from prefect_federated.flows.members import Member, Participant

FACTOR = -10
ABSURD = 10**12  # a metric of a thousand


class Adversary(Silo):
    """A silo that does not follow the protocol; for demos and tests only."""

    _block_type_name = "Federated Adversary"
    _block_type_slug = "federated-adversary"
    _description = "A participant that cheats, to show that the protocol holds. Never deploy it."

    conduct: Literal["flip", "copy", "leave"] = Field(
        title="Conduct",
        description="flip: sends its update times -10; copy: replays another's commitment; leave: never opens.",
    )

    def member(self) -> Member:
        """The cheat, ready to take part."""
        opened = self.open()
        if self.conduct == "copy":
            return Copycat(opened.party, opened.consent_record().grant_id)
        return SignFlipper(opened) if self.conduct == "flip" else Leaver(opened)


class CheatingAggregator(Aggregator):
    """An aggregator that alters one word of what it aggregates; for demos and tests only."""

    _block_type_name = "Federated Cheating Aggregator"
    _block_type_slug = "federated-cheating-aggregator"
    _description = "An aggregator that alters its result, to show that it is found out. Never deploy it."

    lies_in: int = Field(default=1, ge=1, title="Lies in", description="The round whose aggregate it alters.")

    def open(self) -> OpenAggregator:
        """The cheat, ready to aggregate."""
        honest = super().open()
        return Liar(honest.party, honest.holdout, honest.mirror, lies_in=self.lies_in)


class DissentingValidator(Validator):
    """A validator that votes against what it measured in one round; for demos and tests only."""

    _block_type_name = "Federated Dissenting Validator"
    _block_type_slug = "federated-dissenting-validator"
    _description = "A validator that votes badly, to show that it is outvoted. Never deploy it."

    dissents_in: int = Field(default=1, ge=1, title="Dissents in", description="The round in which it votes badly.")

    def open(self) -> OpenValidator:
        """The dissenter, ready to vote."""
        honest = super().open()
        return Dissenter(honest.party, honest.holdout, honest.mailbox, dissents_in=self.dissents_in)


@dataclass(frozen=True, slots=True)
class Dissenter(OpenValidator):
    """Measures as it should, and in one round rejects with a metric and scores that nobody could have measured."""

    dissents_in: int = 1

    def judged(self, spec: RoundSpec, measured: Measured) -> Opinion:
        """A rejection in the round of the dissent, else the honest opinion."""
        honest = OpenValidator.judged(self, spec, measured)
        if spec.round != self.dissents_in:
            return honest
        scores = tuple((2**32 - 1) * (place == 0) for place in range(len(honest.scores)))
        return replace(honest, accept=False, metric=-ABSURD, scores=scores)


@dataclass(frozen=True, slots=True)
class Liar(OpenAggregator):
    """Aggregates as it should, but for one word in one round, moved by a quarter."""

    lies_in: int = 1

    def combine(self, spec: RoundSpec, gathered: Gathered) -> Combined:
        """The aggregate, with one word altered in the round of the lie."""
        combined = OpenAggregator.combine(self, spec, gathered)
        if spec.round != self.lies_in or not combined.kept:
            return combined
        words = combined.aggregate.copy()
        words[words.size // 2] += 1 << (spec.spec.model.frac_bits - 2)
        return replace(combined, aggregate=words)


@dataclass(frozen=True, slots=True)
class SignFlipper(Participant):
    """Follows the protocol but for its update, which it multiplies by -10."""

    def _train(self, spec: RoundSpec, evidence: Evidence) -> SealedUpdate:
        party, limit = self.silo.party, spec.spec.update.limit
        view = same_view(self.silo, spec, evidence)
        update = train_on(self.silo, spec, view)
        words = np.clip(update.words.astype(np.int64) * FACTOR, -limit, limit).astype(np.int32)
        return seal_update(party.store, spec, party.account, party.sealing_key, words, update.weight, update.metrics)


@dataclass(frozen=True, slots=True)
class Leaver(Participant):
    """Follows the protocol up to its commit, and is gone then."""

    def reveal(self, task: int, round: int) -> None:
        """Nothing: nobody is there."""


@dataclass(frozen=True, slots=True)
class Copycat:
    """Commits to what somebody else committed to, and tries to open it with the other's opening."""

    party: Party
    grant_id: bytes

    @property
    def name(self) -> str:
        """The party's label."""
        return self.party.name

    @property
    def account(self) -> str:
        """The party's account."""
        return self.party.account

    def commit(self, task: int, round: int) -> LocalNote | None:
        """Replay the first commitment of the round."""
        federation = self.party.federation
        if federation.has_committed(task, round, self.account):
            return None
        others = [e for e in federation.events(task, round) if e.name == "UpdateCommitted"]
        if not others:
            raise CommitmentMismatch(f"round {task}/{round}: {self.name} finds no commitment to copy")
        stolen = others[0].args
        federation.commit(task, round, stolen["commitment"], self.grant_id, stolen["evidenceHash"])
        return None

    def reveal(self, task: int, round: int) -> None:
        """Send the opening that its rightful owner revealed; the contract refuses it.

        Raises:
            CommitmentMismatch: always, since the commitment binds its participant.
        """
        federation = self.party.federation
        victims = federation.reveals(task, round)
        if not victims:
            raise CommitmentMismatch(f"round {task}/{round}: {self.name} finds no opening to copy")
        victim = victims[0]
        federation.reveal(task, round, victim.opening, victim.uri)
