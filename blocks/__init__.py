"""What a deployment configures once: chain, signer, stores, registry mirror, and the block of each role."""

from prefect_federated.blocks.aggregator import Aggregator
from prefect_federated.blocks.at_rest import AtRestKey
from prefect_federated.blocks.chain import EvmChain
from prefect_federated.blocks.key_holder import KeyHolder
from prefect_federated.blocks.regional import RegionalAggregator
from prefect_federated.blocks.registry import ModelRegistryMirror
from prefect_federated.blocks.relayer import Relayer
from prefect_federated.blocks.signer import Signer
from prefect_federated.blocks.silo import Silo
from prefect_federated.blocks.sponsor import Sponsor
from prefect_federated.blocks.stores import IpfsStore, LocalStore, S3Store
from prefect_federated.blocks.validator import Validator

__all__ = [
    "Aggregator",
    "AtRestKey",
    "EvmChain",
    "IpfsStore",
    "KeyHolder",
    "LocalStore",
    "ModelRegistryMirror",
    "RegionalAggregator",
    "Relayer",
    "S3Store",
    "Signer",
    "Silo",
    "Sponsor",
    "Validator",
]
