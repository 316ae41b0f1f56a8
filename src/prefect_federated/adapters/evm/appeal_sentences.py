"""A sentence for each custom error about appeals and reputation; part of `sentences`, which says how they are used."""

from prefect_federated.core.errors import (
    ConfigurationError,
    ContractRefused,
    FederatedError,
    SpecError,
    WrongPhase,
)

APPEAL_SENTENCES: dict[str, tuple[type[FederatedError], str]] = {
    # Appeals
    "OnlyAppeals": (
        ContractRefused,
        "{caller} called a function that only the Appeals contract may call; appeal there instead",
    ),
    "BadTerms": (
        ConfigurationError,
        "{window} s to appeal and {period} s to answer must both be there, and within {most} s of unbonding together;"
        " deploy with other terms",
    ),
    "NotHeld": (
        ContractRefused,
        "slash {id} was decided before, or there is none; see `federated appeal list`",
    ),
    "NotAppellant": (
        ContractRefused,
        "slash {id} took from {participant}, who alone can appeal; {caller} cannot, nor could a delegate",
    ),
    "WindowOver": (
        WrongPhase,
        "slash {id} could be appealed until chain time {until}, it is {nowS} now; it stands",
    ),
    "AlreadyAppealed": (ContractRefused, "slash {id} is under appeal; wait for the answer"),
    "NoAppeal": (ContractRefused, "there is no open appeal against slash {id}; see `federated appeal list`"),
    "MissingRuling": (SpecError, "the answer to the appeal against slash {id} says nothing; accept, reject or draw"),
    "PeriodOver": (
        WrongPhase,
        "the appeal against slash {id} could be answered until chain time {until}, it is {nowS} now; close it",
    ),
    "StillOpen": (
        WrongPhase,
        "slash {id} may be appealed or answered until chain time {until}, it is {nowS} now; close it after that",
    ),
    "NothingToCollect": (ContractRefused, "no deposit waits for {account}; nothing to collect"),
    # Reputation
    "NotSettled": (
        WrongPhase,
        "round {task}/{round} is not the last settled one with this proposal; record a round before the next opens",
    ),
    "NotAscending": (SpecError, "index {index} comes out of order; give indices in ascending order"),
}
