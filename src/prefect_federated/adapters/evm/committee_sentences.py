"""A sentence for each custom error about committees; part of `sentences`, which says how they are used."""

from prefect_federated.core.errors import (
    CommitmentMismatch,
    ContentMismatch,
    ContractRefused,
    FederatedError,
    InsufficientStake,
    SpecError,
    WrongPhase,
)

COMMITTEE_SENTENCES: dict[str, tuple[type[FederatedError], str]] = {
    # validators
    "OnlyCommittee": (
        ContractRefused,
        "{caller} called a function that only the Committee contract may call; vote there instead",
    ),
    "NoDrawDelay": (
        SpecError,
        "committees would be drawn from a block that is known when a round opens; give a delay of at least one block",
    ),
    "NotTheSponsor": (
        ContractRefused,
        "task {task} has sponsor {sponsor}, who alone admits its readers; {caller} has to ask it",
    ),
    "NoCommittee": (SpecError, "task {task} has no committee; nobody can serve as its validator"),
    "NotAReader": (
        ContractRefused,
        "{account} is not admitted as a reader of task {task}; ask the sponsor for it, stake alone grants no seat",
    ),
    "AlreadyEnlisted": (
        ContractRefused,
        "{account} is a validator of task {task} already; resign and have the bond released before enlisting anew",
    ),
    "NotEnlisted": (ContractRefused, "{account} is no validator of task {task} with a bond; check the account"),
    "BondTooSmall": (
        InsufficientStake,
        "a bond of {amount} wei is below the {least} wei that a validator of task {task} locks; lock more",
    ),
    "TooManyValidators": (ContractRefused, "task {task} has {most} validators, its most; wait for one to leave"),
    "TooFewValidators": (
        ContractRefused,
        "task {task} has {have} validators for {need} seats; admit more before a round is opened",
    ),
    "StillServing": (
        ContractRefused,
        "{account} may be needed in round {task}/{round}; resign, and ask the bond back when that round is over",
    ),
    # the draw
    "AlreadyDrawn": (ContractRefused, "the committee of round {task}/{round} is drawn; read its seats"),
    "TooEarlyToDraw": (
        WrongPhase,
        "the committee is drawn from block {drawBlock}, the chain is at {blockNumber}; draw after that block",
    ),
    "BlockForgotten": (
        ContractRefused,
        "the chain no longer knows the hash of block {drawBlock}; have another block fixed with moveDraw",
    ),
    "BlockKnown": (ContractRefused, "block {drawBlock} can still be drawn from, or is to come; draw from it"),
    "WrongHeader": (
        ContentMismatch,
        "the header hashes to {actual}, the fixed block has {expected}; encode that block's header",
    ),
    "NoHeader": (ContentMismatch, "the bytes are no block header; encode the fixed block's header as RLP"),
    # votes
    "WrongBallot": (WrongPhase, "task {task} votes on round {current}, not on {asked}; read the round again"),
    "WrongVotePhase": (
        WrongPhase,
        "round {task}/{round} is in phase {actual}, in which this is not done; look when it is due",
    ),
    "TooEarlyToReveal": (
        WrongPhase,
        "votes can be shown from chain time {opensAt}, it is {nowS} now; show this one then",
    ),
    "NotTheMember": (
        ContractRefused,
        "{account} does not hold seat {seat} of round {task}/{round} with its bond; read the seats",
    ),
    "AlreadyVoted": (ContractRefused, "{member} has promised its vote in round {task}/{round}; show that one"),
    "MissingVote": (SpecError, "{member} would promise nothing in round {task}/{round}; give the vote's hash"),
    "NoVoteToShow": (
        ContractRefused,
        "{member} has no promised vote in round {task}/{round} that is not shown or void; nothing to show",
    ),
    "VoteMismatch": (
        CommitmentMismatch,
        "the vote does not hash to what {member} promised in round {task}/{round}; show the one that was sealed",
    ),
    "BadScores": (
        SpecError,
        "{length} bytes of scores do not suit task {task}, which takes whole words of 4, {most} bytes at most;"
        " pack them anew",
    ),
    "ScoresMismatch": (
        CommitmentMismatch,
        "the scores do not hash to what the vote of {member} in round {task}/{round} says; show those it was made with",
    ),
    "NotAttested": (
        ContractRefused,
        "{member} neither signed nor cast {commitment} in round {task}/{round}; bring what it signed with"
        " `federated validator sign-vote`",
    ),
    "SeatOutOfTurn": (
        ContractRefused,
        "seat {seat} cannot come here: the next may be {least}, and the committee has {size}; sort signatures by seat,"
        " one for each",
    ),
    "TooFewFoundSound": (
        ContractRefused,
        "{found} of {size} members signed for the update of {participant} in round {task}/{round}, two thirds have to;"
        " wait for more of their letters",
    ),
    "NoConflict": (ContractRefused, "both attestations say {commitment}; that is no conflict, show two that differ"),
    "NothingToClose": (
        WrongPhase,
        "the ballot of round {task}/{round} is closed, or its votes can still change; come back later",
    ),
    # metrics and pay
    "NothingToPay": (
        ContractRefused,
        "seat {seat} of round {task}/{round} showed no vote, or is paid; there is nothing to claim",
    ),
    "FeedExists": (ContractRefused, "the feed of task {task} lies at {feed}; read it there"),
}
