"""A silo at work: a participant with data, consent records and a policy of its own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from prefect_federated.adapters.data.gx_suite import DataChecks
from prefect_federated.adapters.data.sources import DataSource
from prefect_federated.adapters.mailbox import Mailbox
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.record_file import read_record
from prefect_federated.core.consent import ConsentRecord
from prefect_federated.core.policy import Policy
from prefect_federated.core.relaying import leaves_letter
from prefect_federated.learning.machine import Machine

if TYPE_CHECKING:
    from prefect_federated.core.round_spec import RoundSpec
    from prefect_federated.learning.update import EncodedUpdate


@dataclass(frozen=True, slots=True)
class Silo:
    """What the participant flow works with; its data never leave it.

    `witness` is told the silo's account and update before anything masks it. No block sets it but that of a demo, where
    one process plays everybody.
    """

    party: Party
    source: DataSource
    subject_column: str
    records: Path
    policy: Policy
    checks: DataChecks
    commit_by: str = "direct"
    mailbox: Mailbox | None = None
    suite: Path | None = None  # expectations of the silo's own, approved by hash in the policy
    machine: Machine = field(default_factory=Machine)
    witness: "Callable[[RoundSpec, str, EncodedUpdate], None] | None" = None

    def relays(self, task: int) -> Mailbox | None:
        """The mailbox, where the next step of a round is to be left there now; None where it is to be sent."""
        if self.commit_by == "direct":
            return None
        federation = self.party.federation
        state, enforced = federation.round_state(task), federation.task_of(task).enforced
        allowed = enforced.rolled if self.commit_by == "rolled" else enforced.relayed
        leaves = leaves_letter(state, federation.chain_time(), self.commit_by, allowed)
        return self.mailbox if leaves else None

    def consent_record(self) -> ConsentRecord:
        """The silo's current consent record, read afresh, since subjects withdraw at any time.

        Raises:
            ConsentError: there is none.
            ConfigurationError: it is not encrypted to this silo, or damaged.
        """
        return read_record(self.records, self.party.sealing_key)
