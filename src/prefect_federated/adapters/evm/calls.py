"""Calling the nine contracts of one deployment: their addresses, view functions, events as the node returns them.

address of the Coordinator -> the others (asked once) -> eth_call with a cached encoder -> decoded values
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, cast

from prefect_federated.adapters.evm import abi, errors, rpc
from prefect_federated.adapters.evm.events import decode_logs
from prefect_federated.adapters.evm.finality import final_block
from prefect_federated.adapters.evm.records import Addresses, Event, RawLog
from prefect_federated.core.chain_profile import ChainProfile
from prefect_federated.core.enforced import NOBODY
from prefect_federated.core.errors import ConfigurationError

if TYPE_CHECKING:
    from web3 import Web3


AT_ONCE = 100  # calls in one message


class ContractCalls:
    """One deployment at the latest block. Cheap to make: nothing is asked before the first call."""

    def __init__(
        self,
        w3: "Web3",
        coordinator: str,
        confirmations: int = 0,
        from_block: int = 0,
        profile: ChainProfile | None = None,
    ) -> None:
        """Bind a connection and a Coordinator.

        Args:
            w3: connection made by `rpc.connect`.
            coordinator: address of the Coordinator's proxy.
            confirmations: blocks on top before an event counts as final, besides what the profile asks for.
            from_block: block before which the contracts did not exist; events are searched from there.
            profile: what is known of the chain; None takes its head for final.
        """
        self.w3, self.coordinator = w3, abi.checksum(coordinator)
        self.confirmations, self.from_block, self.profile = confirmations, from_block, profile
        self._addresses: Addresses | None = None

    @property
    def chain_id(self) -> int:
        """Chain that the contracts live on."""
        return rpc.chain_id_of(self.w3)

    @property
    def addresses(self) -> Addresses:
        """Where the contracts lie.

        Raises:
            ConfigurationError: there is no Coordinator at the address.
        """
        if self._addresses is None:
            contracts = abi.function("Coordinator", "contracts")
            output = self.output(self.coordinator, contracts.encode())
            found = contracts.decode(output) if len(output) == 192 else [NOBODY]
            if NOBODY in found:
                raise ConfigurationError(
                    f"there is no Coordinator at {self.coordinator} on chain {self.chain_id}; check the address"
                )
            self._addresses = Addresses(self.coordinator, *found, *self._named_by(found[0]))
        return self._addresses

    def _named_by(self, registry: str) -> list[str]:
        """Where the registry says that appeals are heard, and reputation kept."""
        asked = [abi.function("ParticipantRegistry", name) for name in ("appeals", "reputation")]
        return [str(one.decode(self.output(registry, one.encode()))) for one in asked]

    def block_number(self) -> int:
        """Number of the latest block."""
        return rpc.request_int(self.w3, "eth_blockNumber", [])

    def final_block(self) -> int:
        """Number of the newest block that counts as final under the profile's rule and the wanted confirmations.

        Raises:
            ChainUnreachable: the endpoint does not say which block is final.
        """
        return final_block(self.w3, self.profile, self.confirmations)

    def wait_until(self, timestamp: int, timeout_s: float = 3600.0) -> int:
        """Return the chain's time once it has reached `timestamp`; a development chain is taken there at once."""
        return rpc.wait_until(self.w3, timestamp, timeout_s)

    def wait_for_block(self, number: int, timeout_s: float = 3600.0) -> None:
        """Return once the chain has a block; a development chain mines up to it at once."""
        rpc.wait_for_block(self.w3, number, timeout_s)

    def chain_time(self) -> int:
        """Timestamp of the latest block, seconds: the only clock that rounds know."""
        return rpc.chain_time(self.w3)

    @contextmanager
    def still(self) -> Iterator[None]:
        """Until the block ends, what this connection reads is asked once: for who sends nothing meanwhile."""
        reads = getattr(self.w3.provider, "still", None)
        with nullcontext() if reads is None else reads.hold():
            yield

    def foresee(self, contract: str, name: str, many: Iterable[Sequence[Any]]) -> None:
        """Within `still`: ask for many calls of a view function in one message, so that each is known when it comes.

        An endpoint that takes no such message is asked one by one when they come.
        """
        to, function = self.addresses.of(contract), abi.function(contract, name)
        wanted = [[{"to": to, "data": "0x" + function.encode(*values).hex()}, "latest"] for values in many]
        if (reads := getattr(self.w3.provider, "still", None)) is None:
            return
        for at in range(0, len(wanted), AT_ONCE):
            some = wanted[at : at + AT_ONCE]
            for params, answer in zip(some, rpc.request_many(self.w3, "eth_call", some) or (), strict=False):
                reads.keep("eth_call", params, answer)

    def call(self, contract: str, name: str, *values: Any) -> Any:
        """Call a view function; structs come back as dicts with the contract's field names.

        Raises:
            FederatedError: it reverted.
        """
        function = abi.function(contract, name)
        return function.decode(self.output(self.addresses.of(contract), function.encode(*values)))

    def output(self, to: str, data: bytes) -> bytes:
        """Raw output of a call at the latest block."""
        try:
            result = rpc.request(self.w3, "eth_call", [{"to": to, "data": "0x" + data.hex()}, "latest"])
        except rpc.RpcRefused as refusal:
            raise errors.decode_revert(refusal) from refusal
        return bytes.fromhex(cast(str, result)[2:])

    def decode(self, logs: Sequence[RawLog]) -> list[Event]:
        """Raw logs of these contracts as events; logs of others are left out."""
        return decode_logs(self.addresses.names(), logs)
