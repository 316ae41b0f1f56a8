"""Receipts: a proposer signs that it holds what a participant revealed, and can then not call it unavailable.

reveal --payload fetched and opened--> receipt --mailbox--> participant's vault      left out all the same --> proof
"""

from pydantic import Field

from prefect_federated.core.enforced import Address, Root
from prefect_federated.core.letters import Letter
from prefect_federated.core.words import hash_words, keccak256

RECEIPT_TYPE = keccak256(
    b"Receipt(uint32 task,uint32 round,address participant,bytes32 sealedRoot,bytes32 contentKeyHash)"
)


class ReceiptLetter(Letter):
    """A receipt for one participant's payload in one round; `vs` as in EIP-2098."""

    holder: Address = Field(description="who signed it: the aggregator or the standby")
    sealed_root: Root
    content_key_hash: Root
    r: Root
    vs: Root

    def struct_hash(self, task: int, round: int) -> bytes:
        """EIP-712 struct hash of what is signed, 32 bytes; the contract has it in `hashReceipt`."""
        return hash_words(RECEIPT_TYPE, task, round, self.participant, self.sealed_root, self.content_key_hash)

    @property
    def signature(self) -> bytes:
        """As the contract takes it: r, s and v, 65 bytes.

        >>> letter = ReceiptLetter.model_construct(r=bytes(32), vs=bytes([128]) + bytes(31))
        >>> letter.signature[-1]
        28
        """
        return long_signature(self.r, self.vs)


def long_signature(r: bytes, vs: bytes) -> bytes:
    """A signature of 64 bytes (EIP-2098) as r, s and v, 65 bytes.

    >>> long_signature(bytes(32), bytes([128]) + bytes(31))[-1]
    28
    """
    word = int.from_bytes(vs, "big")
    return r + (word & (2**255 - 1)).to_bytes(32, "big") + bytes([27 + (word >> 255)])
