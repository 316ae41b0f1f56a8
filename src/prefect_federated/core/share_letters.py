"""Letters of a masked round: dealt shares, later the shares of others, to be brought by anybody in a batch.

roots of the sealed | the shown shares, and their place --signed--> letter --read and checked--> entry of a batch
"""

from pydantic import Field

from prefect_federated.core.enforced import Root
from prefect_federated.core.letters import URI_BYTES, Letter
from prefect_federated.core.words import hash_words, keccak256

DEALING_TYPE = keccak256(
    b"Dealing(uint32 task,uint32 round,address participant,bytes32 grantId,bytes32 maskingKey,bytes32 root,string uri)"
)
SHOWN_TYPE = keccak256(b"Shown(uint32 task,uint32 round,address participant,bytes32 root,string uri)")


class DealingLetter(Letter):
    """What a participant deals out in a round, signed with the place where it lies; `vs` as in EIP-2098."""

    grant_id: Root
    masking_key: Root
    root: Root
    uri: str = Field(max_length=URI_BYTES)
    r: Root
    vs: Root

    def struct_hash(self, task: int, round: int) -> bytes:
        """EIP-712 struct hash of what is signed, 32 bytes."""
        values = (self.participant, self.grant_id, self.masking_key, self.root, keccak256(self.uri.encode()))
        return hash_words(DEALING_TYPE, task, round, *values)


class ShownLetter(Letter):
    """The shares of others that a survivor shows, signed likewise."""

    root: Root
    uri: str = Field(max_length=URI_BYTES)
    r: Root
    vs: Root

    def struct_hash(self, task: int, round: int) -> bytes:
        """EIP-712 struct hash of what is signed, 32 bytes."""
        return hash_words(SHOWN_TYPE, task, round, self.participant, self.root, keccak256(self.uri.encode()))
