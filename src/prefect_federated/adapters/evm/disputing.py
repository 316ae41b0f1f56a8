"""Writes of the Disputes contract: one method a proof, and demands for withheld bytes.

challenge --> the proposer's bond, half of it to this signer --collect--> account
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from prefect_federated.adapters.evm.records import Sent, Version
from prefect_federated.adapters.evm.sending import Sending
from prefect_federated.adapters.evm.structs import opening_tuple, proposal_tuple
from prefect_federated.adapters.evm.versions import version_fields
from prefect_federated.core.commitment import Opening
from prefect_federated.core.masking.proof import ShownMasked
from prefect_federated.core.pay import seat_pay
from prefect_federated.core.proofs import Coordinate, Piece, Shown
from prefect_federated.core.proposal import Proposal
from prefect_federated.core.result import IncludedUpdate
from prefect_federated.core.rewards import Entry
from prefect_federated.core.round import Phase, Status
from prefect_federated.core.scoring.score_vector import pack_scores

SHOWN = 2  # state of a seat whose vote was shown


@dataclass(frozen=True, slots=True)
class Case:
    """The proposal that a challenge is about."""

    task: int
    round: int
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class Demand:
    """Bytes that somebody asked for: (tree, position, chunk), until when they are due, whether that is still open."""

    target: tuple[int, int, int]
    by: str
    due: int
    open: bool


class Disputing(Sending):
    """Challenges, demands and what they earn."""

    def challenge_sum(
        self, case: Case, at: Coordinate, shown: Sequence[Shown], siblings: Sequence[bytes], aggregate: Piece
    ) -> Sent:
        """Show that the aggregate's word is not the rule's result; with siblings only a batch of the updates."""
        updates = [(s.participant, s.payload_root, s.weight, s.piece.content, list(s.piece.path)) for s in shown]
        return self._challenge("challengeSum", case, _at(at), updates, list(siblings), _piece(aggregate))

    def challenge_masked(
        self,
        case: Case,
        at: Coordinate,
        shown: Sequence[ShownMasked],
        siblings: Sequence[bytes],
        aggregate: Piece,
    ) -> Sent:
        """Show that the masked updates do not make the aggregate's word; with siblings only a batch of them."""
        values = (_at(at), [_masked(one) for one in shown], list(siblings), _piece(aggregate))
        return self._challenge("challengeMasked", case, *values)

    def challenge_header(self, case: Case, aggregate: Piece) -> Sent:
        """Show that the aggregate's header is not the task's."""
        return self._challenge("challengeHeader", case, _piece(aggregate))

    def challenge_step(self, case: Case, base: Version, at: Coordinate, pieces: Sequence[Piece]) -> Sent:
        """Show that the model's word is not base + aggregate; pieces of base, aggregate and model."""
        shown = [_piece(piece) for piece in pieces]
        return self._challenge("challengeStep", case, version_fields(base), _at(at), shown)

    def challenge_leaf(self, case: Case, position: int, leaf: Piece, opening: Opening) -> Sent:
        """Show that an included leaf is not what its participant revealed."""
        return self._challenge("challengeLeaf", case, position, _piece(leaf), opening_tuple(opening))

    def challenge_rights(self, case: Case, position: int, leaf: Piece, record: tuple[bytes, bytes, bytes]) -> Sent:
        """Show that the version would have rights that the grant of an included update does not give.

        Args:
            record: commitment, evidence hash and grant id that were committed together.
        """
        return self._challenge("challengeRights", case, position, _piece(leaf), record)

    def challenge_order(self, case: Case, position: int, leaf: Piece, following: Piece) -> Sent:
        """Show that two included leaves do not ascend."""
        return self._challenge("challengeOrder", case, position, _piece(leaf), _piece(following))

    def challenge_exclusion(self, case: Case, which: int, opening: Opening, receipt: bytes = b"") -> Sent:
        """Show that the reason given for leaving somebody out cannot be true."""
        return self._challenge("challengeExclusion", case, which, opening_tuple(opening), receipt)

    def challenge_reward(
        self,
        case: Case,
        ledger: Sequence[Entry],
        included: Sequence[IncludedUpdate],
        vectors: Sequence[bytes] = (),
        medians: Sequence[int] = (),
    ) -> Sent:
        """Show that the rewards are not what the task's rule makes of the included updates.

        Args:
            ledger: everybody who was owed something before or earns something now, ascending by account.
            included: the proposal's records, in their order.
            vectors: scores that the committee's members showed, by seat; where the task pays by them, like the next.
            medians: the score of each included update, uint32.
        """
        scored = (list(vectors), pack_scores(medians))
        entries = [(entry.account, entry.owed, entry.place) for entry in ledger]
        records = [(record.participant, record.payload_root, record.weight) for record in included]
        return self._challenge("challengeReward", case, entries, records, scored)

    def challenge_range(
        self, task: int, round: int, participant: str, opening: Opening, at: Coordinate, chunk: Piece
    ) -> Sent:
        """Show a word of a revealed update beyond the task's limit: its participant loses the bond."""
        values = (task, round, participant, opening_tuple(opening), _at(at), _piece(chunk))
        return self._send("Disputes", "challengeRange", *values, name=f"{task}/{round}/{participant}")

    def demand(self, case: Case, tree: int, position: int = 0, chunk: int = 0) -> Sent:
        """Ask the proposer for bytes of a tree (0 aggregate, 1 model, 2 included, 3 payload), for a deposit.

        Tree 4 asks for the revealed record of an included update: answered like 2, once `land` has put it on chain.
        """
        target = (tree, position, chunk)
        return self._challenge("demand", case, target, value=self.demand_deposit())

    def answer(self, case: Case, target: tuple[int, int, int], leaf: Piece, shown: Piece) -> Sent:
        """Show bytes that were asked for; the deposit is credited to this signer."""
        return self._challenge("answer", case, target, _piece(leaf), _piece(shown))

    def forfeit(self, case: Case, target: tuple[int, int, int]) -> Sent:
        """Take the proposer's bond for bytes that were asked for and not shown in time."""
        return self._challenge("forfeit", case, target)

    def claim_floor(self, task: int, round: int, index: int) -> Sent:
        """Pay the floor of a round that fraud voided to the participant with an index; anyone may."""
        return self._send("Coordinator", "claimFloor", task, round, index, name=f"{task}/{round}/{index}")

    def claim_pay(self, task: int, round: int, seat: int) -> Sent:
        """Pay the committee's member in a seat for its vote in a round that pays no rewards; anyone may."""
        return self._send("Coordinator", "claimPay", task, round, seat, name=f"{task}/{round}/{seat}")

    def collect_bounty(self, account: str) -> Sent:
        """Pay out what proofs earned an account; anyone may."""
        return self._send("ParticipantRegistry", "collectBounty", account, once=False)

    def collect_deposits(self, account: str) -> Sent:
        """Pay out deposits of demands that fell to an account; anyone may."""
        return self._send("Disputes", "collect", account, once=False)

    # --- reads -----------------------------------------------------------------------------------------

    def demand_deposit(self) -> int:
        """What a demand costs until it is answered, wei."""
        return int(self.call("Disputes", "deposit"))

    def demands(self, task: int, round: int) -> list[Demand]:
        """Demands about the proposal that stands in a round, in their order."""
        events = self.events(task, round, ("RoundAggregated", "Demanded", "Answered", "Forfeited"))
        since = max((place for place, one in enumerate(events) if one.name == "RoundAggregated"), default=0)
        closed = {event.args["id"] for event in events[since:] if event.name in ("Answered", "Forfeited")}
        return [
            Demand(tuple(e.args["target"].values()), e.args["by"], e.args["due"], e.args["id"] not in closed)
            for e in events[since:]
            if e.name == "Demanded"
        ]

    def challenged_s(self, task: int, round: int) -> int:
        """Seconds of running time since the proposal that stands was made: a pause counts for nothing in them."""
        case = self.call("Coordinator", "caseOf", task, round)
        return int(case["nowS"] - case["proposedAt"])

    def floor_due(self, task: int, round: int, account: str) -> int | None:
        """Index of a participant that may claim the floor of a round that others spoilt; None where nothing is due."""
        state = self.round_state(task)
        spoilt = state.phase is Phase.VOIDED or state.status is Status.REJECTED
        if state.round != round or not spoilt or not self.treasury_account(task).floors:
            return None
        index, revealed = self.call("Coordinator", "revealedIndex", task, round, account)
        if not revealed and not self.has_mark(task, round, account):
            leaf = self.standing_leaf(task, round, account)  # `land` makes the chain know it
            revealed = leaf is not None and leaf.opening is not None
        return int(index) if revealed else None

    def pay_due(self, task: int, round: int, account: str) -> int | None:
        """Seat of a validator that may claim its pay of a round that pays no rewards; None where nothing is due."""
        state, ballot = self.round_state(task), self.call("Committee", "ballotOf", task)
        spoilt = state.round == round == ballot["round"] and state.phase.over and self.treasury_account(task).floors
        if not spoilt or not seat_pay(self.task_of(task).enforced):
            return None
        for place, seat in enumerate(self.call("Committee", "seatsOf", task)):
            if seat["member"] == account and seat["state"] == SHOWN and not seat["paid"]:
                return place
        return None

    def bounty_of(self, account: str) -> int:
        """Bounties of an account that were not paid out yet."""
        return int(self.call("ParticipantRegistry", "bountyOf", account))

    # --- inside ----------------------------------------------------------------------------------------

    def _challenge(self, function: str, case: Case, *values: Any, value: int = 0) -> Sent:
        """Named by its whole calldata: the same proof is sent once."""
        proposal = proposal_tuple(case.proposal)
        return self._send("Disputes", function, case.task, case.round, proposal, *values, value=value)


def _at(at: Coordinate) -> tuple[int, int, int, int]:
    return at.chunk, at.word, at.low, at.high


def _piece(piece: Piece) -> tuple[bytes, list[bytes]]:
    return piece.content, list(piece.path)


def _masked(s: ShownMasked) -> tuple[Any, ...]:
    """The contract's MaskedUpdate."""
    bitmap = s.note.bitmap
    neighbours = [int.from_bytes(bitmap[at : at + 32], "big") for at in range(0, len(bitmap), 32)]
    pieces = (*_piece(s.header), *_piece(s.piece))
    seeds = [(one.other, one.seed, list(one.path)) for one in s.seeds]
    return (s.participant, s.payload_root, s.weight, *pieces, neighbours, s.session, s.note.root, seeds)
