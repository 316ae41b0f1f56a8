"""The small federation of the command line's tests, and an index of its events."""

from pathlib import Path

import pytest

from prefect_federated.adapters.evm.event_index import EventIndex
from prefect_federated.adapters.evm.federation import Federation
from tests.cli.conftest import SmallFederation, _somewhere_else, cli, devnet, fresh, settled

__all__ = ["_somewhere_else", "cli", "devnet", "fresh", "settled"]


@pytest.fixture
def index(tmp_path: Path) -> EventIndex:
    return EventIndex(tmp_path / "events.sqlite")


def indexed(federation: SmallFederation, index: EventIndex) -> Federation:
    """A reader that takes its events from an index."""
    reader = federation.reader
    reader.read_events_from(index)
    return reader
