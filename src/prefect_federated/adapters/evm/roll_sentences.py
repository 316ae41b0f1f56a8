"""Sentences about rolls and their posters; part of `sentences`."""

from prefect_federated.core.errors import (
    CommitmentMismatch,
    ContentMismatch,
    ContractRefused,
    FederatedError,
    SpecError,
    WrongPhase,
)

ROLL_SENTENCES: dict[str, tuple[type[FederatedError], str]] = {
    "NotRolled": (
        ContractRefused,
        "task {task} takes no rolled commits; create a task with modes 5 or 7 for that",
    ),
    "NotAPoster": (
        ContractRefused,
        "{account} holds no poster's bond in task {task}, or has resigned; `federated poster enlist {task}` locks one",
    ),
    "AlreadyPosted": (
        ContractRefused,
        "{poster} has posted its roll of round {task}/{round}; one a round is all, the next round takes another",
    ),
    "NoRoomForRolls": (
        ContractRefused,
        "round {task}/{round} takes no further roll, {most} at most and none after a void one; send commits directly",
    ),
    "TooLateToPost": (
        WrongPhase,
        "roots could be posted until chain time {last}, it is {nowS} now; from then on everybody sends for itself",
    ),
    "BadRoll": (SpecError, "a roll of {leaves} leaves cannot be; it may hold 1 to {most}, and its root is not 0"),
    "NoRoll": (
        ContractRefused,
        "{poster} has no such roll standing in round {task}/{round}; read the events CommitsPosted, OpeningsPosted and"
        " RollVoided",
    ),
    "BadLeaf": (
        ContractRefused,
        "the leaf of index {index} cannot stand in round {task}/{round}: its signature, cohort or consent is wrong;"
        " commit directly",
    ),
    "BadOpening": (
        CommitmentMismatch,
        "the leaf of index {index} does not open the commit beside it in round {task}/{round}; refute it, or lift the"
        " commit and reveal",
    ),
    "NotInRoll": (
        ContentMismatch,
        "leaf and path lead to root {actual}, {expected} was posted; fetch the roll's list again",
    ),
    "Overclaimed": (
        ContractRefused,
        "the rolls of round {task}/{round} say that all of their {leaves} commits are opened or lifted; refute the"
        " count of the one that lies",
    ),
    "OpenedInRoll": (
        ContractRefused,
        "nothing shows that {participant} was left unopened in round {task}/{round}; show the gap, or let the"
        " participant lift its own commit",
    ),
    "NotOpened": (
        WrongPhase,
        "no openings stand in this roll of round {task}/{round}; lift its commits, or show another roll",
    ),
    "NoFault": (ContractRefused, "this shows no fault of {poster} in round {task}/{round}; nothing to take"),
    "RolledRound": (
        ContractRefused,
        "round {task}/{round} has rolls, whose members have no marks; absences are not noted in it",
    ),
    "TooFewLeft": (
        ContractRefused,
        "only {left} are included in round {task}/{round} or left out with their opening on chain, the quorum is"
        " {quorum}; land whom you leave out, or include none, and the round voids",
    ),
    # disputes
    "MayBeRolled": (
        ContractRefused,
        "{participant} may have revealed in a roll; demand its record, which the proposer must show",
    ),
    "NoSuchLeaf": (
        SpecError,
        "no roll of {poster} stands with a leaf {position} of {leaves}; read the events CommitsPosted and RollVoided",
    ),
}
