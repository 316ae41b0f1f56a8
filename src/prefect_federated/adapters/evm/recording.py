"""Reputation on chain: letting settled rounds count, reading a score, recomputing it from events.

settled round, who is in its result --record--> Recorded        Recorded + Slashed + SlashRestored --> score
"""

from prefect_federated.adapters.evm.appealing import Appealing
from prefect_federated.adapters.evm.records import Sent
from prefect_federated.adapters.evm.structs import proposal_tuple
from prefect_federated.core.proposal import unpack_exclusions
from prefect_federated.core.reputation import GROWTH_EVERY_S, SlashAt, score
from prefect_federated.core.round import Phase


class Recording(Appealing):
    """What Reputation holds, and how it comes there."""

    def record_round(self, task: int, round: int) -> Sent | None:
        """Let a settled round count for everybody it can, in one transaction; anyone may, until the next one opens.

        Does nothing and returns None where it would count for nobody.
        """
        indices = self.countable(task, round)
        if not indices:
            return None
        proposal = proposal_tuple(self.proposal(task, round))
        return self._send("Reputation", "record", task, round, proposal, indices, once=False)

    def countable(self, task: int, round: int) -> list[int]:
        """Indices for whom a round would count now: in its result, not counted yet, nothing earned for a day.

        Of those who revealed in a roll only who has landed: the contract knows no other.
        """
        state = self.round_state(task)
        if state.round != round or state.phase is not Phase.SETTLED or not any(state.proposal_hash):
            return []
        left_out, now_s = unpack_exclusions(self.proposal(task, round).exclusions), self.chain_time()
        counted = {event.args["participant"] for event in self.events(task, round, ("Recorded",))}
        return [
            one.index
            for one in self.reveals(task, round)
            if one.index not in left_out
            and self.has_mark(task, round, one.participant)  # a rolled one once it has landed
            and one.participant not in counted
            and now_s >= self.call("Reputation", "earnedOf", one.participant)[1] + GROWTH_EVERY_S
        ]

    def reputation_of(self, account: str) -> int:
        """A participant's reputation at the latest block, 0 .. 10,000."""
        return int(self.call("Reputation", "scoreOf", account))

    def recomputed_reputation(self, account: str, now_s: int) -> int:
        """The same from events alone, at a second of chain time not before the last of them."""
        recorded = self.events(names=("Recorded",))
        times = [event.args["at"] for event in recorded if event.args["participant"] == account]
        slashes = [SlashAt(one.at, one.state != "restored") for one in self.slashes(account)]
        return score(times, slashes, now_s)
