"""Votes: what a member of the committee promises about a round before any of them shows its own.

Vote --keccak256 with chain, committee contract, round, member--> 32 bytes on chain
"""

from dataclasses import dataclass, field

from prefect_federated.core.errors import CommitmentMismatch
from prefect_federated.core.words import hash_words, keccak256

TYPEHASH = keccak256(
    b"Vote(uint256 chainId,address committee,uint32 task,uint32 round,address member,bool accept,int64 metric,"
    b"bytes32 scoresHash,bytes32 salt)"
)


@dataclass(frozen=True, slots=True)
class BallotContext:
    """Where a vote lives and whose it is; a vote for one context means nothing in another."""

    chain_id: int
    committee: str
    task: int
    round: int
    member: str


@dataclass(frozen=True, slots=True)
class Vote:
    """Accept or not, the metric as int64 in 1e-9 units, the hash of the scores, and 32 secret bytes of salt."""

    accept: bool
    metric: int
    scores_hash: bytes
    salt: bytes = field(repr=False)

    def digest(self, context: BallotContext) -> bytes:
        """keccak256(abi.encode(TYPEHASH, chain, committee, task, round, member, accept, metric, scores hash, salt)).

        >>> here = BallotContext(1, "0x" + "00" * 20, 1, 1, "0x" + "11" * 20)
        >>> Vote(True, -5, bytes(32), bytes(32)).digest(here) == Vote(True, 5, bytes(32), bytes(32)).digest(here)
        False
        """
        return hash_words(
            TYPEHASH,
            context.chain_id,
            context.committee,
            context.task,
            context.round,
            context.member,
            self.accept,
            self.metric % 2**256,  # two's complement, as abi.encode writes a signed integer
            self.scores_hash,
            self.salt,
        )


def check_vote(commitment: bytes, vote: Vote, context: BallotContext) -> None:
    """Refuse a vote that is not behind what its member promised.

    Raises:
        CommitmentMismatch: the digests differ.
    """
    digest = vote.digest(context)
    if digest != commitment:
        raise CommitmentMismatch(
            f"round {context.task}/{context.round}, member {context.member}: the vote hashes to 0x{digest.hex()}, the"
            f" chain holds 0x{commitment.hex()}; recall the vote that was sealed"
        )
