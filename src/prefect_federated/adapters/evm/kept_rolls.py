"""Rolls taken apart once for good: what the roots of a round that is over stand for is kept in the event index.

posted root --kept?--> its events, out of SQLite
            --not yet--> `Unrolling` --round over and final, every list read--> kept

A reading can change until its round has ended (`RoundSettled`, `RoundVoided`), and no longer. What it rests on:

- Roots, and whether they are void. Posted in Commit and Reveal. `refuteOrder`, `refuteOpening`, `refuteCount` and
  `strikePoster` void nothing once Reveal is over (`_voidRoll`, `_voidOpenings`), and no round goes back there from a
  later phase. A poster that is convicted later, as for a broken receipt, loses its bond and nothing else.
- Commits of one's own, which supersede a leaf: direct, relayed or lifted, in Commit and Reveal. Who lands stands as
  before.
- Who is in the cohort, at which index: `leave` and `enrol` may change that until the round ends, so they are read up
  to there.
- Grants, as of the second before Reveal: whatever is withdrawn in Reveal or later was live then, and no grant is
  dated back.
- Signatures (the participant's own, so no change of delegate matters), base version, terms of the task: fixed from
  the start.
- Lists. One that is missing may come later, so a round is kept only when all lists of its rolls that stand were read.
- The chain. Nothing is kept before the round's end is final, and what is kept goes when the block of that end is
  replaced.

A retraction changes no reading: it strikes a mark on chain, and who counts openings subtracts it
(`ChainHistory.retracted`). A list that the store has lost since stays read, for its root was checked. Who names no
store is shown no leaf, kept or not.
"""

from collections.abc import Sequence

from prefect_federated.adapters.evm.event_index import Block, EventIndex
from prefect_federated.adapters.evm.records import Event
from prefect_federated.adapters.evm.unrolling import ENDED, Unrolling, by_round, stands_for
from prefect_federated.core.errors import ChainUnreachable

Behind = dict[tuple[int, int], list[Event]]  # events by the block and log index of the posted root


class KeptRolls(Unrolling):
    """Events with rolls taken apart; those of rounds that are over are read from the index."""

    def unrolled(self, posted: Sequence[Event], to_block: int | str) -> Behind:
        """The events that posted roots stand for as of a block, by the block and log index of each."""
        index = self._event_index
        if index is None or self._lists is None or not posted or isinstance(to_block, str):
            return super().unrolled(posted, to_block)
        found = index.kept(posted, to_block)
        missing = [event for event in posted if (event.block, event.log_index) not in found]
        final = min(self._final(), to_block) if missing else to_block
        for place, events in by_round(missing).items():
            found |= self._read_and_keep(index, place, events, to_block, final)
        return found

    # --- inside ----------------------------------------------------------------------------------------

    def _read_and_keep(
        self, index: EventIndex, place: tuple[int, int], posted: Sequence[Event], to_block: int, final: int
    ) -> Behind:
        ended = self._end_of(index, place, final)
        if ended is not None:
            self._found.pop(place, None)  # found while blocks could still be replaced: not to be kept
        rolls = self.posted_rolls(*place, to_block)
        leaves = self.standing_in(rolls, *place, to_block)
        found = [(event, stands_for(event, leaves)) for event in posted]
        if ended is not None and all(roll.commits is not None and not roll.withheld for roll in rolls):
            index.keep(ended, found)
        return {(event.block, event.log_index): events for event, events in found}

    def _end_of(self, index: EventIndex, place: tuple[int, int], final: int) -> Block | None:
        """The block in which a round ended, if it is final."""
        ended = self.logged(*place, ENDED, to_block=final)
        return index.block(ended[0].block) if ended else None

    def _final(self) -> int:
        """Number of the newest final block; -1, and a sentence in the log, where the endpoint does not say."""
        try:
            return self.final_block()
        except ChainUnreachable as error:
            self._say(f"what is read of rolls is not kept, and costs as much the next time: {error}")
            return -1
