"""EvmChain: which chain and which federation a deployment works on."""

from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, HttpUrl, model_validator

from prefect_federated.blocks.schema import SchemaOnce

ProfileName = Literal["ethereum", "arbitrum", "optimism", "base", "polygon", "zksync", "local"]

if TYPE_CHECKING:
    from prefect_federated.adapters.evm.federation import Federation
    from prefect_federated.blocks.signer import Signer


class EvmChain(SchemaOnce):
    """An EVM chain and the coordinator contract of a federation on it.

    Example:
        Load the block and read a task's current round:
        ```python
        from prefect_federated.blocks import EvmChain

        block = EvmChain.load("BLOCK_NAME")  # e.g. made with EvmChain(profile="base", rpc_url=..., coordinator=...)
        print(block.connect().round_state(task=1))
        ```
    """

    _block_type_name = "Federated EVM Chain"
    _block_type_slug = "federated-evm-chain"
    _description = "The chain and the contracts that coordinate a federation."
    _logo_url = HttpUrl("https://avatars.githubusercontent.com/u/6250754?s=200")
    _documentation_url = HttpUrl("https://ethereum.org/developers/docs/apis/json-rpc/")

    rpc_url: str = Field(title="RPC URL", description="JSON-RPC endpoint of the chain, http or https.")
    profile: ProfileName | None = Field(
        default=None,
        title="Profile",
        description="Known chain: its id, its rule for final blocks, its gas cap. Empty takes the head for final.",
    )
    chain_id: int | None = Field(
        default=None,
        title="Chain ID",
        description="Pinned chain id; an endpoint that serves another is refused. Empty takes the profile's.",
    )
    coordinator: str = Field(title="Coordinator", description="Address of the federation's Coordinator contract.")
    confirmations: int = Field(
        default=0,
        ge=0,
        title="Confirmations",
        description="Blocks on top before an event or a receipt counts as final, besides the profile's rule.",
    )
    timeout_s: float = Field(default=10.0, gt=0, title="Timeout", description="Seconds to wait for one answer.")
    deployed_block: int = Field(
        default=0,
        ge=0,
        title="Deployed in block",
        description="Block of the deployment; logs are read from there on.",
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        from prefect_federated.core.chains import settled
        from prefect_federated.core.errors import ConfigurationError

        try:
            settled(self.profile, self.chain_id)
        except ConfigurationError as cause:
            raise ValueError(str(cause)) from cause
        return self

    def connect(self, signer: "Signer | None" = None) -> "Federation":
        """Open the federation, to read with or, given a signer, to write to.

        Raises:
            ChainIdMismatch: the endpoint serves another chain.
            ChainUnreachable: it does not answer.
            KeyUnavailable: the signer's key cannot be read.
        """
        from prefect_federated.adapters.evm.federation import Federation
        from prefect_federated.adapters.evm.outbox import Outbox
        from prefect_federated.adapters.evm.rpc import connect
        from prefect_federated.core.chains import settled

        chain_id, profile = settled(self.profile, self.chain_id)
        w3 = connect(self.rpc_url, chain_id, self.timeout_s)
        outbox = None
        if signer is not None:
            outbox = Outbox(signer.outbox_folder(), w3, signer.account(), self.confirmations, profile=profile)
        return Federation(w3, self.coordinator, outbox, self.confirmations, self.deployed_block, profile)
