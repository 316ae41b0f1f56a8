"""How a member takes part in a round; the one code path of deployments, demo and simulation.

commit: listen -> validate -> train (or carry) -> seal -> commit        reveal: recall -> reveal
masked: share before it: listen -> validate -> deal shares              unmask after it: show shares
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from prefect.blocks.core import Block

from prefect_federated.adapters.aggregator import Aggregator as OpenAggregator
from prefect_federated.adapters.silo import Silo as OpenSilo
from prefect_federated.adapters.validator import Validator as OpenValidator
from prefect_federated.blocks.aggregator import Aggregator
from prefect_federated.blocks.silo import Silo
from prefect_federated.blocks.validator import Validator
from prefect_federated.core.errors import BufferFull, CommitmentMismatch, ConfigurationError, FederatedError
from prefect_federated.core.evidence import Evidence
from prefect_federated.core.notes import LocalNote
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.sealed import SealedUpdate
from prefect_federated.tasks.carry import carry
from prefect_federated.tasks.commit import commit, recall, seal
from prefect_federated.tasks.leave import leave_commit, leave_dealing, leave_opening, leave_shown
from prefect_federated.tasks.listen import listen
from prefect_federated.tasks.retract import retract_withdrawn
from prefect_federated.tasks.reveal import reveal
from prefect_federated.tasks.settle import refund_privacy
from prefect_federated.tasks.share import deal_shares
from prefect_federated.tasks.train import train
from prefect_federated.tasks.unmask import show_shares
from prefect_federated.tasks.validate import validate


class Member(Protocol):
    """Somebody in the cohort. Both calls look at the chain first and do nothing twice."""

    @property
    def name(self) -> str:
        """What reports call the member."""
        ...

    @property
    def account(self) -> str:
        """The member's account."""
        ...

    def commit(self, task: int, round: int) -> LocalNote | None:
        """Do what leads to a commitment on chain."""
        ...

    def reveal(self, task: int, round: int) -> None:
        """Open the commitment."""
        ...


@dataclass(frozen=True, slots=True)
class Participant:
    """A silo that follows the protocol."""

    silo: OpenSilo

    @property
    def name(self) -> str:
        """The silo's label."""
        return self.silo.party.name

    @property
    def account(self) -> str:
        """The silo's account."""
        return self.silo.party.account

    def commit(self, task: int, round: int) -> LocalNote | None:
        """Listen, validate, train, seal, commit; an opening sealed earlier is sent again, never made anew."""
        with stage("listen"):
            spec = listen(self.silo.party, task, round)
            note, sealed = None, recall(self.silo.party, spec)
        if sealed is None:
            with stage("validate"):
                if self.silo.party.federation.refundable(task, self.account):
                    refund_privacy(self.silo.party, task)
                evidence = validate(self.silo, spec)
            with stage("train"):
                carried = carry(self.silo, spec, evidence) if spec.spec.enforced.max_staleness else None
                update = carried.update if carried else self._train(spec, evidence)
            with stage("commit"):
                sealed = seal(self.silo, spec, evidence, update, carried.made_in if carried else None)
            note = _note(spec, evidence, update)
        with stage("commit"):
            if mailbox := self.silo.relays(task):
                leave_commit(self.silo, mailbox, spec, sealed)
            elif commit(self.silo, spec, sealed) is None:
                raise BufferFull(
                    f"round {task}/{round} ended Commit, at {spec.spec.enforced.buffer} updates or its deadline, before"
                    f" that of {self.name}; it stays sealed, and the next round takes it if its base is then at most"
                    f" {spec.spec.enforced.max_staleness} versions old"
                )
        return note

    def reveal(self, task: int, round: int) -> None:
        """Open the commitment from the vault; where its consent was withdrawn meanwhile, take it out instead."""
        if retract_withdrawn(self.silo.party, task, self.account):
            return
        spec = listen(self.silo.party, task, round)
        sealed = recall(self.silo.party, spec)
        if sealed is None:
            raise CommitmentMismatch(
                f"round {task}/{round}: {self.name} committed, but its store holds no opening; restore the store"
            )
        if mailbox := self.silo.relays(task):
            leave_opening(self.silo.party, mailbox, spec, sealed)
        else:
            reveal(self.silo.party, spec, sealed)

    def share(self, task: int, round: int) -> None:
        """Deal the secrets of this round's mask out, if the data may be used: who deals owes a commit."""
        with stage("listen"):
            spec = listen(self.silo.party, task, round)
        with stage("validate"):
            evidence = validate(self.silo, spec)
        with stage("share"):
            if mailbox := self.silo.relays(task):
                leave_dealing(self.silo.party, mailbox, spec, evidence)
            else:
                deal_shares(self.silo.party, spec, evidence)

    def unmask(self, task: int, round: int) -> None:
        """Show the shares of others, for the survivors that the chain has."""
        with stage("unmask"):
            spec = listen(self.silo.party, task, round)
            if mailbox := self.silo.relays(task):
                leave_shown(self.silo.party, mailbox, spec)
            else:
                show_shares(self.silo.party, spec)

    def _train(self, spec: RoundSpec, evidence: Evidence) -> SealedUpdate:
        return train.with_options(tags=self.silo.machine.tags)(self.silo, spec, evidence)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Let errors raised within the block say at which stage of the round they were."""
    try:
        yield
    except FederatedError as error:
        error.stage = error.stage or name
        raise


@runtime_checkable
class Casting(Protocol):
    """A block that brings a member of its own kind, as simulations do."""

    def member(self) -> Member:
        """The member, opened."""
        ...


def open_member(name: str) -> Member:
    """Open a member by block: "hospital-a" is a `Silo`, "slug/name" any other block that casts a member."""
    block = Block.load(name if "/" in name else f"{Silo.get_block_type_slug()}/{name}")
    if isinstance(block, Casting):
        return block.member()
    if not isinstance(block, Silo):
        raise ConfigurationError(f"block {name} is a {type(block).__name__}, not a Silo; name a silo's block")
    return Participant(block.open())


def open_aggregator(name: str) -> OpenAggregator:
    """Open an aggregator by block: "aggregator" is an `Aggregator`, "slug/name" a block of a kind of its own."""
    block = Block.load(name if "/" in name else f"{Aggregator.get_block_type_slug()}/{name}")
    if not isinstance(block, Aggregator):
        raise ConfigurationError(f"block {name} is a {type(block).__name__}, not an Aggregator; name an aggregator's")
    return block.open()


def open_validator(name: str) -> OpenValidator:
    """Open a validator by block: "validator-a" is a `Validator`, "slug/name" a block of a kind of its own."""
    block = Block.load(name if "/" in name else f"{Validator.get_block_type_slug()}/{name}")
    if not isinstance(block, Validator):
        raise ConfigurationError(f"block {name} is a {type(block).__name__}, not a Validator; name a validator's")
    return block.open()


def _note(spec: RoundSpec, evidence: Evidence, update: SealedUpdate) -> LocalNote:
    return LocalNote(evidence.counts.rows, evidence.view_digest, spec.spec.data.names, update.metrics)
