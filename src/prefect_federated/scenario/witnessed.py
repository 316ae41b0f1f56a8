"""The block of a silo in a demo, whose one process plays everybody: its update is heard before anything masks it.

WITNESS of the run --member()--> Participant whose silo tells it
"""

from contextvars import ContextVar
from dataclasses import replace

from prefect_federated.blocks.silo import Silo
from prefect_federated.flows.members import Member, Participant
from prefect_federated.scenario.exact_sum import Witness

WITNESS: ContextVar[Witness | None] = ContextVar("witness", default=None)


class WitnessedSilo(Silo):
    """A silo that follows the protocol, and tells the run's witness what it trained; for demos and tests only."""

    _block_type_name = "Federated Witnessed Silo"
    _block_type_slug = "federated-witnessed-silo"
    _description = "A silo of a demo, which compares masked sums with what was masked. Never deploy it."

    def member(self) -> Member:
        """The silo, ready to take part, with the witness of the run that opens it."""
        return Participant(replace(self.open(), witness=WITNESS.get()))
