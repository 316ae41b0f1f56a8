"""Shares of many participants in one transaction: signing them, bringing them.

letters -> dealMany | showMany -> the events of the single calls, and one for each entry that was skipped
"""

from collections.abc import Sequence

from prefect_federated.adapters.evm.compact_signatures import sign_compactly
from prefect_federated.adapters.evm.masking import Masking
from prefect_federated.adapters.evm.records import Sent
from prefect_federated.core.round import Masks
from prefect_federated.core.share_letters import DealingLetter, ShownLetter

NOTHING = bytes(32)


class ShareRelaying(Masking):
    """Batches of a masked round beside those of commits and openings."""

    def sign_dealing(
        self, task: int, round: int, grant_id: bytes, masking_key: bytes, root: bytes, uri: str
    ) -> DealingLetter:
        """The signer's dealt shares as a letter that anybody may bring; nothing is sent."""
        unsigned = DealingLetter(
            participant=self.account,
            grant_id=grant_id,
            masking_key=masking_key,
            root=root,
            uri=uri,
            r=NOTHING,
            vs=NOTHING,
        )
        r, vs = sign_compactly(self._signing().account, self._digest(unsigned.struct_hash(task, round)))
        return unsigned.model_copy(update={"r": r, "vs": vs})

    def sign_shown(self, task: int, round: int, root: bytes, uri: str) -> ShownLetter:
        """The signer's shares of others as a letter that anybody may bring; nothing is sent."""
        unsigned = ShownLetter(participant=self.account, root=root, uri=uri, r=NOTHING, vs=NOTHING)
        r, vs = sign_compactly(self._signing().account, self._digest(unsigned.struct_hash(task, round)))
        return unsigned.model_copy(update={"r": r, "vs": vs})

    def deal_many(self, task: int, round: int, letters: Sequence[DealingLetter]) -> Sent:
        """Deal for many; anyone may. The same batch is sent once."""
        batch = [(d.participant, d.grant_id, d.masking_key, d.root, d.r, d.vs, d.uri) for d in letters]
        return self._send("Coordinator", "dealMany", task, round, batch)

    def show_many(self, task: int, round: int, letters: Sequence[ShownLetter]) -> Sent:
        """Show for many; anyone may. The same batch is sent once."""
        batch = [(s.participant, s.root, s.r, s.vs, s.uri) for s in letters]
        return self._send("Coordinator", "showMany", task, round, batch)

    # --- reads -----------------------------------------------------------------------------------------

    def masks(self, task: int) -> Masks | None:
        """How far the masks of the current round are; None in a clear task."""
        if not self.is_masked(task):
            return None
        found = self.call("Coordinator", "masksOf", task)
        return Masks(int(found["shared"]), int(found["unmasked"]))
