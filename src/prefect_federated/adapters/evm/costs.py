"""What a transaction will cost before it is sent, the data that a rollup puts on Ethereum included.

call --estimate--> gas x price;   OP stack: + GasPriceOracle.getL1Fee(bytes);   Arbitrum, ZKsync: in the gas already
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prefect_federated.adapters.evm import fees, rpc
from prefect_federated.adapters.evm.gas import estimated_gas, gas_limit
from prefect_federated.core.chain_profile import ChainProfile, FeeModel
from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.words import keccak256

if TYPE_CHECKING:
    from web3 import Web3

GAS_PRICE_ORACLE = "0x420000000000000000000000000000000000000F"
"""Predeploy of the OP stack; `getL1Fee` takes the bytes of a transaction, https://docs.optimism.io/chain/addresses."""
NODE_INTERFACE = "0x00000000000000000000000000000000000000C8"
"""Arbitrum's virtual contract, which only RPC nodes have: https://docs.arbitrum.io/arbitrum-essentials/nodeinterface/reference."""
SIGNATURE = bytes([0xFF]) * 67  # r, s and v with their lengths: incompressible, as a real one is


@dataclass(frozen=True, slots=True)
class Cost:
    """One transaction's price in wei; `data_wei` is on top of `gas_wei` or, if `data_in_gas`, a part of it."""

    gas: int  # estimated
    gas_limit: int  # what would be asked for
    gas_wei: int  # estimate at today's base fee and tip
    most_wei: int  # limit at the offered maximum, and the data
    data_wei: int
    data_in_gas: bool

    @property
    def total_wei(self) -> int:
        """What it costs at today's prices."""
        return self.gas_wei + (0 if self.data_in_gas else self.data_wei)


def cost_of(
    w3: "Web3", profile: ChainProfile | None, intent: str, sender: str, to: str, data: bytes, value: int = 0
) -> Cost:
    """Estimate a call without sending it.

    Raises:
        RpcRefused: it would revert.
        ConfigurationError: the chain lacks the contract that its profile's fee model asks.
        ContractRefused: it needs more gas than the chain allows a transaction.
    """
    call = {"from": sender, "to": to, "data": "0x" + data.hex(), "value": hex(value)}
    gas = estimated_gas(w3, call)
    limit, offer = gas_limit(intent, gas, profile), fees.quote(w3)
    most = offer.get("maxFeePerGas", offer.get("gasPrice", 0))
    data_wei, inside = data_fee(w3, profile, to, data, gas)
    return Cost(gas, limit, gas * _price(w3, offer), limit * most + (0 if inside else data_wei), data_wei, inside)


def data_fee(w3: "Web3", profile: ChainProfile | None, to: str, data: bytes, gas: int = 0) -> tuple[int, bool]:
    """Fee for a transaction's data on Ethereum, wei, and whether the gas estimate holds it already.

    ZKsync does not say which part of its estimate pays for pubdata: (0, True).
    """
    model = profile.fees if profile is not None else FeeModel.EXECUTION
    if model is FeeModel.OP_STACK:
        return _op_stack(w3, to, data, gas), False
    if model is FeeModel.ARBITRUM:
        return _arbitrum(w3, to, data), True
    return 0, model is FeeModel.ZKSYNC


def _op_stack(w3: "Web3", to: str, data: bytes, gas: int) -> int:
    import rlp

    fields: list[Any] = [rpc.chain_id_of(w3), 2**20, 10**9, 10**10, gas, bytes.fromhex(to[2:]), 10**18, data, []]
    unsigned = b"\x02" + rlp.encode(fields) + SIGNATURE
    return _ask(w3, GAS_PRICE_ORACLE, "getL1Fee(bytes)", ("bytes",), (unsigned,), ("uint256",))[0]


def _arbitrum(w3: "Web3", to: str, data: bytes) -> int:
    types, values = ("address", "bool", "bytes"), (to, False, data)
    name = "gasEstimateL1Component(address,bool,bytes)"
    gas, base_fee, _ = _ask(w3, NODE_INTERFACE, name, types, values, ("uint64", "uint256", "uint256"))
    return gas * base_fee


def _ask(
    w3: "Web3", contract: str, name: str, types: tuple[str, ...], values: tuple[Any, ...], returns: tuple[str, ...]
) -> tuple[int, ...]:
    from eth_abi.abi import decode, encode

    asked = "0x" + (keccak256(name.encode())[:4] + encode(types, values)).hex()
    answer = bytes.fromhex(str(rpc.request(w3, "eth_call", [{"to": contract, "data": asked}, "latest"]))[2:])
    if len(answer) != 32 * len(returns):
        raise ConfigurationError(
            f"chain {rpc.chain_id_of(w3)} has no {name} at {contract} ({len(answer)} bytes came back); a rehearsal has"
            " no data fees, ask an endpoint of the chain itself"
        )
    return tuple(int(value) for value in decode(returns, answer))


def _price(w3: "Web3", offer: fees.Fees) -> int:
    """Price of a gas today: base fee and tip, of which the offer's maximum is a multiple."""
    tip = offer.get("maxPriorityFeePerGas")
    return offer["gasPrice"] if tip is None else (offer["maxFeePerGas"] - tip) // 2 + tip
