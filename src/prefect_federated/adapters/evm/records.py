"""What the chain holds and what came back from it, as frozen values with this package's names.

Solidity's camelCase stops here; amounts are in the token's smallest unit, times in chain seconds.
"""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from prefect_federated.core.commitment import Opening
from prefect_federated.core.enforced import Enforced
from prefect_federated.core.schedule_spec import counted_weight
from prefect_federated.core.usage_rights import UsageRights

RawLog = dict[str, Any]
CONTRACTS = (
    "Coordinator", "ParticipantRegistry", "ConsentLedger", "ModelRegistry", "Treasury", "Disputes", "Committee",
    "Appeals", "Reputation",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Receipt:
    """A mined, successful transaction with its raw logs."""

    tx_hash: bytes
    block: int
    block_hash: bytes
    gas_used: int
    logs: tuple[RawLog, ...]
    contract: str | None  # address that a deployment created


@dataclass(frozen=True, slots=True)
class Event:
    """A decoded log; `args` keep the contract's field names, structs are dicts."""

    name: str
    args: dict[str, Any]
    block: int
    tx_hash: bytes
    log_index: int
    timestamp: int  # of its block; 0 in the events of `Sent` where the node does not say
    address: str


@dataclass(frozen=True, slots=True)
class Sent:
    """Effect of a write: where it was mined, what it burned, what it emitted."""

    tx_hash: bytes
    gas_used: int
    block: int
    events: tuple[Event, ...]

    def event(self, name: str) -> Event:
        """The first event with this name.

        Raises:
            KeyError: the transaction emitted none.
        """
        for event in self.events:
            if event.name == name:
                return event
        raise KeyError(f"transaction 0x{self.tx_hash.hex()} emitted no {name}")


@dataclass(frozen=True, slots=True)
class Participant:
    """An account of the ParticipantRegistry."""

    account: str
    delegate: str
    key_version: int
    admitted: bool
    registered: bool
    stake: int
    locked: int
    unbonding: int
    unbond_at: int
    sealing_key: bytes

    @property
    def free(self) -> int:
        """Stake that no bond holds."""
        return self.stake - self.locked


@dataclass(frozen=True, slots=True)
class TaskOnChain:
    """A task of the Coordinator; `indices` counts everybody who ever enrolled."""

    task: int
    task_id: bytes
    sponsor: str
    aggregator: str
    standby: str
    aggregator_bonded: bool
    standby_bonded: bool
    enrolled: int
    indices: int
    spec_hash: bytes
    enforced: Enforced


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A participant in a task: ``misses`` rounds in a row up to ``missed_round``; ``index`` is for good.

    Round ``waits_until`` must have begun before it may enrol again: its consent was withdrawn in a round before.
    """

    participant: str
    index: int
    enrolled: bool
    from_round: int
    until_round: int
    missed_round: int
    misses: int
    bonded: bool
    waits_until: int = 0

    def in_cohort(self, round: int) -> bool:
        """Whether it belongs to the cohort of a round, past, running or next."""
        return 0 < self.from_round <= round and (self.enrolled or round <= self.until_round)


@dataclass(frozen=True, slots=True)
class TreasuryAccount:
    """A task's money: `total` was ever posted as reward, `claimed` of it was paid."""

    token: str
    sponsor: str
    escrow: int
    reserved: int
    total: int
    claimed: int
    floors: int
    reward_root: bytes


@dataclass(frozen=True, slots=True)
class Reveal:
    """An opened commitment: whose, at which index of the cohort, and where its envelope lies."""

    participant: str
    index: int
    opening: Opening
    uri: str
    behind: int = 0  # versions that its base lies before the round's

    @property
    def weight(self) -> int:
        """The weight at which it counts."""
        return counted_weight(self.opening.weight, self.behind)


@dataclass(frozen=True, slots=True)
class Addresses:
    """The nine contracts of a deployment."""

    coordinator: str
    registry: str
    consent: str
    models: str
    treasury: str
    disputes: str
    committee: str
    appeals: str
    reputation: str

    def names(self) -> dict[str, str]:
        """Solidity name of each contract by its address in lower case."""
        return {address.lower(): name for name, address in zip(CONTRACTS, self.listed(), strict=True)}

    def listed(self) -> list[str]:
        """The addresses in the order of `CONTRACTS`."""
        return [
            self.coordinator, self.registry, self.consent, self.models, self.treasury, self.disputes, self.committee,
            self.appeals, self.reputation,
        ]  # fmt: skip

    def of(self, contract: str) -> str:
        """Address of a contract by its Solidity name."""
        return self.listed()[CONTRACTS.index(contract)]


@dataclass(frozen=True, slots=True)
class Version:
    """An entry of the hash-linked model registry; kind 0 is genesis, 1 a round, 2 a rollback."""

    task: int
    number: int
    round: int
    kind: int
    parent: bytes
    model_root: bytes
    aggregate_root: bytes
    state_root: bytes
    metrics_hash: bytes
    purposes: int
    usable_until: int
    version_hash: bytes
    uri: str
    block: int
    tx_hash: bytes
    timestamp: int

    @property
    def rights(self) -> UsageRights:
        """What it may be used for, and until when."""
        return UsageRights(self.purposes, self.usable_until)


@dataclass(frozen=True, slots=True)
class Deployment:
    """Addresses of one set of contracts, and the block before which it did not exist.

    The last four say who was put in charge when it was deployed; empty where that is not known.
    """

    coordinator: str
    registry: str
    consent: str
    models: str
    treasury: str
    disputes: str
    committee: str
    appeals: str
    reputation: str
    manager: str
    chain_id: int
    block: int
    governance: str = field(default="", compare=False)
    admin: str = field(default="", compare=False)
    council: str = field(default="", compare=False)
    votes: str = field(default="", compare=False)

    def to_json(self) -> str:
        """As JSON text with sorted keys."""
        return json.dumps(asdict(self), sort_keys=True, indent=2)

    @classmethod
    def from_json(cls, text: str) -> "Deployment":
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))
