"""A session of encrypted sums: all that is public and fixed before anybody encrypts.

chain, contract, task, round, participants, key holders, length --SHA-256--> digest, which every message names
"""

import hashlib
from dataclasses import dataclass, field

from prefect_federated.core.errors import MalformedMessage, SpecError, UnknownParticipant
from prefect_federated.core.homomorphic.ring import KEY_BYTES, MOST_SUMMED, unpacked
from prefect_federated.core.words import encode_words

FEWEST = 3  # of two, each reads the other's update off the sum
MOST_HOLDERS = 8  # a payload is as many times as long
MOST_WORDS = 2**20  # for small models: 12 MiB a payload and holder
_LABEL = b"prefect-federated/1 homomorphic session"


@dataclass(frozen=True, slots=True)
class Session:
    """Whose words are summed in one round, and who can open the sum together.

    Attributes:
        participants: their dense indices, ascending.
        holders: the public key of each holder of a decryption key, 24,576 bytes; all of them are needed to open.
        words: of one update.
        fewest: of fewer payloads no sum is opened.
        digest: SHA-256 of all of the above; 32 bytes.

    Raises:
        SpecError: a field is outside its range, or a key is none.
    """

    chain_id: int
    coordinator: str
    task: int
    round: int
    participants: tuple[int, ...]
    holders: tuple[bytes, ...] = field(repr=False)
    words: int
    fewest: int = FEWEST
    digest: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        _check_numbers(self.participants, self.words, self.fewest)
        _check_keys(self.holders)
        where = encode_words(self.chain_id, self.coordinator, self.task, self.round, self.words, self.fewest)
        keys = encode_words(len(self.holders), *(hashlib.sha256(key).digest() for key in self.holders))
        who = encode_words(len(self.participants), *self.participants)
        object.__setattr__(self, "digest", hashlib.sha256(_LABEL + where + keys + who).digest())

    @property
    def place(self) -> str:
        """The round, as messages name it."""
        return f"round {self.task}/{self.round}"

    def require(self, participant: int) -> None:
        """See that this participant is one of the session's.

        Raises:
            UnknownParticipant: it is not.
        """
        if participant not in self.participants:
            raise UnknownParticipant(
                f"{self.place}: participant {participant} is none of the {len(self.participants)} whose updates are"
                " summed; name one of the cohort"
            )


def _check_numbers(participants: tuple[int, ...], words: int, fewest: int) -> None:
    if participants != tuple(sorted(set(participants))) or any(not 0 <= index < 2**32 for index in participants):
        raise SpecError(f"participants have indices {participants[:8]}; give each one of its own, ascending")
    if not FEWEST <= fewest <= len(participants) <= MOST_SUMMED:
        raise SpecError(
            f"sums of {fewest} or more of {len(participants)} participants; give {FEWEST} to {MOST_SUMMED}"
            f" participants, and fewest from {FEWEST} to their number: of two, each reads the other's update off a sum"
        )
    if not 1 <= words <= MOST_WORDS:
        raise SpecError(f"updates of {words} words; encrypted sums take 1 to {MOST_WORDS}, mask the round of a larger")


def _check_keys(holders: tuple[bytes, ...]) -> None:
    if not 1 <= len(holders) <= MOST_HOLDERS or len(set(holders)) != len(holders):
        raise SpecError(f"{len(holders)} key holders, {len(set(holders))} keys; give 1 to {MOST_HOLDERS}, each its own")
    for at, key in enumerate(holders):
        if len(key) != KEY_BYTES:
            raise SpecError(f"the public key of holder {at} has {len(key)} bytes, not {KEY_BYTES}; ask for it again")
        try:
            unpacked(key, f"the public key of holder {at}")
        except MalformedMessage as error:
            raise SpecError(str(error)) from error
