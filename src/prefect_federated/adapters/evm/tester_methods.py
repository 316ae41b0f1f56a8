"""The JSON-RPC methods of the embedded chain, each a few lines over `TesterChain`."""

from collections.abc import Callable
from typing import Any

from eth_account import Account
from eth_utils.address import to_checksum_address

from prefect_federated.adapters.evm import tester_json
from prefect_federated.adapters.evm.tester_chain import GAS_LIMIT, GWEI, Call, Refused, TesterChain

CLIENT = "prefect-federated-devnet/eth-tester"
HEAD_TAGS = ("latest", "safe", "finalized", "pending")


class Methods:
    """Method table of one chain; `handle(method, params)` answers or raises `Refused`."""

    def __init__(self, chain: TesterChain, accounts: list[str], rich_key: bytes) -> None:
        """Bind a chain, the accounts to list, and the key that pays for `devnet_setBalance`."""
        self._chain, self._accounts, self._rich = chain, accounts, Account.from_key(rich_key)
        self._table: dict[str, Callable[..., Any]] = {
            "web3_clientVersion": lambda: CLIENT,
            "net_version": lambda: str(chain.chain_id),
            "net_listening": lambda: True,
            "eth_chainId": lambda: hex(chain.chain_id),
            "eth_syncing": lambda: False,
            "eth_accounts": lambda: self._accounts,
            "eth_blockNumber": lambda: hex(len(chain.blocks) - 1),
            "eth_gasPrice": lambda: hex(chain.base_fee + GWEI),
            "eth_maxPriorityFeePerGas": lambda: hex(GWEI),
            "eth_feeHistory": self._fee_history,
            "eth_getBlockByNumber": self._block_by_number,
            "eth_getBlockByHash": self._block_by_hash,
            "eth_getTransactionByHash": self._transaction,
            "eth_getTransactionReceipt": lambda tx_hash: chain.receipts.get(tx_hash.lower()),
            "eth_getTransactionCount": lambda who, at="latest": hex(chain.nonce(_bytes(who), at == "pending")),
            "eth_getBalance": lambda who, at="latest": hex(self._state(at).get_balance(_bytes(who))),
            "eth_getCode": lambda who, at="latest": "0x" + self._state(at).get_code(_bytes(who)).hex(),
            "eth_getStorageAt": self._storage,
            "eth_call": self._call,
            "eth_estimateGas": lambda call, at="pending": hex(chain.estimate(_message(call), chain.next_time())),
            "eth_sendRawTransaction": lambda raw: chain.send(_bytes(raw)),
            "eth_getLogs": self._logs,
            "evm_increaseTime": lambda seconds: chain.increase_time(_int(seconds)),
            "evm_setNextBlockTimestamp": lambda timestamp: chain.set_next_time(_int(timestamp)),
            "evm_mine": self._mine,
            "evm_setAutomine": self._automine,
            "devnet_setBalance": self._set_balance,
        }
        for alias in ("anvil_setBalance", "hardhat_setBalance"):
            self._table[alias] = self._set_balance

    def handle(self, method: str, params: list[Any]) -> Any:
        """Answer one call.

        Raises:
            Refused: unknown method, bad parameters, or the chain's own no.
        """
        if method not in self._table:
            raise Refused(f"the method {method} does not exist/is not available", code=-32601)
        try:
            return self._table[method](*params)
        except (TypeError, ValueError, KeyError, AttributeError) as cause:
            raise Refused(f"invalid params of {method}: {cause}", code=-32602) from cause

    def _number(self, at: Any) -> int | None:
        if isinstance(at, dict):  # EIP-1898
            at = at.get("blockNumber") or hex(self._chain.by_hash[at["blockHash"]])
        if at in HEAD_TAGS:
            return None
        number = 0 if at == "earliest" else int(at, 16)
        if number >= len(self._chain.blocks):
            raise Refused("header not found")
        return number

    def _state(self, at: Any) -> Any:
        return self._chain.state_at(self._number(at))

    def _storage(self, who: str, slot: str, at: Any = "latest") -> str:
        return f"0x{self._state(at).get_storage(_bytes(who), int(slot, 16)):064x}"

    def _call(self, call: dict[str, Any], at: Any = "latest", *_overrides: Any) -> str:
        seen = self._chain.next_time() if at == "pending" else None
        return "0x" + self._chain.call(_message(call), self._number(at), seen).hex()

    def _block_by_number(self, at: str, full: bool = False) -> dict[str, Any] | None:
        blocks = self._chain.blocks
        number = len(blocks) - 1 if at in HEAD_TAGS else 0 if at == "earliest" else int(at, 16)
        return self._filled(blocks[number], full) if number < len(blocks) else None

    def _block_by_hash(self, block_hash: str, full: bool = False) -> dict[str, Any] | None:
        number = self._chain.by_hash.get(block_hash.lower())
        return None if number is None else self._filled(self._chain.blocks[number], full)

    def _filled(self, block: dict[str, Any], full: bool) -> dict[str, Any]:
        if not full:
            return block
        return block | {"transactions": [self._chain.transactions[one] for one in block["transactions"]]}

    def _transaction(self, tx_hash: str) -> dict[str, Any] | None:
        if (waiting := self._chain.pooled(tx_hash.lower())) is not None:
            return tester_json.transaction(waiting, None, None)
        return self._chain.transactions.get(tx_hash.lower())

    def _fee_history(self, count: Any, newest: Any = "latest", percentiles: Any = ()) -> dict[str, Any]:
        last = self._number(newest)
        last = len(self._chain.blocks) - 1 if last is None else last
        first = max(0, last + 1 - min(_int(count), 1024))
        span = self._chain.blocks[first : last + 1]
        return {
            "oldestBlock": hex(first),
            "baseFeePerGas": [one["baseFeePerGas"] for one in span] + [hex(self._chain.base_fee)],
            "gasUsedRatio": [int(one["gasUsed"], 16) / GAS_LIMIT for one in span],
            "reward": [[hex(GWEI) for _ in percentiles or ()] for _ in span],
        }

    def _logs(self, wanted: dict[str, Any]) -> list[dict[str, Any]]:
        head = len(self._chain.blocks) - 1
        if "blockHash" in wanted:
            low = high = self._chain.by_hash[wanted["blockHash"]]
        else:
            low = head if (n := self._bound(wanted.get("fromBlock", "latest"))) is None else n
            high = head if (n := self._bound(wanted.get("toBlock", "latest"))) is None else n
        address, topics = wanted.get("address"), wanted.get("topics") or []
        addresses = {one.lower() for one in ([address] if isinstance(address, str) else address or [])}
        return [
            log
            for log in self._chain.logs
            if low <= int(log["blockNumber"], 16) <= high
            and (not addresses or log["address"].lower() in addresses)
            and _matches(log["topics"], topics)
        ]

    def _bound(self, at: str) -> int | None:
        return None if at in HEAD_TAGS else 0 if at == "earliest" else int(at, 16)

    def _mine(self, *_timestamp: Any) -> str:
        self._chain.mine()
        return "0x0"

    def _automine(self, on: bool) -> None:
        self._chain.automine = bool(on)

    def _set_balance(self, who: str, wei: Any) -> None:
        """Raise a balance to at least `wei` by a transfer from the rich account."""
        missing = _int(wei) - self._chain.state_at().get_balance(_bytes(who))
        if missing > 0:
            transfer = {
                "to": to_checksum_address(who), "value": missing, "gas": 100_000, "chainId": self._chain.chain_id,
                "nonce": self._chain.nonce(_bytes(self._rich.address), True), "data": b"",
                "maxFeePerGas": 2 * self._chain.base_fee + GWEI, "maxPriorityFeePerGas": GWEI,
            }  # fmt: skip
            self._chain.send(bytes(self._rich.sign_transaction(transfer).raw_transaction))


def _message(call: dict[str, Any]) -> Call:
    return Call(
        sender=_bytes(call.get("from") or "0x" + "00" * 20),
        to=_bytes(call.get("to") or "0x"),
        data=_bytes(call.get("data") or call.get("input") or "0x"),
        value=_int(call.get("value") or 0),
        gas=min(_int(call.get("gas") or GAS_LIMIT), GAS_LIMIT),
    )


def _matches(topics: list[str], wanted: list[Any]) -> bool:
    if len(wanted) > len(topics):
        return False
    for topic, choice in zip(topics, wanted, strict=False):
        options = [choice] if isinstance(choice, str) else choice
        if options is not None and topic not in [one.lower() for one in options]:
            return False
    return True


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _int(value: Any) -> int:
    return int(value, 0) if isinstance(value, str) else int(value)
