"""A sentence for each custom error of OpenZeppelin's contracts that ours can end with."""

from prefect_federated.core.errors import (
    ConfigurationError,
    ContractRefused,
    FederatedError,
    InsufficientStake,
    SpecError,
)

LIBRARY_SENTENCES: dict[str, tuple[type[FederatedError], str]] = {
    "AccessManagedUnauthorized": (
        ContractRefused,
        "{caller} lacks the role for this administrative call; send it from the account of who has it",
    ),
    "AccessManagedRequiredDelay": (
        ContractRefused,
        "{caller} must schedule this call {delay} s ahead; schedule it with the access manager",
    ),
    "AccessManagedInvalidAuthority": (ConfigurationError, "{authority} is no access manager; correct the deployment"),
    "AddressEmptyCode": (ConfigurationError, "there is no contract at {target}; correct the address"),
    "CloneArgumentsTooLong": (ContractRefused, "a clone cannot carry that much; report this, it is a bug"),
    "FailedDeployment": (ContractRefused, "the chain could not create the contract; send the call again with more gas"),
    "ERC1967InvalidImplementation": (
        ConfigurationError,
        "{implementation} is no implementation contract; correct the upgrade",
    ),
    "ERC1967NonPayable": (ContractRefused, "the upgrade call carries money but calls nothing; send none"),
    "FailedCall": (ContractRefused, "a call made by the contract failed; check the receiving contract"),
    "InsufficientBalance": (
        ContractRefused,
        "the contract holds {balance} wei, {needed} are needed; report this, the accounts should always cover it",
    ),
    "InvalidInitialization": (ContractRefused, "the contract is already initialised; nothing to do"),
    "NotInitializing": (
        ContractRefused,
        "an initialiser was called outside initialisation; deploy through the proxy",
    ),
    "ReentrancyGuardReentrantCall": (
        ContractRefused,
        "the receiver of a payment called back; use an account that does not",
    ),
    "SafeCastOverflowedUintDowncast": (
        SpecError,
        "the value {value} does not fit into {bits} bits; use a smaller one",
    ),
    "SafeERC20FailedOperation": (ContractRefused, "token {token} refused the transfer; check balance and allowance"),
    "UUPSUnauthorizedCallContext": (
        ContractRefused,
        "upgrades go through the proxy, not the implementation; call the proxy",
    ),
    "UUPSUnsupportedProxiableUUID": (
        ContractRefused,
        "the new implementation reports slot {slot}, it is not upgradeable; correct the upgrade",
    ),
    "ERC20InsufficientBalance": (
        InsufficientStake,
        "{sender} holds {balance} of the token, {needed} are needed; obtain more",
    ),
    "ERC20InsufficientAllowance": (
        InsufficientStake,
        "{spender} may take {allowance} of the token, {needed} are needed; approve more",
    ),
}
