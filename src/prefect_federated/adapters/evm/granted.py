"""Which grants were ever brought to the ledger, from its log; how each stands is read from the ledger itself.

ConsentGranted --topic of a silo--> grant ids in order --grantOf--> GrantState
"""

from prefect_federated.adapters.evm import abi
from prefect_federated.adapters.evm.calls import ContractCalls
from prefect_federated.adapters.evm.logs import read_logs


def granted_ids(chain: ContractCalls, silo: str | None = None) -> list[bytes]:
    """Ids of the grants of one silo, or of all, oldest first."""
    (topic,) = abi.topics_of(("ConsentGranted",))
    topics: list[str | None] = ["0x" + topic.hex(), None, None]
    if silo is not None:
        topics.append("0x" + silo.removeprefix("0x").lower().rjust(64, "0"))
    logs = read_logs(chain.w3, [chain.addresses.consent], topics, chain.from_block)
    return [bytes(event.args["grantId"]) for event in chain.decode(logs)]
