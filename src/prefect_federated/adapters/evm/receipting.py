"""Signing receipts for payloads, and checking whose they are."""

from prefect_federated.adapters.evm.attestations import Attestations
from prefect_federated.adapters.evm.compact_signatures import DISPUTES, digest_of, sign_compactly, signer_of
from prefect_federated.adapters.evm.records import Reveal
from prefect_federated.core.receipts import ReceiptLetter


class Receipting(Attestations):
    """Receipts of whoever aggregates; the contract takes them from the account itself, not from its delegate."""

    def sign_receipt(self, task: int, round: int, reveal: Reveal) -> ReceiptLetter:
        """The signer's receipt for a revealed payload; nothing is sent."""
        nothing = bytes(32)
        unsigned = ReceiptLetter(
            participant=reveal.participant,
            holder=self.signer,
            sealed_root=reveal.opening.sealed_root,
            content_key_hash=reveal.opening.content_key_hash,
            r=nothing,
            vs=nothing,
        )
        r, vs = sign_compactly(self._signing().account, self._receipt_digest(task, round, unsigned))
        return unsigned.model_copy(update={"r": r, "vs": vs})

    def is_receipt(self, task: int, round: int, letter: ReceiptLetter) -> bool:
        """Whether a receipt was signed by the account that it names as holder."""
        return signer_of(self._receipt_digest(task, round, letter), letter.r, letter.vs) == letter.holder

    def _receipt_digest(self, task: int, round: int, letter: ReceiptLetter) -> bytes:
        return digest_of(self.chain_id, self.addresses.disputes, letter.struct_hash(task, round), DISPUTES)
