"""What a round must know of the chain it runs on: when a block is final, what a transaction may use and costs.

ChainProfile --final block--> log cursor, alias;  --gas cap--> batches;  --finality in seconds--> a task's gap
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from prefect_federated.core.errors import SpecError


class BlockTag(StrEnum):
    """How settled the newest block must be to be acted on, as JSON-RPC names it."""

    LATEST = "latest"
    SAFE = "safe"
    FINALIZED = "finalized"


class FeeModel(StrEnum):
    """Who pays for the data that a rollup puts on Ethereum, and how one asks for the price beforehand."""

    EXECUTION = "execution"
    """Gas times price, nothing else (EIP-1559)."""
    OP_STACK = "op-stack"
    """Gas times price, and a data fee on top: `GasPriceOracle.getL1Fee(bytes)`."""
    ARBITRUM = "arbitrum"
    """The data fee is part of the estimated gas; `NodeInterface.gasEstimateL1Component` says which part."""
    ZKSYNC = "zksync"
    """The data fee (gas per byte of pubdata) is part of the estimated gas."""


class Prevrandao(StrEnum):
    """What the opcode PREVRANDAO gives: decides whether it may choose anybody."""

    BEACON = "beacon"
    """The beacon chain's randomness; a proposer may withhold a block, one bit of influence a slot."""
    L1_ORIGIN = "l1-origin"
    """That of an Ethereum block which the sequencer picks within limits; the same for several blocks."""
    CONSTANT = "constant"
    """The same number for ever: no randomness at all."""
    UNKNOWN = "unknown"
    """Not documented well enough to be relied on."""


@dataclass(frozen=True, slots=True)
class ChainProfile:
    """One chain. `sources` has an address for every fact, `doubts` what could not be confirmed."""

    name: str
    chain_id: int
    block_time_s: float  # nominal; 0 where each transaction is mined at once
    final_tag: BlockTag
    finality_s: int  # from inclusion to final in normal operation, the upper end of what is published
    fees: FeeModel
    hardfork: str  # newest Ethereum hardfork whose EVM the chain has
    tx_gas_cap: int  # most gas of one transaction
    code_bytes: int  # longest runtime code of a contract
    prevrandao: Prevrandao
    randomness: str  # what to draw from instead
    native_evm: bool  # False: our bytecode runs there through an interpreter, and nothing here was shown
    sources: Mapping[str, str]
    doubts: tuple[str, ...] = ()

    @property
    def finality_blocks(self) -> int:
        """Blocks between the head and the newest final one, at the nominal block time.

        >>> from prefect_federated.core.chains import profile
        >>> profile("ethereum").finality_blocks, profile("local").finality_blocks
        (95, 0)
        """
        return -int(-self.finality_s // self.block_time_s) if self.block_time_s else 0

    def check_gap(self, finality_gap_s: int) -> None:
        """Refuse a gap between Commit and Reveal within which a commit may still vanish.

        A participant that saw the openings of others could otherwise have its own commit dropped by a
        reorganisation and commit anew. Assumes that the chain becomes final as fast as in normal operation.

        Raises:
            SpecError: the gap is shorter than the chain's finality.
        """
        if finality_gap_s < self.finality_s:
            raise SpecError(
                f"finality_gap is {finality_gap_s} s, blocks of {self.name} (chain {self.chain_id}) are final after"
                f" {self.finality_s} s: openings would be shown while commits can still vanish; set finality_gap to"
                f" {self.finality_s} or more"
            )
