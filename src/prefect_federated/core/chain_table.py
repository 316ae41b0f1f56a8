"""Profiles of chains that settle by themselves: Ethereum, Polygon PoS, a development chain. Read in November 2026."""

from prefect_federated.core.chain_profile import BlockTag, ChainProfile, FeeModel, Prevrandao

EIP_7825_GAS = 1 << 24
EIP_170_BYTES = 24_576
COMMIT_REVEAL = "salts opened in the round itself, hashed together after Reveal"
OF_CHAINS = "https://chainid.network/chains.json"
EIP_170 = "https://eips.ethereum.org/EIPS/eip-170"
EIP_8123 = "https://eips.ethereum.org/EIPS/eip-8123"
CCTP = "https://developers.circle.com/cctp/v1/required-block-confirmations"
EIP_7825 = "https://eips.ethereum.org/EIPS/eip-7825"
POLYGON_FINALITY = "https://docs.polygon.technology/pos/concepts/"
ANVIL = "https://getfoundry.sh/anvil/reference/anvil"
EIP_4399 = "https://eips.ethereum.org/EIPS/eip-4399"

ETHEREUM = ChainProfile(
    name="ethereum",
    chain_id=1,
    block_time_s=12.0,
    final_tag=BlockTag.FINALIZED,
    finality_s=1_140,
    fees=FeeModel.EXECUTION,
    hardfork="osaka",
    tx_gas_cap=EIP_7825_GAS,
    code_bytes=EIP_170_BYTES,
    prevrandao=Prevrandao.BEACON,
    randomness=COMMIT_REVEAL,
    native_evm=True,
    sources={
        "chain_id": OF_CHAINS,
        "block_time_s": "https://ethereum.org/en/developers/docs/blocks/",
        "final_tag": "https://ethereum.org/en/developers/docs/apis/json-rpc/",
        "finality_s": CCTP,
        "fees": "https://eips.ethereum.org/EIPS/eip-1559",
        "hardfork": "https://ethereum.github.io/execution-specs/src/ethereum/forks/osaka/__init__.py.html",
        "tx_gas_cap": EIP_7825,
        "code_bytes": EIP_170,
        "prevrandao": EIP_4399,
    },
)

POLYGON = ChainProfile(
    name="polygon",
    chain_id=137,
    block_time_s=2.0,
    final_tag=BlockTag.FINALIZED,
    finality_s=5,
    fees=FeeModel.EXECUTION,
    hardfork="prague",
    tx_gas_cap=32_000_000,
    code_bytes=EIP_170_BYTES,
    prevrandao=Prevrandao.UNKNOWN,
    randomness=COMMIT_REVEAL,
    native_evm=True,
    sources={
        "chain_id": OF_CHAINS,
        "block_time_s": POLYGON_FINALITY,
        "final_tag": POLYGON_FINALITY,
        "finality_s": POLYGON_FINALITY,
        "fees": "https://eips.ethereum.org/EIPS/eip-1559",
        "hardfork": "https://github.com/0xPolygon/bor/pull/1842",
        "tx_gas_cap": EIP_8123,
        "code_bytes": EIP_170,
        "prevrandao": EIP_4399,
    },
    doubts=(
        "block_time_s: 2 s is the long-standing figure, a later fork may have shortened it",
        "finality_s: on 10 September 2025 milestones stood still for 10 to 15 minutes",
        "hardfork: Madhugiri brings three EIPs of Osaka; the rehearsal stays at Prague",
        "tx_gas_cap: EIP-8123 says 32,000,000, bor's pull request 1859 2^25; the smaller is taken",
        "code_bytes: taken from Ethereum, Polygon's own may be larger",
        "prevrandao: nothing found that promises randomness",
    ),
)

LOCAL = ChainProfile(
    name="local",
    chain_id=31_337,
    block_time_s=0.0,
    final_tag=BlockTag.LATEST,
    finality_s=0,
    fees=FeeModel.EXECUTION,
    hardfork="prague",
    tx_gas_cap=EIP_7825_GAS,
    code_bytes=EIP_170_BYTES,
    prevrandao=Prevrandao.UNKNOWN,
    randomness=COMMIT_REVEAL,
    native_evm=True,
    sources={
        "chain_id": ANVIL,
        "block_time_s": ANVIL,
        "final_tag": ANVIL,
        "finality_s": ANVIL,
        "fees": ANVIL,
        "hardfork": "https://github.com/ethereum/py-evm",
        "tx_gas_cap": EIP_7825,
        "code_bytes": EIP_170,
        "prevrandao": ANVIL,
    },
    doubts=("prevrandao: whatever the development node makes up",),
)
