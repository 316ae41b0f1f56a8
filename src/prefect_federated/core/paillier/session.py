"""What is public and fixed before a round's first ciphertext: where it is, how many words, who holds the keys."""

import hashlib
from dataclasses import dataclass

from prefect_federated.core.errors import KeyUnavailable, SpecError
from prefect_federated.core.paillier.keys import PublicKey
from prefect_federated.core.paillier.numbers import MOST_HOLDERS, MOST_WORDS, blocks
from prefect_federated.core.words import encode_words

_LABEL = b"prefect-federated/1 encrypted sum"


@dataclass(frozen=True, slots=True)
class Holder:
    """A key holder: its account, and its public key."""

    account: str
    key: PublicKey


@dataclass(frozen=True, slots=True)
class Session:
    """One round's sum; every proof is bound to its digest.

    Attributes:
        words: d, of one update.
        holders: two to eight, in the spec's order; all of them are needed to open the sum.
    """

    chain_id: int
    coordinator: str
    task: int
    round: int
    words: int
    holders: tuple[Holder, ...]

    def __post_init__(self) -> None:
        """Refuse what no sum can be made of.

        Raises:
            SpecError: naming what there is, and what fits.
        """
        accounts, keys = {one.account.lower() for one in self.holders}, {one.key.n for one in self.holders}
        if not 2 <= len(self.holders) <= MOST_HOLDERS or min(len(accounts), len(keys)) != len(self.holders):
            raise SpecError(
                f"{len(self.holders)} key holders with {len(accounts)} accounts and {len(keys)} keys; name 2 to"
                f" {MOST_HOLDERS}, each with its own: one alone would read every update"
            )
        if not 0 < self.words <= MOST_WORDS:
            raise SpecError(
                f"{self.words} words are to be encrypted, {MOST_WORDS} are the most: a word takes 8 bytes a key holder"
                " and each ciphertext a part of a second; take a smaller model, or mask the round"
            )

    @property
    def place(self) -> str:
        """Which round, for errors."""
        return f"round {self.task}/{self.round}"

    @property
    def blocks(self) -> int:
        """Ciphertexts a holder."""
        return blocks(self.words)

    @property
    def digest(self) -> bytes:
        """SHA-256 over everything, 32 bytes."""
        place = encode_words(self.chain_id, self.coordinator, self.task, self.round, self.words, len(self.holders))
        return hashlib.sha256(
            _LABEL + place + b"".join(encode_words(h.account, h.key.hash) for h in self.holders)
        ).digest()

    def holder_at(self, account: str) -> int:
        """The place of a key holder.

        Raises:
            KeyUnavailable: the account is none.
        """
        for at, one in enumerate(self.holders):
            if one.account == account:
                return at
        raise KeyUnavailable(f"{self.place}: {account} is none of its key holders; see the spec's masking.holders")
