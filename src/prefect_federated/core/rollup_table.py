"""Profiles of rollups, which publish their data on Ethereum: Arbitrum One, OP Mainnet, Base, ZKsync Era.

Read in November 2026; every fact has its source beside it, and what no source could confirm stands in `doubts`.
"""

from prefect_federated.core.chain_profile import BlockTag, ChainProfile, FeeModel, Prevrandao
from prefect_federated.core.chain_table import (
    CCTP,
    COMMIT_REVEAL,
    EIP_170,
    EIP_170_BYTES,
    EIP_7825_GAS,
    EIP_8123,
    OF_CHAINS,
)

OP_FINALITY = "https://docs.optimism.io/op-stack/transactions/transaction-finality"
OP_ORACLE = (
    "https://github.com/ethereum-optimism/optimism/blob/develop/packages/contracts-bedrock/src/L2/GasPriceOracle.sol"
)
OP_DERIVATION = "https://specs.optimism.io/protocol/derivation.html"
OP_REGISTRY = "https://github.com/ethereum-optimism/superchain-registry/blob/main/superchain/configs/mainnet/op.toml"
KARST = "https://github.com/ethereum-optimism/optimism/releases/tag/op-node%2Fv1.19.1"
BASE_LIMITS = "https://docs.base.org/base-chain/network-information/throughput-and-limits"
BASE_AZUL = "https://docs.base.org/upgrades/azul/overview"
ARB_SOLIDITY = "https://docs.arbitrum.io/solidity-support"
ARB_FINALITY = "https://docs.arbitrum.io/how-arbitrum-works/reference/finality-and-reorgs"
ZK_FINALITY = "https://docs.zksync.io/zksync-protocol/rollup/finality"
ZK_EVM = "https://docs.zksync.io/zksync-protocol/evm-interpreter/evm-differences"
ZK_PARAMS = "https://docs.rs/crate/zkevm_opcode_defs/latest/source/src/system_params.rs"
ZK_CONTEXT = "https://github.com/matter-labs/era-contracts/blob/main/system-contracts/contracts/SystemContext.sol"

ARBITRUM = ChainProfile(
    name="arbitrum",
    chain_id=42_161,
    block_time_s=0.25,
    final_tag=BlockTag.FINALIZED,
    finality_s=1_140,
    fees=FeeModel.ARBITRUM,
    hardfork="osaka",
    tx_gas_cap=32_000_000,
    code_bytes=EIP_170_BYTES,
    prevrandao=Prevrandao.CONSTANT,
    randomness=COMMIT_REVEAL,
    native_evm=True,
    sources={
        "chain_id": OF_CHAINS,
        "block_time_s": "https://docs.arbitrum.io/launch-arbitrum-chain/features/advanced/sequencer-timing-adjustments",
        "final_tag": ARB_FINALITY,
        "finality_s": CCTP,
        "fees": "https://docs.arbitrum.io/arbitrum-essentials/nodeinterface/reference",
        "hardfork": "https://docs.arbitrum.io/run-arbitrum-node/arbos-releases/arbos51",
        "tx_gas_cap": EIP_8123,
        "code_bytes": "https://docs.arbitrum.io/launch-arbitrum-chain/configure-your-chain/common/"
        "validation-and-security/config-smart-contract-size-limit",
        "prevrandao": ARB_SOLIDITY,
    },
    doubts=("hardfork: which changes of Osaka ArbOS 51 and 61 leave out was not looked up; ours need Cancun only",),
)

OPTIMISM = ChainProfile(
    name="optimism",
    chain_id=10,
    block_time_s=2.0,
    final_tag=BlockTag.FINALIZED,
    finality_s=1_800,
    fees=FeeModel.OP_STACK,
    hardfork="osaka",
    tx_gas_cap=EIP_7825_GAS,
    code_bytes=EIP_170_BYTES,
    prevrandao=Prevrandao.L1_ORIGIN,
    randomness=COMMIT_REVEAL,
    native_evm=True,
    sources={
        "chain_id": OP_REGISTRY,
        "block_time_s": OP_REGISTRY,
        "final_tag": OP_FINALITY,
        "finality_s": OP_FINALITY,
        "fees": OP_ORACLE,
        "hardfork": KARST,
        "tx_gas_cap": "https://docs.giwa.io/notices/en/giwa-chain/archive/upgrade-19",
        "code_bytes": EIP_170,
        "prevrandao": OP_DERIVATION,
    },
    doubts=(
        "tx_gas_cap: Karst (8 July 2026) brings Osaka's cap; that its value there is 2^24 is taken from EIP-7825",
        "code_bytes: taken from Ethereum",
    ),
)

BASE = ChainProfile(
    name="base",
    chain_id=8_453,
    block_time_s=2.0,
    final_tag=BlockTag.FINALIZED,
    finality_s=1_800,
    fees=FeeModel.OP_STACK,
    hardfork="osaka",
    tx_gas_cap=EIP_7825_GAS,
    code_bytes=EIP_170_BYTES,
    prevrandao=Prevrandao.L1_ORIGIN,
    randomness=COMMIT_REVEAL,
    native_evm=True,
    sources={
        "chain_id": OF_CHAINS,
        "block_time_s": BASE_LIMITS,
        "final_tag": OP_FINALITY,
        "finality_s": OP_FINALITY,
        "fees": OP_ORACLE,
        "hardfork": BASE_AZUL,
        "tx_gas_cap": BASE_LIMITS,
        "code_bytes": EIP_170,
        "prevrandao": OP_DERIVATION,
    },
    doubts=(
        "finality_s, prevrandao: those of the OP stack; whether Azul changed them was not looked up",
        "code_bytes: taken from Ethereum",
    ),
)

ZKSYNC = ChainProfile(
    name="zksync",
    chain_id=324,
    block_time_s=1.0,
    final_tag=BlockTag.FINALIZED,
    finality_s=10_800,
    fees=FeeModel.ZKSYNC,
    hardfork="cancun",
    tx_gas_cap=80_000_000,
    code_bytes=EIP_170_BYTES,
    prevrandao=Prevrandao.CONSTANT,
    randomness=COMMIT_REVEAL,
    native_evm=False,
    sources={
        "chain_id": OF_CHAINS,
        "block_time_s": "https://docs.zksync.io/zk-stack/concepts/blocks",
        "final_tag": ZK_FINALITY,
        "finality_s": ZK_FINALITY,
        "fees": ZK_EVM,
        "hardfork": ZK_EVM,
        "tx_gas_cap": ZK_PARAMS,
        "code_bytes": EIP_170,
        "prevrandao": ZK_CONTEXT,
    },
    doubts=(
        "block_time_s: the nominal second is no promise, blocks close by time or content",
        "final_tag: that `finalized` means a batch executed on Ethereum was not tried",
        "finality_s: the documentation's `around 3 hours`; its own steps (proof one hour, delay three) add up to more",
        "tx_gas_cap: gas of EraVM, not of the EVM; the interpreter uses several times as much for the same code",
        "code_bytes: the interpreter's own limit was not found",
    ),
)
