"""How much gas a transaction may ask for: the node's estimate, some room, and the chain's cap.

call --eth_estimateGas--> estimate --a quarter more--> limit, at most the profile's cap
"""

from typing import TYPE_CHECKING

from prefect_federated.adapters.evm import rpc
from prefect_federated.core.chain_profile import ChainProfile
from prefect_federated.core.errors import ContractRefused

if TYPE_CHECKING:
    from web3 import Web3


def estimated_gas(w3: "Web3", call: dict[str, str], tag: str = "pending") -> int:
    """Gas that a call uses now.

    Raises:
        RpcRefused: it would revert, or its sender cannot pay.
    """
    try:
        return rpc.request_int(w3, "eth_estimateGas", [call, tag])
    except rpc.RpcRefused as refusal:
        if tag == "pending" and refusal.code == -32602:  # a node without a pending block
            return estimated_gas(w3, call, "latest")
        raise


def gas_limit(intent: str, estimate: int, profile: ChainProfile | None) -> int:
    """Gas limit with room for what others do to the state meanwhile, within what the chain lets one transaction use.

    >>> gas_limit("commit", 80_000, None)
    130000

    Raises:
        ContractRefused: even the bare estimate is above the cap.
    """
    wanted = estimate * 5 // 4 + 30_000
    if profile is None or wanted <= profile.tx_gas_cap:
        return wanted
    if estimate > profile.tx_gas_cap:
        raise ContractRefused(
            f"{intent} needs {estimate} gas, {profile.name} allows {profile.tx_gas_cap} a transaction; split it"
        )
    return profile.tx_gas_cap
