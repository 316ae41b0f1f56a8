"""Sentences about masked rounds; part of `sentences`."""

from prefect_federated.core.errors import (
    ContentMismatch,
    ContractRefused,
    FederatedError,
    TooFewShares,
    UnknownParticipant,
)

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
    # challenges of a masked sum
    "NotMasked": (
        ContractRefused,
        "nobody shared a mask in this round of task {task}; a clear sum is challenged with challengeSum",
    ),
    "InGroups": (
        ContractRefused,
        "task {task} masks in groups of {group}: above 64 a contract cannot tell who is of a group, and holds the"
        " aggregate to no sum; recompute it with `federated verify`",
    ),
    "HeaderMismatch": (
        ContentMismatch,
        "the header shown for {participant} does not end with the digest {digest} of the neighbours and seeds shown and"
        " with the weight of its leaf, or is not canonical; read its payload and its note again",
    ),
    "OwnNeighbour": (
        ContentMismatch,
        "the neighbours shown for {participant} hold its own index {index}; whoever bound such a set cannot be checked:"
        " the round is to be voided",
    ),
    "SeedCount": (
        ContractRefused,
        "{shown} seeds are shown for {participant}, {expected} of its masks are left in the sum: its own, and one for"
        " each neighbour that did not reveal; show just these",
    ),
    "WrongSeed": (
        ContractRefused,
        "the mask that {participant} shares with index {other} is not left in the sum, or stands twice or out of order;"
        " show its own seed and those of neighbours that did not reveal, ascending",
    ),
    # challenges of who dealt or masked falsely
    "NotDealt": (
        ContentMismatch,
        "what is shown of {participant} hashes to {actual}, in this round it dealt {expected} (zeros: nothing); read"
        " its SharesDealt event of this round",
    ),
    "NoHead": (
        ContentMismatch,
        "what is shown is no head of a message of Share of {participant}; show the first 256 bytes of its message",
    ),
    "NoThreshold": (
        ContractRefused,
        "the message of Share of {participant} names a threshold of {threshold} among {holders} holders, more than half"
        " of them are taken; to all who read it {participant} has not shared, so nothing is to be shown of it",
    ),
    "TooFewShown": (
        TooFewShares,
        "{shown} shares are shown, {needed} are needed before they give the one secret that was dealt; show more",
    ),
    "HolderOrder": (
        ContractRefused,
        "the row of holder {holder} does not come after the row before it; sort the rows by holder, each once",
    ),
    "NotTheSecret": (
        ContentMismatch,
        "the private key shown for {participant} has public half {actual}, it dealt {expected}; join its shares again",
    ),
    "NotIncluded": (
        ContentMismatch,
        "the included leaf that is shown is of {shown}, the seed is one of {participant}; show the leaf of the same",
    ),
    "NotDropped": (
        ContractRefused,
        "{participant} revealed, so nobody who proposes has opened its masking key; a proposal falls over seeds with"
        " those who dropped out alone, and over self seeds",
    ),
    "AmbiguousSecret": (
        ContractRefused,
        "beside the private key shown for {participant} another has the same public half, so a proposer may have joined"
        " that one; no proposal falls over a seed with {participant}",
    ),
    "NotMaskedWith": (
        ContractRefused,
        "the payload of {participant} carries no mask with index {other}; nothing is false there",
    ),
    "NotFalse": (
        ContractRefused,
        "what {participant} dealt or masked with is what it promised, {promised}; there is nothing to take",
    ),
}
