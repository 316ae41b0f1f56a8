"""Each intent takes effect once: signed once, stored before it is sent, re-sent byte for byte until it is mined.

intent -> estimate (reverts stop here) -> nonce under the lock -> sign -> store -> broadcast -> receipt -> confirmations

A process may die at any arrow. Whoever comes next with the same folder re-sends the same bytes, and two signatures
of one intent never stand under two live nonces: a new one is made only when the old nonce was used by something else.
"""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from prefect_federated.adapters.checkpoints import transaction_checkpoint
from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.abi import checksum
from prefect_federated.adapters.evm.journal import Content, Entry, Journal, State
from prefect_federated.adapters.evm.records import Receipt
from prefect_federated.adapters.evm.transactions import Transactions
from prefect_federated.core.chain_profile import ChainProfile
from prefect_federated.core.errors import ChainUnreachable, ConfigurationError, TransactionPending

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from web3 import Web3

FIRST_POLL_S, SLOWEST_POLL_S, NUDGE_S = 0.002, 0.5, 1.0


class Outbox:
    """Sends one account's transactions. Threads and processes may share a folder."""

    def __init__(
        self,
        folder: Path,
        w3: "Web3",
        account: "LocalAccount",
        confirmations: int = 0,
        *,
        timeout_s: float = 300.0,
        bump_after_s: float = 45.0,
        stale_s: float = 3.0,
        profile: ChainProfile | None = None,
        on_step: Callable[[str, str], None] = transaction_checkpoint,
    ) -> None:
        """Nothing is sent or read yet.

        Args:
            folder: where signed transactions are kept; losing it is safe for callers that read the chain first.
            w3: connection made by `rpc.connect`.
            account: the signer.
            confirmations: blocks that must lie above a receipt before it counts.
            timeout_s: how long one `send` waits to be mined.
            bump_after_s: after this long in the pool a transaction is offered again for 12.5 % more.
            stale_s: how long a lagging node gets to find a receipt before a used nonce counts as somebody else's.
            profile: what is known of the chain; caps the gas of a transaction.
            on_step: called with ("signed" | "broadcast" | "mined", intent); tests kill the process there.
        """
        self.folder, self.w3, self.account, self.confirmations = folder, w3, account, confirmations
        self._timeout_s, self._bump_after_s, self._stale_s = timeout_s, bump_after_s, stale_s
        self._on_step, self._profile = on_step, profile
        self._opened: Transactions | None = None
        self._opening = threading.Lock()

    @property
    def address(self) -> str:
        """Checksummed address of the signer."""
        return str(self.account.address)

    def send(self, intent: str, to: str | None, data: bytes, value: int = 0, *, once: bool = True) -> Receipt:
        """Make an intent take effect, or find that it already did.

        Args:
            intent: deterministic name of the effect, e.g. "commit:1/3:0xabc..."; the same name means the same effect.
            to: contract, or None to create one.
            data: calldata.
            value: native amount, wei.
            once: False for effects that may be wanted again later (a second deposit): an intent that is known to
                be mined is then signed anew; one in flight is still resumed.

        Raises:
            FederatedError: the contract would revert; the class is that of its custom error.
            ConfigurationError: no money, or the intent is in flight with another content.
            TransactionPending: not mined within `timeout_s`; the same call resumes it.
            ChainUnreachable: the endpoint is down; the same call resumes.
        """
        desk = self._desk()
        content = Content(to and checksum(to), value, "0x" + data.hex())
        with desk.journal.lock():
            entry, receipt = self._standing(desk, intent, content, once)
            if entry is None:
                entry = desk.sign(intent, content)
                self._on_step("signed", intent)
            if receipt is None:
                entry = self._offer(desk, entry)
        self._on_step("broadcast", intent)
        mined = self._wait(desk, entry) if receipt is None or self.confirmations else _receipt(receipt)
        self._on_step("mined", intent)
        return mined

    def _desk(self) -> Transactions:
        """Open the journal on first use, and learn what became of whatever an earlier process left in it."""
        with self._opening:
            if self._opened is None:
                genesis = str(rpc.block(self.w3, 0)["hash"])
                journal = Journal(self.folder, rpc.chain_id_of(self.w3), genesis, self.address)
                desk = Transactions(self.w3, self.account, journal, self._stale_s, self._profile)
                with journal.lock():
                    for entry in journal.pending():
                        _refresh(desk, entry)
                self._opened = desk
                if journal.fresh:
                    self._drain(desk)
            return self._opened

    def _drain(self, desk: Transactions) -> None:
        """A new home cannot know what the old one sent: let it land, then have the caller read the chain again."""
        patience, waited = time.monotonic() + self._timeout_s, False
        while desk.nonce("pending") > desk.nonce("latest") and time.monotonic() < patience:
            waited = True
            time.sleep(0.1)
        if waited:
            raise TransactionPending(
                f"account {self.address} had transactions in flight from another place, now mined or timed out;"
                " read the chain again before sending"
            )

    def _standing(
        self, desk: Transactions, intent: str, content: Content, once: bool
    ) -> tuple[Entry | None, dict[str, Any] | None]:
        """What stands for an intent: (entry, receipt) if mined, (entry, None) to re-send, (None, None) to sign."""
        entry = desk.journal.load(intent)
        if entry is None:
            return None, None
        before = entry.state
        entry, receipt = _refresh(desk, entry)
        if receipt is not None and not once and before is State.MINED:
            return None, None
        if entry.state in (State.REFUSED, State.REVERTED):
            return None, None
        if receipt is None and desk.overtaken(entry):
            desk.note(entry, State.REFUSED)
            return None, None
        if entry.content != content:
            raise ConfigurationError(
                f"{intent} was already signed by {self.address} with other content (transaction"
                f" {entry.attempts[-1].hash}); recall what was sealed then, or use another name for a new effect"
            )
        return entry, receipt

    def _offer(self, desk: Transactions, entry: Entry) -> Entry:
        entry, reason = desk.offer(entry)
        if reason is not None:
            raise desk.refusal(entry.intent, reason)
        return entry

    def _wait(self, desk: Transactions, entry: Entry) -> Receipt:
        """Poll for the receipt, ever more slowly; help the transaction along once a second."""
        start = nudged = bumped = answered = time.monotonic()
        pause = FIRST_POLL_S
        while True:
            try:
                receipt = self._confirmed(desk, entry)
                if receipt is not None:
                    return receipt
                now = answered = time.monotonic()
                if now - nudged > NUDGE_S:
                    entry, bumped = self._nudge(desk, entry, bumped)
                    nudged = time.monotonic()
            except ChainUnreachable:
                now = time.monotonic()
                if now - answered > max(self._stale_s, 1.0):
                    raise
            if now - start > self._timeout_s:
                raise TransactionPending(
                    f"{entry.intent}: transaction {entry.attempts[-1].hash} of {self.address} (nonce {entry.nonce})"
                    f" is not mined after {self._timeout_s:.0f} s; call again to go on waiting"
                )
            time.sleep(pause)
            pause = min(pause * 1.5, SLOWEST_POLL_S)

    def _confirmed(self, desk: Transactions, entry: Entry) -> Receipt | None:
        raw = desk.receipt(entry)
        if raw is None:
            return None
        if not int(raw["status"], 16):
            desk.note(entry, State.REVERTED)
            raise desk.why_reverted(entry, raw)
        receipt = _receipt(raw)
        if self.confirmations:
            head = rpc.request_int(self.w3, "eth_blockNumber", [])
            if head < receipt.block + self.confirmations:
                return None
        desk.note(entry, State.MINED)
        return receipt

    def _nudge(self, desk: Transactions, entry: Entry, bumped: float) -> tuple[Entry, float]:
        """Help a transaction that is not mined: sign anew, close a gap below it, send it again, pay more."""
        with desk.journal.lock():
            entry = desk.journal.load(entry.intent) or entry  # another process may have been here
            if desk.receipt(entry) is not None:
                return entry, bumped
            if desk.overtaken(entry):
                desk.note(entry, State.REFUSED)
                return self._offer(desk, desk.sign(entry.intent, entry.content)), time.monotonic()
            desk.close_gap(entry)
            known = desk.known(entry)
            if known and time.monotonic() - bumped > self._bump_after_s:
                return self._offer(desk, desk.bump(entry)), time.monotonic()
            return (entry if known else self._offer(desk, entry)), bumped


def _refresh(desk: Transactions, entry: Entry) -> tuple[Entry, dict[str, Any] | None]:
    """Ask the chain for the end of an entry and note it; the receipt is returned only if it succeeded."""
    raw = desk.receipt(entry)
    if raw is not None:
        succeeded = bool(int(raw["status"], 16))
        return desk.note(entry, State.MINED if succeeded else State.REVERTED), raw if succeeded else None
    if entry.state in (State.MINED, State.REVERTED) and not desk.overtaken(entry):
        entry = desk.note(entry, State.SIGNED)  # a reorganisation took its block away
    return entry, None


def _receipt(raw: dict[str, Any]) -> Receipt:
    return Receipt(
        tx_hash=bytes.fromhex(raw["transactionHash"][2:]),
        block=int(raw["blockNumber"], 16),
        block_hash=bytes.fromhex(raw["blockHash"][2:]),
        gas_used=int(raw["gasUsed"], 16),
        logs=tuple(raw["logs"]),
        contract=raw.get("contractAddress"),
    )
