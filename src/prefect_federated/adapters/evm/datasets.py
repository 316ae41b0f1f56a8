"""When which root of a dataset was published, and whom a grant covered then, from the ledger's log.

DatasetRegistered, DatasetRootPublished --topic of one dataset--> roots in order, each with its block
"""

from dataclasses import dataclass

from prefect_federated.adapters.evm import abi
from prefect_federated.adapters.evm.calls import ContractCalls
from prefect_federated.adapters.evm.logs import read_logs

EVENTS = ("DatasetRegistered", "DatasetRootPublished")


@dataclass(frozen=True, slots=True)
class PublishedRoot:
    """One root of a dataset, and the block it came with."""

    root: bytes
    block: int


def published_roots(chain: ContractCalls, dataset: bytes, since: int | None = None) -> list[PublishedRoot]:
    """Roots that a dataset was given, oldest first.

    Args:
        since: first block looked at; None is the deployment's.
    """
    topics = [["0x" + topic.hex() for topic in abi.topics_of(EVENTS)], "0x" + dataset.hex()]
    start = chain.from_block if since is None else since
    logs = read_logs(chain.w3, [chain.addresses.consent], topics, start)
    return [PublishedRoot(bytes(event.args["root"]), event.block) for event in chain.decode(logs)]


def subjects_as_of(chain: ContractCalls, grant_id: bytes, block: int) -> bytes:
    """The root of the subjects that a grant covered at the end of a block."""
    topics = [["0x" + topic.hex() for topic in abi.topics_of(("SubjectsSet",))], "0x" + grant_id.hex()]
    later = chain.decode(read_logs(chain.w3, [chain.addresses.consent], topics, block + 1))
    return bytes(later[0].args["before"] if later else chain.call("ConsentLedger", "grantOf", grant_id)["subjects"])
