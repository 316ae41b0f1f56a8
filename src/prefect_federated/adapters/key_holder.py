"""A key holder at work: a registered party without whom a task's encrypted sums are not opened."""

from dataclasses import dataclass

from prefect_federated.adapters.mailbox import Mailbox
from prefect_federated.adapters.party import Party


@dataclass(frozen=True, slots=True)
class KeyHolder:
    """What the unlock flow works with; its key lies in the party's vault."""

    party: Party
    mailbox: Mailbox
