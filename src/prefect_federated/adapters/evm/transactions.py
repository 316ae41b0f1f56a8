"""One account's transactions on one chain: estimate, sign and store, offer to the node, look for the receipt.

The mechanics under the outbox; when to do which is decided there. Whoever calls `sign`, `bump` or `close_gap`
holds the journal's lock.
"""

import contextlib
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from prefect_federated.adapters.evm import errors, fees, rpc
from prefect_federated.adapters.evm.broadcast import Verdict, broadcast, is_broke, refusal_error
from prefect_federated.adapters.evm.gas import estimated_gas, gas_limit
from prefect_federated.adapters.evm.journal import Attempt, Content, Entry, Journal, State
from prefect_federated.core.chain_profile import ChainProfile
from prefect_federated.core.errors import ChainUnreachable, ContractRefused, FederatedError

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from web3 import Web3


class Transactions:
    """Signs with one account and keeps the journal true."""

    def __init__(
        self,
        w3: "Web3",
        account: "LocalAccount",
        journal: Journal,
        stale_s: float,
        profile: ChainProfile | None = None,
    ) -> None:
        """Bind the four; `stale_s` is how long a lagging node gets to find a receipt. A profile caps the gas."""
        self.w3, self.account, self.journal, self.stale_s = w3, account, journal, stale_s
        self._profile = profile
        self.address = str(account.address)

    # --- writing ---------------------------------------------------------------------------------------

    def sign(self, intent: str, content: Content) -> Entry:
        """Sign an intent under the lowest free nonce and store it.

        What an earlier process stored but the node does not know goes out first.

        Raises:
            FederatedError: the call would revert, or the account has no money.
        """
        gas = self.estimate(intent, content)
        nonce = self.nonce("pending")
        waiting = [entry for entry in self.journal.pending() if entry.nonce >= nonce and entry.intent != intent]
        taken = {entry.nonce for entry in waiting if self.offer(entry)[1] is None}
        while nonce in taken:
            nonce += 1
        return self._store(Entry(intent, content, nonce, gas, ()), fees.quote(self.w3))

    def bump(self, entry: Entry) -> Entry:
        """Sign once more under the same nonce for 12.5 % more, or the market's price if that is higher."""
        fees.forget(self.w3)
        return self._store(entry, fees.bumped(entry.attempts[-1].fees, fees.quote(self.w3)))

    def offer(self, entry: Entry) -> tuple[Entry, str | None]:
        """Hand an entry's latest bytes to the node, paying more while it asks for more.

        Returns the entry as it stands and None, or the reason why no node will take it (noted in the journal).
        """
        reason = ""
        for _ in range(8):  # each turn raises the fee by an eighth
            verdict, reason = broadcast(self.w3, entry.attempts[-1].raw)
            if verdict is Verdict.WAIT:
                return entry, None
            if verdict is Verdict.REFUSED:
                break
            entry = self.bump(entry)
        return self.note(entry, State.REFUSED), reason

    def close_gap(self, entry: Entry) -> None:
        """Fill nonces below the entry's that the chain lost: with the bytes signed for them, else a self-transfer.

        Signing the entry again under a lower nonce would be shorter, but then two signatures of one intent could
        both be mined.
        """
        for nonce in range(self.nonce("pending"), entry.nonce):
            for lost in self.journal.with_nonce(nonce):
                broadcast(self.w3, lost.attempts[-1].raw)
            if self.nonce("pending") <= nonce:
                filler = Entry(f"gap:{nonce}", Content(self.address, 0, "0x"), nonce, 30_000, ())
                self.offer(self._store(filler, fees.quote(self.w3)))

    def note(self, entry: Entry, state: State) -> Entry:
        """Write down what became of an entry."""
        if entry.state is not state:
            entry = replace(entry, state=state)
            self.journal.save(entry)
        return entry

    # --- reading ---------------------------------------------------------------------------------------

    def estimate(self, intent: str, content: Content) -> int:
        """Gas limit with room for what others do to the state meanwhile; a call that would revert stops here."""
        call = self._call(content)
        try:
            return gas_limit(intent, estimated_gas(self.w3, call), self._profile)
        except rpc.RpcRefused as refusal:
            if is_broke(refusal.reason) and not refusal.data:
                raise self.refusal(intent, refusal.reason) from refusal
            raise errors.decode_revert(refusal) from refusal

    def receipt(self, entry: Entry) -> dict[str, Any] | None:
        """Raw receipt of whichever attempt was mined."""
        for attempt in reversed(entry.attempts):
            raw = rpc.request(self.w3, "eth_getTransactionReceipt", [attempt.hash])
            if raw is not None and raw.get("blockNumber") is not None:
                return dict(raw)
        return None

    def known(self, entry: Entry) -> bool:
        """Whether the node has any of the entry's attempts, waiting or mined."""
        return any(rpc.request(self.w3, "eth_getTransactionByHash", [one.hash]) for one in entry.attempts)

    def overtaken(self, entry: Entry) -> bool:
        """Whether another transaction used the entry's nonce; a lagging node gets time to find ours."""
        if self.nonce("latest") <= entry.nonce:
            return False
        patience = time.monotonic() + (0.1 if rpc.is_dev_chain(self.w3) else self.stale_s)
        while time.monotonic() < patience:
            if self.receipt(entry) is not None:
                return False
            time.sleep(0.02)
        return self.nonce("latest") > entry.nonce

    def nonce(self, tag: str) -> int:
        """Number of the account's transactions at a block tag."""
        return rpc.request_int(self.w3, "eth_getTransactionCount", [self.address, tag])

    def refusal(self, intent: str, reason: str) -> FederatedError:
        """The error for an intent that no node takes, with the balance where that is the matter."""
        have = None
        with contextlib.suppress(ChainUnreachable, rpc.RpcRefused):
            have = rpc.balance_of(self.w3, self.address)
        return refusal_error(self.address, intent, reason, have)

    def why_reverted(self, entry: Entry, raw: dict[str, Any]) -> FederatedError:
        """Replay a mined but reverted transaction for its reason."""
        call = self._call(entry.content) | {"gas": hex(entry.gas)}
        number = int(raw["blockNumber"], 16)
        for at in (number - 1, number):
            try:
                rpc.request(self.w3, "eth_call", [call, hex(at)])
            except rpc.RpcRefused as refusal:
                if refusal.data:
                    return errors.decode_revert(refusal)
        return ContractRefused(
            f"{entry.intent}: transaction {raw['transactionHash']} reverted without a reason after"
            f" {int(raw['gasUsed'], 16)} of {entry.gas} gas; read the chain and send it again if it is still due"
        )

    # --- inside ----------------------------------------------------------------------------------------

    def _store(self, entry: Entry, offer: fees.Fees) -> Entry:
        fields: dict[str, Any] = {
            "data": entry.content.data,
            "value": entry.content.value,
            "nonce": entry.nonce,
            "gas": entry.gas,
            "chainId": rpc.chain_id_of(self.w3),
            **offer,
        }
        if entry.content.to:
            fields["to"] = entry.content.to
        signed = self.account.sign_transaction(fields)
        attempt = Attempt("0x" + signed.hash.hex(), "0x" + signed.raw_transaction.hex(), dict(offer))
        entry = replace(entry, attempts=(*entry.attempts, attempt), state=State.SIGNED)
        self.journal.save(entry)
        return entry

    def _call(self, content: Content) -> dict[str, str]:
        call = {"from": self.address, "data": content.data, "value": hex(content.value)}
        return call | ({"to": content.to} if content.to else {})
