"""Rolls on chain: who may post them, the two roots, single leaves brought there, and what costs a poster its bond.

enlist -> post_commits -> post_openings          lift: a leaf to be opened by itself      land: an opening, after Reveal
"""

from collections.abc import Sequence
from typing import Any

from prefect_federated.adapters.evm.compact_signatures import digest_of, sign_compactly, signer_of
from prefect_federated.adapters.evm.records import Sent
from prefect_federated.adapters.evm.roll_disputing import RollDisputing
from prefect_federated.adapters.evm.roll_records import Poster, Rolled, RollPlace, RollState
from prefect_federated.adapters.evm.sending import hexed
from prefect_federated.core.inclusion import InclusionLetter
from prefect_federated.core.proofs import Piece
from prefect_federated.core.rolls import EMPTY, Roll


class Rolling(RollDisputing):
    """Writes about rolls, each by anyone unless it says otherwise, and what the chain holds of them."""

    # --- who may post ----------------------------------------------------------------------------------

    def enlist_poster(self, task: int) -> Sent:
        """Lock the signer's poster bond, as large as the aggregator's."""
        return self._send("Coordinator", "enlistPoster", task, once=False)

    def resign_poster(self, task: int) -> Sent:
        """Make the current round the signer's last as a poster."""
        return self._send("Coordinator", "resignPoster", task, once=False)

    def release_poster(self, task: int, poster: str) -> Sent:
        """Unlock the bond of a poster that resigned, once its last round cannot be disputed any more."""
        return self._send("Coordinator", "releasePoster", task, poster, once=False)

    # --- rolls -----------------------------------------------------------------------------------------

    def post_commits(self, task: int, round: int, roll: Roll, uri: str) -> Sent:
        """Post the root over a round's commits, as a poster, in the first half of Commit.

        The root is part of the intent: who signed another one before it died sends that first, and this is refused.

        Args:
            uri: where the list of the leaves lies.
        """
        values = (task, round, roll.root, len(roll.leaves), uri)
        return self._send("Coordinator", "postCommits", *values, name=f"{task}/{round}:{hexed(roll.root)}")

    def post_openings(self, task: int, round: int, roll: Roll, uri: str) -> Sent:
        """Post the root over the openings of the signer's own roll, in the first half of Reveal."""
        values = (task, round, roll.root, roll.filled, uri)
        return self._send("Coordinator", "postOpenings", *values, name=f"{task}/{round}:{hexed(roll.root)}")

    def lift(self, at: RollPlace, commits: Roll, openings: Roll | None = None) -> Sent:
        """Put a commit on chain that its roll did not open, so that its participant can reveal, and owes it.

        Args:
            openings: the roll's openings, where they are posted: its leaf at the position is empty.
        """
        gap = openings.path(at.position) if openings else ()
        values = (at.task, at.round, at.poster, at.position, leaf_of(commits, at.position), list(gap))
        return self._send("Coordinator", "lift", *values)

    def land(self, at: RollPlace, commits: Roll, openings: Roll) -> Sent:
        """Put a rolled opening on chain, after Reveal: it counts as any other from then on."""
        return self._send(
            "Coordinator", "land", *_of(at), leaf_of(commits, at.position), leaf_of(openings, at.position)
        )

    # --- what costs a poster its bond ------------------------------------------------------------------

    def refute_order(self, at: RollPlace, commits: Roll) -> Sent:
        """Show that the commit at a position is no leaf, or does not come before the next one by index."""
        last = at.position + 1 == len(commits.leaves)
        second = (EMPTY, []) if last else leaf_of(commits, at.position + 1)
        return self._send("Coordinator", "refuteOrder", *_of(at), leaf_of(commits, at.position), second)

    def refute_opening(self, at: RollPlace, commits: Roll, openings: Roll) -> Sent:
        """Show that the opening at a position does not open the commit there."""
        shown = leaf_of(commits, at.position), leaf_of(openings, at.position)
        return self._send("Coordinator", "refuteOpening", *_of(at), *shown)

    def refute_count(self, task: int, round: int, poster: str, openings: Roll, positions: Sequence[int]) -> Sent:
        """Show that more positions are empty than the poster left room for."""
        paths = [list(openings.path(position)) for position in positions]
        return self._send("Coordinator", "refuteCount", task, round, poster, list(positions), paths)

    def challenge_inclusion(
        self, task: int, round: int, letter: InclusionLetter, near: tuple[int, Sequence[Piece]] = (0, ())
    ) -> Sent:
        """Show that a poster signed that it would post a commit, and did not.

        Args:
            near: position of the first of these leaves, and the leaves: see `IRolls.challengeInclusion`; none where the
                poster posted nothing.
        """
        receipt = (letter.participant, letter.commitment, letter.signature)
        leaves = [(piece.content, list(piece.path)) for piece in near[1]]
        values = (task, round, letter.poster, receipt, near[0], leaves)
        return self._send("Coordinator", "challengeInclusion", *values)

    # --- receipts --------------------------------------------------------------------------------------

    def sign_inclusion(self, task: int, round: int, participant: str, commitment: bytes) -> InclusionLetter:
        """The signer's receipt for a commit that it will post; nothing is sent."""
        nothing = bytes(32)
        unsigned = InclusionLetter(
            participant=participant, poster=self.signer, commitment=commitment, r=nothing, vs=nothing
        )
        r, vs = sign_compactly(self._signing().account, self._inclusion_digest(task, round, unsigned))
        return unsigned.model_copy(update={"r": r, "vs": vs})

    def is_inclusion(self, task: int, round: int, letter: InclusionLetter) -> bool:
        """Whether a receipt was signed by the account that it names as poster."""
        return signer_of(self._inclusion_digest(task, round, letter), letter.r, letter.vs) == letter.poster

    def _inclusion_digest(self, task: int, round: int, letter: InclusionLetter) -> bytes:
        return digest_of(self.chain_id, self.coordinator, letter.struct_hash(task, round))

    # --- reads -----------------------------------------------------------------------------------------

    def poster_of(self, task: int, account: str) -> Poster:
        """An account as a poster of a task, with its last roll."""
        found = self.call("Coordinator", "posterOf", task, account)
        return Poster(
            account=account,
            bonded=found["bonded"],
            until_round=found["untilRound"],
            round=found["round"],
            leaves=found["leaves"],
            opened=found["opened"],
            state=RollState(found["state"]),
            consent_at=found["consentAt"],
            commits=found["commits"],
            openings=found["openings"],
        )

    def rolled_of(self, task: int) -> Rolled:
        """What the rolls of a task's current or last round hold."""
        return Rolled(*self.call("Coordinator", "rolledOf", task).values())


def leaf_of(roll: Roll, position: int) -> tuple[bytes, list[bytes]]:
    """A leaf with its path, as `Leaf`."""
    return roll.leaves[position], list(roll.path(position))


def _of(at: RollPlace) -> tuple[Any, ...]:
    return at.task, at.round, at.poster, at.position
