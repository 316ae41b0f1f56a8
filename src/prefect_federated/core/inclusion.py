"""Inclusion receipts: a poster signs that it will post a commit, and loses its bond if it then does not.

commit letter --poster signs--> receipt --mailbox--> participant's vault          not in the roll all the same --> proof
"""

from pydantic import Field

from prefect_federated.core.enforced import Address, Root
from prefect_federated.core.letters import Letter
from prefect_federated.core.receipts import long_signature
from prefect_federated.core.rolls import Roll, read_commit
from prefect_federated.core.words import hash_words, keccak256

INCLUSION_TYPE = keccak256(b"Inclusion(uint32 task,uint32 round,address participant,bytes32 commitment)")


class InclusionLetter(Letter):
    """A poster's receipt for one participant's commit in one round; `vs` as in EIP-2098."""

    poster: Address = Field(description="who signed it")
    commitment: Root
    r: Root
    vs: Root

    def struct_hash(self, task: int, round: int) -> bytes:
        """EIP-712 struct hash of what is signed, 32 bytes; the contract has it in `hashInclusion`."""
        return hash_words(INCLUSION_TYPE, task, round, self.participant, self.commitment)

    @property
    def signature(self) -> bytes:
        """As the contract takes it: r, s and v, 65 bytes."""
        return long_signature(self.r, self.vs)


def beside(commits: Roll, index: int) -> tuple[int, int]:
    """First position, and the one after the last, of what shows whether an index is in a roll.

    The leaf that has it; or the one before and the one after; or the first or last alone.

    Args:
        commits: whole leaves, ascending by index.

    >>> leaves = tuple(index.to_bytes(2, "big") + bytes(180) for index in (1, 4, 6))
    >>> [beside(Roll(leaves), index) for index in (0, 1, 5, 6, 9)]
    [(0, 1), (0, 1), (1, 3), (2, 3), (2, 3)]
    """
    indices = [leaf.index for leaf in map(read_commit, commits.leaves) if leaf is not None]
    at = sum(one < index for one in indices)
    if index in indices:
        return at, at + 1
    return max(at - 1, 0), min(at + 1, len(indices))
