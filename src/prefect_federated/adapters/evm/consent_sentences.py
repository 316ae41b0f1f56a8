"""Sentences about consent that was taken back while a round ran; part of `sentences`."""

from prefect_federated.core.errors import ConsentError, ContractRefused, FederatedError

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
}
