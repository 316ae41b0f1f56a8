"""The options that say where events are kept, so that a command reads only what is new on the chain."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.event_index import EventIndex
    from prefect_federated.adapters.evm.federation import Federation

PANEL = "Where events are kept"


@dataclass(frozen=True, slots=True)
class Indexed:
    """An index of events, in a file or in the home where signed transactions wait too."""

    index: Annotated[
        Path | None,
        typer.Option(
            envvar="FEDERATED_INDEX", rich_help_panel=PANEL, help="SQLite file; may be deleted. Default: in --home."
        ),
    ] = None
    home: Annotated[
        Path, typer.Option(envvar="FEDERATED_HOME", rich_help_panel=PANEL, help="Folder that keeps the index.")
    ] = Path("~/.federated")

    def over(self, federation: "Federation") -> "EventIndex":
        """The index, from which the federation reads its events from now on."""
        from prefect_federated.adapters.evm.event_index import EventIndex, index_file

        home = self.home.expanduser()
        found = EventIndex(self.index or index_file(home, federation.chain_id, federation.coordinator))
        federation.read_events_from(found)
        return found
