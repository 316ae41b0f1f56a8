"""The chains that profiles are known of, by name and by chain id.

A fork may change any fact of them: `docs/chains.md` says what to check.
"""

from types import MappingProxyType

from prefect_federated.core.chain_profile import ChainProfile
from prefect_federated.core.chain_table import ETHEREUM, LOCAL, POLYGON
from prefect_federated.core.errors import ConfigurationError
from prefect_federated.core.rollup_table import ARBITRUM, BASE, OPTIMISM, ZKSYNC

PROFILES = MappingProxyType({one.name: one for one in (ETHEREUM, ARBITRUM, OPTIMISM, BASE, POLYGON, ZKSYNC, LOCAL)})


def profile(name: str) -> ChainProfile:
    """A profile by name.

    >>> profile("base").chain_id
    8453

    Raises:
        ConfigurationError: there is none of that name; the message lists them.
    """
    if name not in PROFILES:
        raise ConfigurationError(f"there is no chain profile {name!r}; choose one of {', '.join(PROFILES)}")
    return PROFILES[name]


def profile_of_chain(chain_id: int) -> ChainProfile | None:
    """The profile of a chain id, None for a chain that none is known of.

    >>> profile_of_chain(10).name, profile_of_chain(999)
    ('optimism', None)
    """
    return next((one for one in PROFILES.values() if one.chain_id == chain_id), None)


def settled(name: str | None, chain_id: int | None) -> tuple[int, ChainProfile | None]:
    """The chain id and profile that a configuration means by a name, an id, or both.

    >>> settled("base", None)[0], settled(None, 7)
    (8453, (7, None))

    Raises:
        ConfigurationError: neither is given, or they contradict each other.
    """
    chosen = profile(name) if name is not None else None
    if chosen is None and chain_id is None:
        raise ConfigurationError("neither a chain profile nor a chain id is given; give one of them")
    if chosen is not None and chain_id is not None and chain_id != chosen.chain_id:
        raise ConfigurationError(
            f"the profile {chosen.name} is chain {chosen.chain_id}, the configuration names chain {chain_id};"
            " correct one of them, or leave the chain id out"
        )
    return (chosen.chain_id if chosen else int(chain_id or 0)), chosen
