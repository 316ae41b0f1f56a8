"""A sentence for each custom error about usage rights and remedies; part of `sentences`, which says what for."""

from prefect_federated.core.errors import CommitmentMismatch, ConfigurationError, ContractRefused, FederatedError

RIGHTS_SENTENCES: dict[str, tuple[type[FederatedError], str]] = {
    "NotCommitted": (
        CommitmentMismatch,
        "the commit shown of {participant} hashes to {actual}, the coordinator keeps {expected}; read commitment, grant"
        " and evidence from the UpdateCommitted event",
    ),
    "RightsExceedGrant": (
        ContractRefused,
        "the record of {participant} stands under grant {grantId}, which gives the purposes {granted}, the proposal"
        " claims {claimed}, or a later end; show a record that gives all of it, or the bond is lost",
    ),
    "EmptyAnswer": (
        ConfigurationError,
        "an answer names a version, a grant, an action and the hash of a reason, this one has {versionHash}, {grantId},"
        " {action} and {reasonHash}; give all four",
    ),
}
