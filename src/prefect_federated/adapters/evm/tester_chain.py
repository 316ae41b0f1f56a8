"""A chain in one process: py-evm with a mempool, a movable clock, and indices for whatever the RPC asks.

raw transaction -> pool -> block (at once, or every few seconds) -> receipts and logs by hash
"""

import time
from dataclasses import dataclass
from typing import Any

from eth.abc import BlockAPI, BlockHeaderAPI, ComputationAPI, ReceiptAPI, SignedTransactionAPI
from eth.chains.base import MiningChain
from eth.consensus.applier import ConsensusApplier
from eth.consensus.noproof import NoProofConsensus
from eth.db import get_db_backend
from eth.exceptions import Revert
from eth.vm.forks.prague import PragueVM
from eth.vm.spoof import SpoofTransaction
from eth_typing import Address
from eth_utils.exceptions import ValidationError

from prefect_federated.adapters.evm import tester_json

GAS_LIMIT = 30_000_000
GWEI = 10**9


class Refused(Exception):
    """Raised when the chain says no; `code` and `data` go into the JSON-RPC error as geth words it."""

    def __init__(self, message: str, code: int = -32000, data: str | None = None) -> None:
        """Keep the parts of the answer."""
        super().__init__(message)
        self.code, self.data = code, data


@dataclass(frozen=True, slots=True)
class Call:
    """A message to run without mining it."""

    sender: bytes
    to: bytes
    data: bytes
    value: int = 0
    gas: int = GAS_LIMIT


