"""Which block counts as final: the chain's own word where its profile has a rule, and never a guess.

profile's tag, confirmations --> the older of the two blocks
"""

from typing import TYPE_CHECKING

from prefect_federated.adapters.evm import rpc
from prefect_federated.core.chain_profile import BlockTag, ChainProfile
from prefect_federated.core.errors import ChainUnreachable

if TYPE_CHECKING:
    from web3 import Web3


def final_block(w3: "Web3", profile: ChainProfile | None, confirmations: int = 0) -> int:
    """Number of the newest block that may be acted on; -1 where none is old enough.

    A node that does not know the tag is an error here: taking its head for final would act on what can vanish.

    Args:
        w3: connection.
        profile: its `final_tag` is asked for; None takes the head for final.
        confirmations: blocks that must lie on top in any case.

    Raises:
        ChainUnreachable: the endpoint does not say which block is final.
    """
    newest = rpc.request_int(w3, "eth_blockNumber", []) - confirmations
    tag = profile.final_tag if profile is not None else BlockTag.LATEST
    if profile is None or tag is BlockTag.LATEST:
        return max(newest, -1)
    try:
        settled = int(rpc.block(w3, tag)["number"], 16)
    except (rpc.RpcRefused, ChainUnreachable) as cause:
        raise ChainUnreachable(
            f"the endpoint of {profile.name} does not say which block is {tag} ({cause}); use a node that does, since"
            " nothing may be acted on before it is final"
        ) from cause
    return max(min(settled, newest), -1)
