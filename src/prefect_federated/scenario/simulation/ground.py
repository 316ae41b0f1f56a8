"""What a simulated silo is opened from: values alone, so that a shard can be carried to another process or machine.

member --pickled--> (Ground, Household) --opened there, once in a process--> member

On other machines chain, folder and plan must be found under the same names: a shared disk, an address that all reach.
"""

import os
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect_federated.adapters.data.gx_suite import DataChecks
from prefect_federated.adapters.evm.outbox import Outbox
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.mailbox import FolderMailbox
from prefect_federated.adapters.party import Party
from prefect_federated.blocks import EvmChain, LocalStore
from prefect_federated.core.consent import ConsentRecord
from prefect_federated.core.policy import Policy
from prefect_federated.flows.members import Participant
from prefect_federated.scenario.simulation.held import HeldReports, HeldSilo, HeldTable
from prefect_federated.scenario.simulation.tables import SUBJECT

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from pandas import DataFrame

TIMEOUT_S = 60.0  # for one answer of a chain that many ask at once


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a simulation takes place."""

    rpc_url: str
    chain_id: int
    coordinator: str
    deployed_block: int
    out: Path
    folder: Path  # in which the command was started; plans are found from there

    @property
    def chain(self) -> EvmChain:
        """Chain and contracts."""
        return EvmChain(
            rpc_url=self.rpc_url,
            chain_id=self.chain_id,
            coordinator=self.coordinator,
            deployed_block=self.deployed_block,
            timeout_s=TIMEOUT_S,
        )

    @property
    def store(self) -> LocalStore:
        """The content store of everybody, which need not outlive a power cut."""
        return LocalStore(root=self.out / "store", durable=False)

    @property
    def mailbox(self) -> FolderMailbox:
        """Where commits and openings are left for the relayer."""
        return FolderMailbox(self.out / "mailbox")


@dataclass(frozen=True, slots=True, eq=False)
class Household:
    """What a silo has of its own: keys, rows, consent record, policy."""

    name: str
    key: bytes  # that signs, 32 bytes
    sealing_key: SealingKey
    table: "DataFrame"
    root: bytes  # of all rows, under the secret of the consent record
    record: ConsentRecord
    policy: Policy


@dataclass(frozen=True, slots=True)
class Simulated(Participant):
    """A simulated silo that takes part as any other."""

    silo: HeldSilo
    ground: Ground
    household: Household

    def __reduce__(self) -> tuple[Any, ...]:
        """Carried as what it was opened from: connections and caches stay."""
        return _reopened, (self.ground, self.household)


class Hall:
    """What all silos of a process share: connection, store, reports of checks."""

    def __init__(self, ground: Ground) -> None:
        """Connect."""
        self.ground = ground
        self._reader, self._shelf = ground.chain.connect(), ground.store.open()
        self._checks, self._members = DataChecks(cache=HeldReports()), dict[str, Simulated]()

    def member(self, household: Household) -> Simulated:
        """The silo of a household, opened when it is first asked for."""
        if household.name not in self._members:
            self._members[household.name] = Simulated(self._silo(household), self.ground, household)
        return self._members[household.name]

    def _silo(self, own: Household) -> HeldSilo:
        home, account = self.ground.out / "keys" / own.name, _account(own.key)
        address = str(account.address)
        mine = self._reader.as_signer(Outbox(home / "outbox", self._reader.w3, account), address)
        return HeldSilo(
            party=Party(own.name, address, mine, self._shelf, own.sealing_key),
            source=HeldTable(own.name, own.table, own.root),
            subject_column=SUBJECT,
            records=home / "consent",
            policy=own.policy,
            checks=self._checks,
            commit_by="relayed",
            mailbox=self.ground.mailbox,
            held_record=own.record,
        )


def _account(key: bytes) -> "LocalAccount":
    from eth_account import Account

    account: LocalAccount = Account.from_key(key)
    return account


@lru_cache(maxsize=1)
def _hall(ground: Ground) -> Hall:
    """One for each process that members are carried to."""
    os.chdir(ground.folder)
    return Hall(ground)


def _reopened(ground: Ground, household: Household) -> Simulated:
    return _hall(ground).member(household)