class TesterChain:
    """py-evm under the Prague rules with instant or interval mining; not safe for threads by itself."""

    def __init__(self, chain_id: int, balances: dict[bytes, int], automine: bool = True) -> None:
        """Make a genesis block now, with these accounts.

        Args:
            chain_id: what transactions must be signed for.
            balances: wei by 20-byte address.
            automine: whether a transaction is mined when it arrives.
        """
        self.chain_id, self.automine = chain_id, automine
        self._offset, self._forced = 0, 0
        self._pool: dict[tuple[bytes, int], SignedTransactionAPI] = {}
        self.blocks: list[dict[str, Any]] = []
        self.by_hash: dict[str, int] = {}
        self.transactions: dict[str, dict[str, Any]] = {}
        self.receipts: dict[str, dict[str, Any]] = {}
        self.logs: list[dict[str, Any]] = []
        self._chain = _genesis(chain_id, balances)
        self._index(self._chain.get_canonical_block_by_number(0), ())  # type: ignore[arg-type]

    # --- reading ---------------------------------------------------------------------------------------

    def state_at(self, number: int | None = None, time_s: int | None = None) -> Any:
        """World state after block `number` (None: the head), seen by a message of the next block."""
        header = self._chain.header
        if number is not None and number < len(self.blocks) - 1:
            parent = self._chain.get_canonical_block_header_by_number(number)  # type: ignore[arg-type]
            header = self._chain.create_header_from_parent(parent)
        seen = time_s if time_s is not None else int(self.blocks[-1 if number is None else number]["timestamp"], 16)
        return self._chain.get_vm(header.copy(timestamp=seen, base_fee_per_gas=0)).state

    def nonce(self, account: bytes, pending: bool) -> int:
        """Next nonce of an account, with or without what waits in the pool."""
        nonce: int = self.state_at().get_nonce(account)
        while pending and (account, nonce) in self._pool:
            nonce += 1
        return nonce

    def pooled(self, tx_hash: str) -> SignedTransactionAPI | None:
        """The waiting transaction with this hash."""
        return next((tx for tx in self._pool.values() if "0x" + tx.hash.hex() == tx_hash), None)

    def call(self, call: Call, number: int | None, time_s: int | None) -> bytes:
        """Run a message and return its output.

        Raises:
            Refused: it reverted; `data` holds the revert's own bytes.
        """
        return self._run(call, number, time_s)[0].output

    def estimate(self, call: Call, time_s: int) -> int:
        """Gas with which a message surely succeeds: what it burned, with room for nested calls' 1/64."""
        computation, floor = self._run(call, None, time_s)
        burned = max(call.gas - computation.get_gas_remaining(), floor)
        return burned if burned <= 21_000 else burned * 11 // 10 + 10_000

    @property
    def base_fee(self) -> int:
        """Base fee of the next block, wei a gas."""
        return int(self._chain.header.base_fee_per_gas or 0)

    # --- writing ---------------------------------------------------------------------------------------

    def send(self, raw: bytes) -> str:
        """Take a signed transaction into the pool, and mine what has become possible.

        Raises:
            Refused: a node would not take it either.
        """
        try:
            transaction = self._chain.get_vm().get_transaction_builder().decode(raw)
            sender = transaction.sender
            transaction.validate()
        except Exception as cause:  # py-evm raises rlp, eth_keys and validation errors of its own
            raise Refused(f"invalid transaction: {cause}") from cause
        self._admit(transaction, sender)
        self._pool[(sender, transaction.nonce)] = transaction
        while self.automine and (ready := self._executable()):
            self.mine(ready[:1])
        return "0x" + transaction.hash.hex()

    def mine(self, transactions: list[SignedTransactionAPI] | None = None) -> None:
        """Mine one block of the given transactions, or of all that wait and can run."""
        self._chain.set_header_timestamp(self.next_time())
        self._forced = 0
        done: list[tuple[SignedTransactionAPI, ReceiptAPI, ComputationAPI]] = []
        for transaction in self._executable() if transactions is None else transactions:
            del self._pool[(transaction.sender, transaction.nonce)]
            try:
                _, receipt, computation = self._chain.apply_transaction(transaction)
            except ValidationError:
                continue  # became invalid while it waited, e.g. its sender spent the money
            done.append((transaction, receipt, computation))
        block = self._chain.mine_block(coinbase=b"\x00" * 20, blob_gas_used=0)
        self._index(block, tuple(done))

    def next_time(self) -> int:
        """Timestamp that the next block will carry."""
        last = int(self.blocks[-1]["timestamp"], 16)
        return self._forced or max(last, int(time.time()) + self._offset)

    def increase_time(self, seconds: int) -> None:
        """Move the clock forward for all blocks to come."""
        self._offset += seconds

    def set_next_time(self, timestamp: int) -> None:
        """Fix the next block's time; later blocks go on from there.

        Raises:
            Refused: the latest block is not older.
        """
        last = int(self.blocks[-1]["timestamp"], 16)
        if timestamp <= last:
            raise Refused(f"timestamp {timestamp} is not later than the latest block's {last}", code=-32602)
        self._forced, self._offset = timestamp, timestamp - int(time.time())

    # --- inside ----------------------------------------------------------------------------------------

    def _run(self, call: Call, number: int | None, time_s: int | None) -> tuple[ComputationAPI, int]:
        state = self.state_at(number, time_s)
        builder = self._chain.get_vm().get_transaction_builder()
        unsigned = builder.create_unsigned_transaction(
            nonce=state.get_nonce(call.sender),
            gas_price=0,
            gas=call.gas,
            to=Address(call.to),
            value=call.value,
            data=call.data,
        )
        spoofed = SpoofTransaction(unsigned, from_=call.sender, sender=call.sender, gas_price=0)
        try:
            computation = state.apply_transaction(spoofed)
        except ValidationError as cause:
            raise Refused(_words(str(cause))) from cause
        if computation.is_error:
            raise _reverted(computation)
        tokens = sum(4 if byte else 1 for byte in call.data)
        return computation, 21_000 + 10 * tokens  # EIP-7623 floor

    def _admit(self, transaction: SignedTransactionAPI, sender: bytes) -> None:
        nonce, known = self.nonce(sender, pending=False), self._pool.get((sender, transaction.nonce))
        if "0x" + transaction.hash.hex() in self.receipts or (known and known.hash == transaction.hash):
            raise Refused("already known")
        if getattr(transaction, "type_id", None) == 3:
            raise Refused("blob transactions are not supported")
        if transaction.chain_id not in (None, self.chain_id):
            raise Refused(f"invalid chain id for signer: have {transaction.chain_id} want {self.chain_id}")
        if transaction.nonce < nonce:
            raise Refused(f"nonce too low: next nonce {nonce}, tx nonce {transaction.nonce}")
        if transaction.max_fee_per_gas < self.base_fee:
            raise Refused(f"max fee per gas less than block base fee: {transaction.max_fee_per_gas} < {self.base_fee}")
        if transaction.gas > GAS_LIMIT:
            raise Refused("exceeds block gas limit")
        if transaction.gas < transaction.intrinsic_gas:
            raise Refused(f"intrinsic gas too low: have {transaction.gas}, want {transaction.intrinsic_gas}")
        need = transaction.gas * transaction.max_fee_per_gas + transaction.value
        if (have := self.state_at().get_balance(sender)) < need:
            raise Refused(f"insufficient funds for gas * price + value: have {have} want {need}")
        if known and transaction.max_fee_per_gas * 10 < known.max_fee_per_gas * 11:
            raise Refused("replacement transaction underpriced")

    def _executable(self) -> list[SignedTransactionAPI]:
        ready, state = [], self.state_at()
        for sender in {account for account, _ in self._pool}:
            nonce = state.get_nonce(sender)
            while (transaction := self._pool.get((sender, nonce))) is not None:
                ready.append(transaction)
                nonce += 1
        return ready

    def _index(
        self, block: BlockAPI, done: tuple[tuple[SignedTransactionAPI, ReceiptAPI, ComputationAPI], ...]
    ) -> None:
        header: BlockHeaderAPI = block.header
        entry = tester_json.block(header, [transaction for transaction, _, _ in done])
        self.by_hash[entry["hash"]] = len(self.blocks)
        self.blocks.append(entry)
        burned, first_log = 0, 0
        for index, (transaction, receipt, _) in enumerate(done):
            mined = tester_json.receipt(entry, transaction, receipt, index, receipt.gas_used - burned, first_log)
            burned, first_log = receipt.gas_used, first_log + len(mined["logs"])
            self.receipts[mined["transactionHash"]] = mined
            self.transactions[mined["transactionHash"]] = tester_json.transaction(transaction, entry, index)
            self.logs.extend(mined["logs"])


