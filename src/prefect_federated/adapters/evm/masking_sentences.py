"""Sentences about masked rounds; part of `sentences`."""

from prefect_federated.core.errors import ContractRefused, FederatedError, UnknownParticipant

MASKING_SENTENCES: dict[str, tuple[type[FederatedError], str]] = {
    "AlreadyShared": (
        ContractRefused,
        "participant {participant} has dealt, or shown, its shares in round {task}/{round} already; nothing is"
        " left to do",
    ),
    "MissingShares": (
        ContractRefused,
        "participant {participant} would deal or show no shares in round {task}/{round}: a masking key or a root is"
        " zero; make the message again",
    ),
    "NotShared": (
        UnknownParticipant,
        "participant {participant} has not dealt shares in round {task}/{round}, or has not revealed in time; it sits"
        " the round out",
    ),
    "SharesMismatch": (
        ContractRefused,
        "participant {participant} has no such shares standing in round {task}/{round}: it committed, was taken out, or"
        " dealt under another grant, key or root than was given",
    ),
    "NothingOwed": (
        ContractRefused,
        "nobody owes a step of masking in round {task}/{round}, which is in phase {phase}; wait until Commit or Unmask"
        " is over, and look whether the round came that far",
    ),
}
