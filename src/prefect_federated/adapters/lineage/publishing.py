"""The lineage page of a round's version, for who mirrors it: made from an index of events kept beside the outbox.

chain, through a reader of its own --> audit of the newest version --> lineage.html on the round's run in MLflow
"""

from prefect_federated.adapters.evm.event_index import EventIndex, index_file
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.lineage.auditing import audit
from prefect_federated.adapters.lineage.collector import collector_held
from prefect_federated.adapters.lineage.page import page
from prefect_federated.adapters.lineage.sources import read_documents, read_facts
from prefect_federated.adapters.party import Party
from prefect_federated.core.notes import Notes

NEWEST = 60  # rounds and versions on a page in MLflow; a page of all of them each round would grow without end


def lineage_page(party: Party, task: int, number: int, notes: Notes) -> str | None:
    """The page of a version; None where the party has no outbox and so no home for an index."""
    federation = party.federation
    home = federation.home
    if home is None:
        return None
    index = EventIndex(index_file(home, federation.chain_id, federation.coordinator))
    reader = Federation(
        federation.w3, federation.coordinator, None, federation.confirmations, federation.from_block, federation.profile
    )
    reader.read_events_from(index)
    with collector_held():
        auditor = Party(party.name, party.account, reader, party.store, party.sealing_key)
        facts = read_facts(reader, index, task)
        found = audit(f"{task}@{number}", facts, number, read_documents(auditor, facts))
    return page(found, notes.names, NEWEST)