def _genesis(chain_id: int, balances: dict[bytes, int]) -> MiningChain:
    rules = ConsensusApplier(NoProofConsensus).amend_vm_configuration(((0, _DevRules),))
    chain_class = type("DevChain", (_ConstantGasLimit,), {"chain_id": chain_id, "vm_configuration": rules})
    parameters = {
        "coinbase": b"\x00" * 20, "difficulty": 0, "extra_data": b"", "gas_limit": GAS_LIMIT,
        "mix_hash": b"\x00" * 32, "nonce": b"\x00" * 8, "timestamp": int(time.time()),
    }  # fmt: skip
    state = {who: {"balance": wei, "nonce": 0, "code": b"", "storage": {}} for who, wei in balances.items()}
    chain: MiningChain = chain_class.from_genesis(get_db_backend(), parameters, state)  # type: ignore[attr-defined]
    return chain


class _DevRules(PragueVM):
    @classmethod
    def validate_header(cls, header: BlockHeaderAPI, parent_header: BlockHeaderAPI) -> None:
        """Allow blocks within one second, as anvil does: only then do windows of seconds hold many calls."""
        later = header.timestamp - parent_header.timestamp
        super().validate_header(header.copy(timestamp=parent_header.timestamp + max(later, 1)), parent_header)


class _ConstantGasLimit(MiningChain):
    def create_header_from_parent(self, parent_header: BlockHeaderAPI, **header_params: Any) -> BlockHeaderAPI:
        header_params["gas_limit"] = parent_header.gas_limit
        return super().create_header_from_parent(parent_header, **header_params)


def _reverted(computation: ComputationAPI) -> Refused:
    if isinstance(computation.error, Revert):
        return Refused("execution reverted", code=3, data="0x" + computation.output.hex())
    return Refused(f"{type(computation.error).__name__}: {computation.error}"[:200])


def _words(problem: str) -> str:
    return f"insufficient funds: {problem}" if "balance" in problem else problem
