"""anvil set up like a known chain, so that a round can be played there before it costs anything.

ChainProfile --chain id, hardfork, gas and size caps, finality lag, block time--> arguments of anvil --> Devnet
"""

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.core.chain_profile import ChainProfile
from prefect_federated.core.chain_table import EIP_7825_GAS


def rehearse(
    profile: ChainProfile,
    port: int = 0,
    accounts: int = 10,
    real_time: bool = True,
    finality_blocks: int | None = None,
) -> Devnet:
    """Start anvil like a chain and return when it answers.

    Sign with throw-away keys only: the chain id is the real one, so what a real key signs here is valid there.

    Args:
        profile: the chain.
        port: 0 picks a free one.
        accounts: how many of the well-known dev accounts have money.
        real_time: mine at the profile's pace; False mines each transaction at once.
        finality_blocks: how far the final block lies behind the head; None takes the profile's. anvil keeps every
            block in memory and mines about 150 a second, so a test takes fewer.

    Raises:
        ConfigurationError: anvil is not installed.
        ChainUnreachable: it did not come up.
    """
    pace = profile.block_time_s if real_time and profile.block_time_s else None
    return Devnet.start(
        port,
        prefer="anvil",
        block_time_s=pace,
        accounts=accounts,
        anvil_options=anvil_options(profile, finality_blocks),
        chain_id=profile.chain_id,
    )


def anvil_options(profile: ChainProfile, finality_blocks: int | None = None) -> tuple[str, ...]:
    """Arguments of anvil that make it like a chain, without chain id and block time.

    anvil's final block lies two epochs behind its head. The cap of a transaction is set as the block's gas limit,
    which refuses the same transactions; where it is Ethereum's own, that rule is switched on too.

    >>> from prefect_federated.core.chains import profile
    >>> " ".join(anvil_options(profile("polygon")))
    '--hardfork prague --gas-limit 32000000 --code-size-limit 24576 --slots-in-an-epoch 2'
    """
    lag = profile.finality_blocks if finality_blocks is None else finality_blocks
    caps = ("--gas-limit", str(profile.tx_gas_cap), "--code-size-limit", str(profile.code_bytes))
    own = ("--enable-tx-gas-limit",) if profile.tx_gas_cap == EIP_7825_GAS and profile.hardfork == "osaka" else ()
    slots = ("--slots-in-an-epoch", str(-(-lag // 2))) if lag else ()
    return ("--hardfork", profile.hardfork, *caps, *own, *slots)
