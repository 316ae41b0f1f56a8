"""Disputes about rolls: leaves that nobody can fetch, and whoever a proposal passes over.

demand_leaf --> answer_leaf, its bytes on chain | forfeit_leaf, the poster's bond
"""

from collections.abc import Sequence

from prefect_federated.adapters.evm.disputing import Case
from prefect_federated.adapters.evm.records import Sent
from prefect_federated.adapters.evm.relaying import Relaying
from prefect_federated.adapters.evm.roll_records import RollPlace
from prefect_federated.adapters.evm.structs import opening_tuple
from prefect_federated.core.commitment import Opening
from prefect_federated.core.enforced import NOBODY
from prefect_federated.core.proofs import Piece


class RollDisputing(Relaying):
    """What the Disputes contract takes about rolls."""

    def challenge_omission(
        self,
        case: Case,
        participant: str,
        opening: Opening,
        near: tuple[int, Sequence[Piece]] = (0, ()),
        receipt: bytes = b"",
    ) -> Sent:
        """Show that somebody whose opening is on chain is neither included nor excluded.

        Args:
            near: position of the first of these included leaves, and the leaves: those before and after its index, or
                the first or last alone; none where nobody is included.
            opening: what was revealed; like the next read only where it was landed.
            receipt: the proposer's signature that it has the payload.
        """
        gap = (near[0], [_shown(piece) for piece in near[1]])
        return self._challenge("challengeOmission", case, participant, gap, opening_tuple(opening), receipt)

    def answer_record(
        self, case: Case, position: int, included: Piece, rolled: tuple[str, int, Piece, Piece] | None
    ) -> Sent:
        """Show where an included update was revealed, as somebody asked; the deposit is credited to this signer.

        Args:
            rolled: poster, position, commit and opening; None of who revealed by itself.
        """
        poster, place, commit, opening = rolled or (NOBODY, 0, Piece(b"", ()), Piece(b"", ()))
        proof = (poster, place, _shown(commit), _shown(opening))
        return self._challenge("answerRecord", case, position, _shown(included), proof)

    def demand_leaf(self, at: RollPlace, openings: bool) -> Sent:
        """Ask a poster for a leaf of its roll, for a deposit that the answer earns; of the commits or the openings."""
        deposit = self.demand_deposit()
        return self._send("Disputes", "demandLeaf", *_leaf(at, openings), value=deposit)

    def answer_leaf(self, at: RollPlace, openings: bool, leaf: Piece) -> Sent:
        """Show a leaf that was asked for; the deposit is credited to this signer."""
        return self._send("Disputes", "answerLeaf", *_leaf(at, openings), (leaf.content, list(leaf.path)))

    def forfeit_leaf(self, at: RollPlace, openings: bool) -> Sent:
        """Take the poster's bond for a leaf that was asked for and not shown in time."""
        return self._send("Disputes", "forfeitLeaf", *_leaf(at, openings))


def _shown(piece: Piece) -> tuple[bytes, list[bytes]]:
    return piece.content, list(piece.path)


def _leaf(at: RollPlace, openings: bool) -> tuple[int, int, str, bool, int]:
    return at.task, at.round, at.poster, openings, at.position
