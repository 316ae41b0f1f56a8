"""Talking to a chain: connect once, ask by name, and move time where the chain is a toy.

connect(url, chain_id) -> w3;  request(w3, "eth_blockNumber", []);  wait_until(w3, timestamp)
"""

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from prefect_federated.core.errors import ChainIdMismatch, ChainUnreachable, ProtocolError, TransactionPending

if TYPE_CHECKING:
    from web3 import Web3

DEV_CLIENTS = ("anvil/", "HardhatNetwork/", "prefect-federated-devnet/")


class RpcRefused(ProtocolError):
    """Raised when the endpoint answers a request with an error; `code`, `reason` and `data` are the chain's own."""

    def __init__(self, method: str, code: int, reason: str, data: str | None = None) -> None:
        """Keep the three parts of a JSON-RPC error beside the sentence."""
        super().__init__(f"the chain refused {method}: {reason} (code {code})")
        self.method, self.code, self.reason, self.data = method, code, reason, data


def connect(url: str, chain_id: int | None = None, timeout_s: float = 10.0) -> "Web3":
    """Open an endpoint and make sure that it serves the chain that was meant.

    CCIP-Read is off (a contract could make the client fetch any URL), nothing is retried behind the caller's
    back, and proof-of-authority headers are understood.

    Args:
        url: http(s) JSON-RPC endpoint.
        chain_id: the chain that must answer; None takes whichever does.
        timeout_s: bound for one request, seconds.

    Raises:
        ChainUnreachable: nothing answers; the message names the host without credentials.
        ChainIdMismatch: another chain answers.
    """
    from web3 import Web3
    from web3.middleware import ExtraDataToPOAMiddleware

    from prefect_federated.adapters.evm.provider import ChainProvider

    provider = ChainProvider(url, timeout_s)
    provider.global_ccip_read_enabled = False
    w3 = Web3(provider)
    w3.middleware_onion.inject(ExtraDataToPOAMiddleware, layer=0)
    served = chain_id_of(w3)
    if chain_id is not None and served != chain_id:
        raise ChainIdMismatch(
            f"{provider.name} serves chain {served}, the configuration names chain {chain_id};"
            " point the chain block at the right endpoint"
        )
    return w3


def request(w3: "Web3", method: str, params: list[Any]) -> Any:
    """Ask the endpoint once and return the bare `result`.

    Raises:
        RpcRefused: the chain answered with an error.
        ChainUnreachable: it did not answer.
    """
    answer = w3.provider.make_request(method, params)  # type: ignore[arg-type]
    error = answer.get("error")
    if error is None:
        return answer["result"]
    if isinstance(error, str):
        raise RpcRefused(method, 0, error)
    raise RpcRefused(method, int(error.get("code", 0)), str(error.get("message", "")), _data_of(dict(error)))


def request_many(w3: "Web3", method: str, many: Sequence[list[Any]]) -> list[dict[str, Any]] | None:
    """Ask many questions in one message: the whole answers, in order; None from an endpoint that takes no such message.

    Raises:
        ChainUnreachable: it did not answer.
    """
    provider: Any = w3.provider
    answers = provider.make_batch_request([(method, params) for params in many])
    return answers if isinstance(answers, list) and len(answers) == len(many) else None


def request_int(w3: "Web3", method: str, params: list[Any]) -> int:
    """Ask for a quantity (hexadecimal on the wire).

    Raises:
        ChainUnreachable: the answer is no quantity.
    """
    result = request(w3, method, params)
    try:
        return int(result, 16)
    except (TypeError, ValueError) as cause:
        raise ChainUnreachable(
            f"the chain endpoint answered {method} with {str(result)[:80]!r}, not with a number; check the endpoint"
        ) from cause


def block(w3: "Web3", which: int | str = "latest") -> dict[str, Any]:
    """Header of a block by number or tag, as the raw JSON object.

    Raises:
        ChainUnreachable: the endpoint does not know the block (yet).
    """
    result = request(w3, "eth_getBlockByNumber", [hex(which) if isinstance(which, int) else which, False])
    if not isinstance(result, dict):
        raise ChainUnreachable(f"the chain endpoint does not know block {which}; it may lag behind, try again")
    return result


