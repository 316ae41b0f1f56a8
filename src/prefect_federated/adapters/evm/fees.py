"""What a transaction offers to pay: EIP-1559 where the chain has a base fee, a gas price elsewhere.

max fee = 2 x base fee + tip: stays valid while the base fee doubles, six full blocks in a row
(EIP-1559, https://eips.ethereum.org/EIPS/eip-1559)
"""

import time
from typing import TYPE_CHECKING

from prefect_federated.adapters.evm import rpc

if TYPE_CHECKING:
    from web3 import Web3

GWEI = 10**9
FRESH_S = 5.0
Fees = dict[str, int]  # the fee fields of a transaction, wei a gas


def quote(w3: "Web3") -> Fees:
    """Fee fields for a transaction sent now; a quote is kept for a few seconds.

    Raises:
        ChainUnreachable: the endpoint does not answer.
    """
    kept: tuple[float, Fees] | None = getattr(w3, "_federated_fees", None)
    if kept is not None and time.monotonic() - kept[0] < FRESH_S:
        return kept[1]
    base = rpc.block(w3).get("baseFeePerGas")
    if base is None:
        fees = {"gasPrice": rpc.request_int(w3, "eth_gasPrice", []) * 11 // 10}
    else:
        tip = _tip(w3)
        fees = {"maxFeePerGas": 2 * int(base, 16) + tip, "maxPriorityFeePerGas": tip}
    w3._federated_fees = (time.monotonic(), fees)  # type: ignore[attr-defined]
    return fees


def forget(w3: "Web3") -> None:
    """Drop the kept quote: the chain asked for more."""
    w3._federated_fees = None  # type: ignore[attr-defined]


def bumped(old: Fees, current: Fees) -> Fees:
    """Fees that replace a waiting transaction: every field up by 12.5 % at least, and not below the market.

    Nodes ask for 10 % (geth) or less; the margin keeps rounding out of it.

    >>> bumped({"gasPrice": 1000}, {"gasPrice": 900})
    {'gasPrice': 1125}
    """
    return {field: max(price + -(-price // 8), current.get(field, 0)) for field, price in old.items()}


def _tip(w3: "Web3") -> int:
    try:
        return rpc.request_int(w3, "eth_maxPriorityFeePerGas", [])
    except rpc.RpcRefused:
        return GWEI
