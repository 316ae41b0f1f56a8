"""The Committee contract: validators, the draw, votes, and what the chain knows of them.

admit -> enlist    draw    cast -> show    resign -> release
"""

from prefect_federated.adapters.evm.headers import header_of
from prefect_federated.adapters.evm.records import Sent
from prefect_federated.adapters.evm.rolling import Rolling
from prefect_federated.core.committee import Ballot, Seat, Validator, VoteState
from prefect_federated.core.enforced import NOBODY
from prefect_federated.core.vote import BallotContext, Vote


class Voting(Rolling):
    """Writes and reads of a committee, as one signer sees it."""

    def admit_reader(self, task: int, account: str, admitted: bool) -> Sent:
        """Let an account serve as a validator of a task, or no longer; by the sponsor."""
        return self._send("Committee", "admitReader", task, account, admitted, once=False)

    def enlist(self, task: int, amount: int) -> Sent:
        """Lock stake as the signer's validator bond, wei; it may be drawn from the next round on."""
        return self._send("Committee", "enlist", task, amount, once=False)

    def resign(self, task: int) -> Sent:
        """Serve in the current round for the last time."""
        return self._send("Committee", "resign", task, once=False)

    def release_validator(self, task: int, account: str) -> Sent:
        """Give the bond back of somebody whose last round is over; anyone may."""
        return self._send("Committee", "releaseBond", task, account, once=False)

    def draw(self, task: int) -> Sent:
        """Draw the committee of the current round from the block that was fixed when it opened; anyone may."""
        ballot, by_hash = self.ballot(task), self.call("Committee", "drawProfile")[1]
        header = b"" if by_hash else header_of(self.w3, ballot.draw_block)
        return self._send("Committee", "draw", task, header, name=f"{task}/{ballot.round}/{ballot.draw_block}")

    def move_draw(self, task: int) -> Sent:
        """Fix another block to draw from, where the chain has forgotten the first; anyone may."""
        return self._send("Committee", "moveDraw", task, once=False)

    def cast_vote(self, task: int, round: int, seat: int, commitment: bytes) -> Sent:
        """Promise the signer's vote."""
        return self._send("Committee", "castVote", task, round, seat, commitment, name=f"{task}/{round}")

    def reveal_vote(self, task: int, round: int, seat: int, vote: Vote, scores: bytes) -> Sent:
        """Show a promised vote; anyone who knows it may.

        Args:
            scores: the packed scores that the vote's hash is of, where the task pays by them; else nothing.
        """
        fields = (vote.accept, vote.metric, vote.scores_hash, vote.salt)
        return self._send("Committee", "revealVote", task, round, seat, fields, scores, name=f"{task}/{round}/{seat}")

    def close_ballot(self, task: int) -> Sent:
        """Have the silence of the last ballot dealt with; anyone may, once the votes can no longer change."""
        return self._send("Committee", "closeBallot", task, once=False)

    # --- reads -----------------------------------------------------------------------------------------

    def ballot_context(self, task: int, round: int, member: str) -> BallotContext:
        """What a member's vote in a round is bound to."""
        return BallotContext(self.chain_id, self.addresses.committee, task, round, member)

    def ballot(self, task: int) -> Ballot:
        """The ballot of the task's last round; its round and size are 0 where none was opened."""
        found = self.call("Committee", "ballotOf", task)
        return Ballot(
            round=found["round"],
            draw_block=found["drawBlock"],
            size=found["size"],
            cast=found["cast"],
            revealed=found["revealed"],
            accepts=found["accepts"],
            drawn=found["drawn"],
            early=found["early"],
            closed=found["closed"],
        )

    def seats(self, task: int) -> tuple[Seat, ...]:
        """The committee of the last draw in the order of its seats."""
        found = self.call("Committee", "seatsOf", task)
        return tuple(
            Seat(
                number=number,
                member=seat["member"],
                state=VoteState(seat["state"]),
                accept=seat["accept"],
                metric=seat["metric"],
                commitment=seat["commitment"],
                scores_hash=seat["scoresHash"],
            )
            for number, seat in enumerate(found)
        )

    def validators(self, task: int) -> list[Validator]:
        """Everybody with a place in the task's draws, in the order of places."""
        found = [
            Validator(
                account=one["account"],
                from_round=one["fromRound"],
                until_round=one["untilRound"],
                skipped=one["skipped"],
                weight=one["weight"],
                bonded=one["bonded"],
            )
            for one in self.call("Committee", "validatorsOf", task)
        ]
        return [one for one in found if one.account != NOBODY]

    def is_reader(self, task: int, account: str) -> bool:
        """Whether the sponsor lets an account serve as a validator of the task."""
        return bool(self.call("Committee", "isReader", task, account))

    def panel(self, task: int, round: int) -> tuple[str, ...]:
        """Accounts that judge a round: its committee once that is drawn, until then everybody who may be."""
        ballot = self.ballot(task)
        if ballot.round != round:
            drawn = self.events(task, round, ("CommitteeDrawn",))
            return tuple(drawn[0].args["members"]) if drawn else ()
        if ballot.drawn:
            return tuple(seat.member for seat in self.seats(task))
        return tuple(one.account for one in self.validators(task) if one.may_serve(round))

    def votes_are_final(self, task: int, round: int) -> bool:
        """Whether the current round called for votes that can no longer change."""
        return bool(self.call("Coordinator", "voteOver", task, round))

    def median_metric(self, task: int, round: int) -> int | None:
        """The median metric of a settled round, in 1e-9 units; None where it has none."""
        metric, settled_at = self.call("Committee", "answerOf", task, round)
        return int(metric) if settled_at else None