def chain_id_of(w3: "Web3") -> int:
    """Chain id that the endpoint serves, asked once per connection."""
    known: int | None = getattr(w3, "_federated_chain_id", None)
    if known is None:
        known = request_int(w3, "eth_chainId", [])
        w3._federated_chain_id = known  # type: ignore[attr-defined]
    return known


def chain_time(w3: "Web3") -> int:
    """Timestamp of the latest block: the only clock that rounds know, unix seconds."""
    return int(block(w3)["timestamp"], 16)


def is_dev_chain(w3: "Web3") -> bool:
    """Whether the endpoint is a development chain whose clock anyone may move; asked once per connection."""
    known: bool | None = getattr(w3, "_federated_dev", None)
    if known is None:
        known = str(request(w3, "web3_clientVersion", [])).startswith(DEV_CLIENTS)
        w3._federated_dev = known  # type: ignore[attr-defined]
    return known


def advance(w3: "Web3", seconds: int) -> bool:
    """Move the clock of a development chain forward and mine a block; False where time cannot be moved."""
    if not is_dev_chain(w3):
        return False
    request(w3, "evm_increaseTime", [int(seconds)])
    request(w3, "evm_mine", [])
    return True


def wait_until(w3: "Web3", timestamp: int, timeout_s: float = 3600.0, poll_s: float = 1.0) -> int:
    """Return the chain's time once it is at least `timestamp`; a development chain is taken there at once.

    Several processes may wait on one development chain: the clock is set, not advanced, so that it lands on
    the latest of the wanted times and never on their sum.

    Raises:
        TransactionPending: the chain did not get there within `timeout_s`.
    """
    patience = time.monotonic() + timeout_s
    while (now := chain_time(w3)) < timestamp:
        if is_dev_chain(w3):
            _jump(w3, timestamp)
            continue
        if time.monotonic() > patience:
            raise TransactionPending(
                f"chain time is {now}, waited {timeout_s:.0f} s for {timestamp}; is the chain producing blocks?"
            )
        time.sleep(min(poll_s, max(timestamp - now, 0.05)))
    return now


def wait_for_block(w3: "Web3", number: int, timeout_s: float = 3600.0, poll_s: float = 1.0) -> None:
    """Return once the chain has a block; a development chain mines up to it at once.

    Raises:
        TransactionPending: the chain did not get there within `timeout_s`.
    """
    patience = time.monotonic() + timeout_s
    while (now := request_int(w3, "eth_blockNumber", [])) < number:
        if is_dev_chain(w3):
            request(w3, "evm_mine", [])
            continue
        if time.monotonic() > patience:
            raise TransactionPending(
                f"the chain is at block {now}, waited {timeout_s:.0f} s for {number}; is it producing blocks?"
            )
        time.sleep(poll_s)


def set_balance(w3: "Web3", address: str, wei: int) -> None:
    """Give an account of a development chain at least `wei`; used to fund dev accounts.

    Raises:
        RpcRefused: the chain is no development chain.
    """
    version = str(request(w3, "web3_clientVersion", []))
    prefix = {"HardhatNetwork": "hardhat", "prefect-federated-devnet": "devnet"}.get(version.split("/")[0], "anvil")
    request(w3, f"{prefix}_setBalance", [address, hex(wei)])


def balance_of(w3: "Web3", address: str) -> int:
    """Native balance of an account, wei."""
    return request_int(w3, "eth_getBalance", [address, "latest"])


def _jump(w3: "Web3", timestamp: int) -> None:
    try:
        request(w3, "evm_setNextBlockTimestamp", [timestamp])
        request(w3, "evm_mine", [])
    except RpcRefused:
        if chain_time(w3) < timestamp:  # refused for another reason than a neighbour's faster jump
            raise


def _data_of(error: dict[str, Any]) -> str | None:
    data = error.get("data")
    if isinstance(data, dict):  # hardhat and some gateways nest it
        data = data.get("data") or data.get("result")
    return data if isinstance(data, str) and data.startswith("0x") else None
