"""A sentence for each custom error of the contracts: which class it is, what happened, what to do next.

A test compares the names and the {arguments} with the ABIs.
"""

from prefect_federated.adapters.evm.appeal_sentences import APPEAL_SENTENCES
from prefect_federated.adapters.evm.committee_sentences import COMMITTEE_SENTENCES
from prefect_federated.adapters.evm.consent_sentences import CONSENT_SENTENCES
from prefect_federated.adapters.evm.dispute_sentences import DISPUTE_SENTENCES
from prefect_federated.adapters.evm.library_sentences import LIBRARY_SENTENCES
from prefect_federated.adapters.evm.masking_sentences import MASKING_SENTENCES
from prefect_federated.adapters.evm.relay_sentences import RELAY_SENTENCES
from prefect_federated.adapters.evm.rights_sentences import RIGHTS_SENTENCES
from prefect_federated.adapters.evm.roll_sentences import ROLL_SENTENCES
from prefect_federated.core.errors import (
    CommitmentMismatch,
    ConfigurationError,
    ConsentError,
    ContractRefused,
    FederatedError,
    InsufficientStake,
    SpecError,
    UnknownParticipant,
    WrongPhase,
)

OWN: dict[str, tuple[type[FederatedError], str]] = {
    # ParticipantRegistry
    "UnknownParticipant": (
        UnknownParticipant,
        "account {account} is not registered; run `federated participant join`",
    ),
    "AlreadyRegistered": (
        ContractRefused,
        "account {account} is already registered; replace its sealing key with `federated participant rotate`",
    ),
    "MissingSealingKey": (
        ConfigurationError,
        "account {account} would register without a sealing key; give its 32-byte X25519 public key",
    ),
    "DelegateTaken": (ContractRefused, "{delegate} already acts for {by}; choose another delegate key"),
    "InsufficientStake": (
        InsufficientStake,
        "participant {participant} has {have} wei of free stake, {need} wei are needed; deposit the difference",
    ),
    "WrongValue": (
        ContractRefused,
        "the call carried {sent} wei of native money, the contract expects {expected}; send that amount",
    ),
    "StillUnbonding": (
        ContractRefused,
        "the stake of {participant} is bound until chain time {unbondAt}, it is {nowS} now; withdraw later",
    ),
    "NothingToWithdraw": (ContractRefused, "{participant} has no unbonded stake; request the unbonding first"),
    "OnlyCoordinator": (
        ContractRefused,
        "{caller} called a function that only the Coordinator may call; call the Coordinator instead",
    ),
    "OnlyRegistry": (
        ContractRefused,
        "{caller} called a function that only the ParticipantRegistry may call; call the registry instead",
    ),
    "PaymentRefused": (
        ContractRefused,
        "{to} did not accept a payment of {amount} wei; use an account that can receive it",
    ),
    # ConsentLedger
    "DatasetTaken": (
        ConsentError,
        "dataset {dataset} is already registered by {holder}; choose another id or ask its holder",
    ),
    "UnknownDataset": (ConsentError, "dataset {dataset} is not registered; its holder must register it first"),
    "NotHolder": (
        ConsentError,
        "{caller} does not hold the dataset, {holder} does; let the holder send or sign this",
    ),
    "BadSignature": (
        ConsentError,
        "the signature over {digest} is not by the data holder {holder}; have the holder sign the grant again",
    ),
    "SignatureExpired": (
        ConsentError,
        "the signature could be relayed until chain time {deadline}, it is {nowS} now; have it signed again",
    ),
    "NonceUsed": (ConsentError, "holder {holder} already used nonce {nonce}; sign the grant with a fresh nonce"),
    "EmptyGrant": (
        ConsentError,
        "the grant would hold from {validFrom} until {expiry}, chain time is {nowS}; sign one that lies ahead",
    ),
    "UnknownGrant": (ConsentError, "grant {grantId} is not on chain; ask the data holder for one"),
    "GrantNotForSilo": (
        ConsentError,
        "grant {grantId} was given to {silo}, not to {expected}; name a grant of this silo",
    ),
    "GrantWithdrawn": (
        ConsentError,
        "grant {grantId} was withdrawn at chain time {withdrawnAt}; ask the data holder for a new one",
    ),
    "GrantExpires": (
        ConsentError,
        "grant {grantId} expires at {expiry}, the round may read data until {until}; ask for a renewal",
    ),
    "GrantNotYetValid": (
        ConsentError,
        "grant {grantId} is valid from {validFrom}, chain time is {nowS}; wait or ask for another",
    ),
    "PurposeNotCovered": (
        ConsentError,
        "grant {grantId} covers purposes {granted:#b}, the task asks for {asked:#b}; ask for a grant that covers them",
    ),
    # Coordinator: tasks and enrolment
    "UnknownTask": (
        SpecError,
        "task {task} does not exist at this contract; check task number and contract address",
    ),
    "InvalidTask": (SpecError, "the contract refuses the task's field {field}; correct it in the task file"),
    "OnlySponsor": (
        ContractRefused,
        "{caller} is not the task's sponsor, {sponsor} is; send this from the sponsor's account",
    ),
    "RoundRunning": (WrongPhase, "round {task}/{round} is still in {phase}; wait until it is settled or voided"),
    "NotOnDuty": (
        ContractRefused,
        "{account} is neither aggregator nor standby of task {task}, or its turn has not come; let the "
        "appointed account act",
    ),
    "NotBonded": (
        InsufficientStake,
        "{account} has not locked its duty bond for task {task}; accept the duty first",
    ),
    "AlreadyBonded": (ContractRefused, "{account} has already locked its duty bond for task {task}; nothing to do"),
    "NotAdmitted": (
        UnknownParticipant,
        "participant {participant} is not admitted; ask the registry's administrator",
    ),
    "AlreadyEnrolled": (
        ContractRefused,
        "participant {participant} is already enrolled in task {task}; nothing to do",
    ),
    "NotEnrolled": (UnknownParticipant, "participant {participant} is not enrolled in task {task}; enrol first"),
    "TaskFull": (
        ContractRefused,
        "task {task} takes {limit} participants and has them; ask the sponsor for a larger task",
    ),
    "BondHeld": (
        WrongPhase,
        "the bond of {participant} in task {task} is held until round {round} is over; release it then",
    ),
    "StillCommitting": (
        WrongPhase,
        "round {task}/{round} is in Commit, in which everybody can still come; note who is absent after it",
    ),
    # Coordinator: rounds
    "UnslashedSilence": (
        WrongPhase,
        "round {task}/{round} has {left} silent committers that are not slashed; slash them, then open the next round",
    ),
    "RoundsExhausted": (ContractRefused, "task {task} has had its {maxRounds} rounds; create a new task to go on"),
    "NoBondedAggregator": (
        InsufficientStake,
        "aggregator {aggregator} of task {task} has no duty bond locked; let it accept the duty",
    ),
    "TooFewEnrolled": (
        ContractRefused,
        "task {task} has {have} participants ready, a round needs {need}; wait for more to enrol",
    ),
    "WrongRound": (
        WrongPhase,
        "task {task} is at round {current}, the call named round {asked}; read the chain again",
    ),
    "WrongPhase": (
        WrongPhase,
        "round {task}/{round} is in {actual}, the call needs {expected}; read the chain again",
    ),
    "TooEarly": (WrongPhase, "the phase opens at chain time {opensAt}, it is {nowS} now; wait for it"),
    "NotInCohort": (
        UnknownParticipant,
        "participant {participant} is not in the cohort of round {task}/{round}; it takes part from the next "
        "round after enrolling",
    ),
    "AlreadyCommitted": (
        ContractRefused,
        "participant {participant} already committed in round {task}/{round}; nothing to do",
    ),
    "MissingCommitment": (
        CommitmentMismatch,
        "participant {participant} sent an empty commitment in round {task}/{round}; seal an update first",
    ),
    "MissingEvidence": (
        ConsentError,
        "participant {participant} sent no evidence of its data check in round {task}/{round}; validate first",
    ),
    "NothingToReveal": (
        ContractRefused,
        "participant {participant} has no open commitment in round {task}/{round}; it never committed or "
        "already revealed",
    ),
    "CommitmentMismatch": (
        CommitmentMismatch,
        "the opening of {participant} does not hash to its commitment in round {task}/{round}; recall the "
        "opening that was sealed",
    ),
    "WeightOutOfRange": (SpecError, "weight {weight} is not between 1 and {maxWeight}; count the examples again"),
    "UriTooLong": (ConfigurationError, "the URI has {length} bytes, {most} are allowed; use a shorter one"),
    "BadExclusion": (
        ContractRefused,
        "the proposal for round {task}/{round} excludes index {index} for reason {reason}: not ascending, not"
        " revealed or not on the list",
    ),
    "MiscountedProposal": (
        ContractRefused,
        "round {task}/{round}: {included} included and {excluded} excluded do not make the {revealed} "
        "revealed; aggregate again",
    ),
    "RewardOutOfRange": (
        ContractRefused,
        "task {task}: a reward total of {total} is not between {least} and {most} wei; compute the rewards again",
    ),
    "ProposalMismatch": (
        ContractRefused,
        "the proposal handed in for round {task}/{round} hashes to {actual}, on chain is {expected}; take it "
        "from the RoundAggregated event",
    ),
    # all five
    "UpgradeNotAnnounced": (
        ContractRefused,
        "the upgrade hashes to {asked}, announced is {announced}; announce it first, code and call",
    ),
    "UpgradeTooEarly": (
        ContractRefused,
        "the announced upgrade may be made from chain time {earliest}, it is {nowS} now; wait for it",
    ),
    # Coordinator: pause
    "WhilePaused": (
        WrongPhase,
        "rounds are paused until chain time {until}: no open, stake or commit; deadlines move by as much, wait for it",
    ),
    "PauseTooLong": (
        ContractRefused,
        "a pause until {until} is too long, {latest} is the latest; choose an earlier end",
    ),
    "PauseTooShort": (
        ContractRefused,
        "a pause until {until} is too short, {least} is the least (a pause is never cut short); choose a later end",
    ),
    "PauseTooSoon": (
        ContractRefused,
        "the next pause may begin at chain time {earliest}, it is {nowS} now; wait for it, no round is paused twice",
    ),
    # Coordinator: upkeep
    "NothingDue": (WrongPhase, "the round of task {task} needs no tick now; check again after its deadline"),
    # ModelRegistry
    "GenesisExists": (ContractRefused, "task {task} already has its version 0; nothing to do"),
    "BrokenPath": (
        ContractRefused,
        "step {position} of the rollback path of task {task} hashes to {actual}, expected {expected}; rebuild the "
        "path from the registry log",
    ),
    # Treasury
    "AccountExists": (ContractRefused, "task {task} already has an account in the treasury; nothing to do"),
    "NotAToken": (ConfigurationError, "{token} is no ERC-20 contract; correct the token address"),
    "InsufficientEscrow": (
        InsufficientStake,
        "task {task} has {have} wei in escrow, a round needs {need}; fund the task",
    ),
    "BadProof": (
        ContractRefused,
        "the proof that {account} earned {cumulative} in task {task} does not lead to the posted root; "
        "rebuild it from the reward tree",
    ),
    "NothingToClaim": (
        ContractRefused,
        "{account} already received {claimed} of {cumulative} wei in task {task}; nothing is left to claim",
    ),
    "ClaimExceedsTotal": (
        ContractRefused,
        "task {task} has {left} wei of rewards left, {asked} were claimed; check the reward tree",
    ),
    "InsufficientSlashed": (
        ContractRefused,
        "{have} units of slashed {token} are held, {need} were asked for; ask for less",
    ),
}

SENTENCES = (
    OWN
    | CONSENT_SENTENCES
    | LIBRARY_SENTENCES
    | DISPUTE_SENTENCES
    | MASKING_SENTENCES
    | RELAY_SENTENCES
    | ROLL_SENTENCES
    | COMMITTEE_SENTENCES
    | APPEAL_SENTENCES
    | RIGHTS_SENTENCES
)
