"""Sentences about consent that was taken back while a round ran, and about privacy budgets; part of `sentences`."""

from prefect_federated.core.errors import BudgetSpent, ConsentError, ContractRefused, FederatedError, SpecError

CONSENT_SENTENCES: dict[str, tuple[type[FederatedError], str]] = {
    "NothingToRetract": (
        ContractRefused,
        "participant {participant} has no such commit standing in round {task}/{round}; it never committed, was taken"
        " out already, or commitment, evidence or grant are others than in its UpdateCommitted event",
    ),
    "ConsentStands": (
        ConsentError,
        "grant {grantId} of a commit in round {task}/{round} is not withdrawn; withdraw it first, as its data holder",
    ),
    "StillWaiting": (
        ContractRefused,
        "participant {participant} had its consent withdrawn in a running round of task {task}; it may enrol again once"
        " round {until} has begun",
    ),
    "ReservedPurpose": (
        ConsentError,
        "the grant names purposes {purposes}, whose highest bit no grant can have; sign it without that bit",
    ),
    "OnlyWithPrivacy": (
        ConsentError,
        "grant {grantId} has a privacy budget, and commits of this task count no privacy loss; join a task with"
        " differential privacy, or ask the data holder for a grant without a budget",
    ),
    "BudgetExceeded": (
        BudgetSpent,
        "grant {grantId} would have spent {spent} of its privacy budget {budget} (vectors, see `federated consent"
        " show`); ask the data holder for a new grant",
    ),
    "OwnLimitExceeded": (
        BudgetSpent,
        "silo {silo} would have spent {spent} of the limit {limit} that it set itself (vectors); raise it with"
        " `federated participant limit`, or stay out",
    ),
    "CostBelowFloor": (
        SpecError,
        "the commit counts a privacy loss of {cost}, the task's floor is {floor} (vectors, 0 is none); count at least"
        " the floor in each lane",
    ),
    "NothingToRefund": (
        ContractRefused,
        "no cost of round {task}/{round} comes back under grant {grantId}: nothing was spent there, it came back"
        " already, or the round went beyond Commit, so that its updates could be read",
    ),
}
