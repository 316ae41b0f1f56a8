"""A sentence for each custom error about disputes; part of `sentences`, which says how they are used."""

from prefect_federated.core.errors import (
    CommitmentMismatch,
    ContentMismatch,
    ContractRefused,
    FederatedError,
    SpecError,
    WrongPhase,
)

DISPUTE_SENTENCES: dict[str, tuple[type[FederatedError], str]] = {
    # rulings
    "NoBond": (
        ContractRefused,
        "task {task} holds no bond of {participant} that stands for this round: it was taken or set free, or the bond"
        " there now was enrolled with since; there is nothing to take",
    ),
    "NoFloor": (
        ContractRefused,
        "round {task}/{round} pays {participant} no floor: it was not voided for fraud, or {participant} did not"
        " reveal in it, or has it already; nothing to claim",
    ),
    "NoPay": (
        ContractRefused,
        "round {task}/{round} pays seat {seat} nothing by itself: its rewards do, or the next round is open; claim the"
        " rewards",
    ),
    "OnlyDisputes": (
        ContractRefused,
        "{caller} called a function that only the Disputes contract may call; bring a proof there instead",
    ),
    "Overturned": (
        ContractRefused,
        "a proposal of {account} was proven wrong in round {task}/{round}; it cannot propose in this round again",
    ),
    # challenges
    "NothingToChallenge": (
        WrongPhase,
        "round {task}/{round} is in phase {phase}; only a proposal in its challenge window can be challenged",
    ),
    "NotWrong": (
        ContractRefused,
        "nothing is wrong there: {claimed} was proposed, {expected} follows from what is bound; verify the round again",
    ),
    "NotDisclosed": (
        ContractRefused,
        "task {task} lets no dispute show chunks of updates; bring the matter before its committee",
    ),
    "StepNotProvable": (
        ContractRefused,
        "the server step {step} of task {task} is not base + aggregate; only re-execution can check it",
    ),
    "NotRevealed": (
        CommitmentMismatch,
        "the opening given is not what {participant} revealed in this round; read it from the UpdateRevealed event",
    ),
    "NotTheBase": (
        ContentMismatch,
        "the version given hashes to {actual}, the round started from {expected}; read it from the registry's log",
    ),
    "OutOfTurn": (
        ContractRefused,
        "a batch of {size} updates cannot follow {next} of {included}; send powers of two, in order",
    ),
    "LedgerOrder": (
        ContractRefused,
        "{account} does not come after the account before it in the ledger; sort it by account, each once",
    ),
    "WrongPlace": (
        ContractRefused,
        "the ledger puts {account} at place {place} of the included, who is somebody else; read the records again",
    ),
    "LedgerIncomplete": (
        ContractRefused,
        "the ledger has {placed} of {included} included updates, or lacks the proposer or a validator that is paid;"
        " complete it",
    ),
    "ScoresIncomplete": (
        ContractRefused,
        "{given} vectors of scores are given, {shown} members showed their votes; read them from the events again",
    ),
    "NotTheMedian": (
        ContractRefused,
        "{claimed} is not the lower median of the scores of {participant}; sort them again",
    ),
    "WrongRanks": (
        ContractRefused,
        "{low} and {high} are not the first and last values that the rule keeps; sort the words again",
    ),
    # shown bytes
    "RootMismatch": (
        ContentMismatch,
        "the bytes shown lead to root {actual}, the chain holds {expected}; fetch them again",
    ),
    "BadPath": (
        ContentMismatch,
        "a path of {length} siblings does not fit leaf {index} of {count}; build the proof again",
    ),
    "ChunkLength": (ContentMismatch, "{length} bytes were shown, {expected} are a chunk; fetch them again"),
    "OutOfPayload": (SpecError, "there is no chunk {chunk} with word {word} in this task's payloads; check both"),
    # demands
    "WrongDeposit": (ContractRefused, "a demand costs a deposit of {expected} wei, {sent} came; send that amount"),
    "AlreadyDemanded": (ContractRefused, "demand {id} was made before; wait for its answer"),
    "NoDemand": (ContractRefused, "there is no open demand {id}; it was answered, forfeited or never made"),
    "TooLateToDemand": (
        WrongPhase,
        "bytes could be asked for until chain time {last}, it is {nowS} now; challenge what is known",
    ),
    "WrongTime": (WrongPhase, "the answer is due until chain time {due}, it is {nowS} now; come back in time"),
    "StillStands": (
        WrongPhase,
        "the proposal of round {task}/{round} still stands; the deposit comes back when it falls or is settled",
    ),
    "NothingToCollect": (ContractRefused, "{account} has no credit with the Disputes contract; nothing to collect"),
}
