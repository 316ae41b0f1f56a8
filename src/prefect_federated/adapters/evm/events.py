"""Raw logs as events: which contract, which event, named arguments, and the time of the block.

log --address--> contract --first topic--> shape --eth_abi--> Event
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from prefect_federated.adapters.evm import abi, rpc
from prefect_federated.adapters.evm.batches import unpacked
from prefect_federated.adapters.evm.records import Event, RawLog

if TYPE_CHECKING:
    from web3 import Web3


def decode_logs(contracts: Mapping[str, str], logs: Sequence[RawLog]) -> list[Event]:
    """Decode what these contracts emitted, in the given order; foreign logs are left out, batches taken apart.

    Args:
        contracts: contract name by address in lower case.
        logs: as the node returns them.
    """
    found = []
    for log in logs:
        contract = contracts.get(log["address"].lower())
        shape = abi.logs(contract).get(_bytes(log["topics"][0])) if contract and log["topics"] else None
        if shape is not None:
            found += unpacked(_event(shape, log))
    return found


def stamp(w3: "Web3", event: Event) -> Event:
    """The event with its block's time, asked for where the node left it out of the log."""
    if event.timestamp:
        return event
    known: dict[int, int] = w3.__dict__.setdefault("_federated_times", {})
    if event.block not in known:
        known[event.block] = int(rpc.block(w3, event.block)["timestamp"], 16)
    return replace(event, timestamp=known[event.block])


def _event(shape: abi.Log, log: RawLog) -> Event:
    return Event(
        name=shape.name,
        args=shape.decode([_bytes(topic) for topic in log["topics"]], _bytes(log["data"])),
        block=int(log["blockNumber"], 16),
        tx_hash=_bytes(log["transactionHash"]),
        log_index=int(log["logIndex"], 16),
        timestamp=int(log.get("blockTimestamp") or "0x0", 16),
        address=abi.checksum(log["address"]),
    )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
