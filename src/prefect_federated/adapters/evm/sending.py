"""Writes of one signer: calldata, an intent that names the effect, the outbox, the events that came of it.

function and values -> calldata -> outbox.send("...:commit:1/3", ...) -> Sent(tx_hash, gas_used, ...)
"""

import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from prefect_federated.adapters.evm import abi
from prefect_federated.adapters.evm.history import ChainHistory
from prefect_federated.adapters.evm.outbox import Outbox
from prefect_federated.adapters.evm.records import Sent
from prefect_federated.core.chain_profile import ChainProfile
from prefect_federated.core.enforced import NOBODY
from prefect_federated.core.errors import ConfigurationError, UnknownParticipant
from prefect_federated.core.words import keccak256

if TYPE_CHECKING:
    from web3 import Web3


class Sending(ChainHistory):
    """One deployment as one signer sees it, with what all writes have in common."""

    def __init__(
        self,
        w3: "Web3",
        coordinator: str,
        outbox: Outbox | None = None,
        confirmations: int = 0,
        from_block: int = 0,
        profile: ChainProfile | None = None,
    ) -> None:
        """Bind connection, Coordinator and signer; without an outbox it only reads. See `ContractCalls`."""
        super().__init__(w3, coordinator, confirmations, from_block, profile)
        self._outbox = outbox
        self._account: str | None = None

    @property
    def signer(self) -> str:
        """Address that signs.

        Raises:
            ConfigurationError: this facade only reads.
        """
        return self._signing().address

    @property
    def account(self) -> str:
        """The participant that the signer is or acts for; the signer itself while it is not registered."""
        if self._account is None:
            try:
                self._account = self.master_of(self.signer)
            except UnknownParticipant:
                return self.signer
        return self._account

    @property
    def home(self) -> Path | None:
        """Folder in which the outbox lies, for what is kept beside it; None for a facade that only reads."""
        return None if self._outbox is None else self._outbox.folder.parent

    def as_signer(self, outbox: Outbox, account: str) -> Self:
        """The same deployment as another signer sees it; what was read of it so far is shared.

        Args:
            account: the participant that the signer is or acts for.
        """
        other = copy.copy(self)
        other._outbox, other._account = outbox, account
        return other

    # --- inside ----------------------------------------------------------------------------------------

    def _send(
        self, contract: str, function: str, *values: Any, value: int = 0, once: bool = True, name: str | None = None
    ) -> Sent:
        data = abi.function(contract, function).encode(*values)
        intent = f"{self.coordinator}:{function}:{hexed(keccak256(data)) if name is None else name}"
        return self._through(intent, self.addresses.of(contract), data, value, once)

    def _through(self, intent: str, to: str, data: bytes, value: int, once: bool) -> Sent:
        receipt = self._signing().send(intent, to, data, value, once=once)
        return Sent(receipt.tx_hash, receipt.gas_used, receipt.block, tuple(self.decode(receipt.logs)))

    def _payable(self, token: str, contract: str, amount: int) -> int:
        """Native value to send with a payment; for a token the allowance is given instead."""
        if token == NOBODY:
            return amount
        spender = self.addresses.of(contract)
        allowance = abi.function("TestToken", "allowance")
        if int(allowance.decode(self.output(token, allowance.encode(self.signer, spender)))) < amount:
            data = abi.function("TestToken", "approve").encode(spender, amount)
            self._through(f"{self.coordinator}:approve:{token}:{spender}:{amount}", token, data, 0, False)
        return 0

    def _signing(self) -> Outbox:
        if self._outbox is None:
            raise ConfigurationError("this connection only reads; give it a signer to send transactions")
        return self._outbox


def hexed(value: bytes) -> str:
    """Bytes as 0x-hex."""
    return "0x" + value.hex()
