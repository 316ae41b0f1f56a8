"""A round told from the event log alone: who was expected, who did what, what came of it.

events of the task --fold--> RoundLog --> status line, artifact, mirror, report
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from prefect_federated.adapters.evm.history import ChainHistory, retractions
from prefect_federated.adapters.evm.membership import cohort_of
from prefect_federated.adapters.evm.records import Event
from prefect_federated.core.errors import ProtocolError
from prefect_federated.core.proposal import unpack_exclusions
from prefect_federated.core.round import Exclusion, Participation, Phase, Reason, Status

REASONS = {
    Reason.UNAVAILABLE: "payload was not to be had from the store",
    Reason.UNDECRYPTABLE: "payload, or the sum that it is in, does not open for the aggregator",
    Reason.ROOT_MISMATCH: "payload has another root than the one committed",
    Reason.MALFORMED: "payload is malformed",
    Reason.OUT_OF_RANGE: "update, or the sum that it is in, is beyond the task's range",
    Reason.NORM_BOUND: "update exceeds the task's norm bound",
    Reason.RULE: "aggregation rule gave the update weight 0",
}

CALLS = {
    "RoundStarted": "open",
    "SharesDealt": "share",
    "UpdateCommitted": "commit",
    "UpdateRevealed": "reveal",
    "RevealedLate": "reveal",
    "SharesShown": "unmask",
    "SharesRetracted": "retract",
    "UpdateRetracted": "retract",
    "RoundAggregated": "propose",
    "ProposalOverturned": "challenge",
    "ParticipantSlashed": "slash",
    "RoundSettled": "settle",
    "CommitteeDrawn": "draw",
    "VoteCast": "cast",
    "VoteRevealed": "show vote",
}

SLASHES = {  # event: the fields that say whose bond, and how much of it
    "ParticipantSlashed": ("participant", "amount"),
    "DutySlashed": ("account", "amount"),
    "ValidatorSlashed": ("account", "taken"),
}


@dataclass(frozen=True, slots=True)
class Overturn:
    """A proposal that was proven wrong: whose, by whom, the bond taken and the accuser's half of it, wei."""

    proposer: str
    accuser: str
    taken: int
    bounty: int


@dataclass(frozen=True, slots=True)
class MemberVote:
    """A committee member and the vote that it showed; accept and metric (1e-9 units) are None where it showed none."""

    member: str
    accept: bool | None = None
    metric: int | None = None


@dataclass(frozen=True, slots=True)
class RoundLog:
    """What the chain recorded of one round. Accounts are in the cohort's order; `retracted` says at which stage.

    `awaited` commits end the round's Commit: everybody expected, or the task's buffer. `end_block` is 0 while it runs.
    """

    task: int
    round: int
    status: Status
    started_at: int
    ended_at: int
    version: int | None
    version_hash: bytes
    awaited: int
    expected: tuple[str, ...]
    committed: tuple[str, ...]
    revealed: tuple[str, ...]
    late: tuple[str, ...]
    retracted: Mapping[str, str]
    slashed: Mapping[str, int]
    overturned: tuple[Overturn, ...]
    left_out: Mapping[str, Reason]
    proposed: bool
    weights: Mapping[str, int]
    commit_tx: Mapping[str, bytes]
    settled_tx: bytes
    transactions: Mapping[str, frozenset[bytes]] = field(default_factory=dict)
    votes: tuple[MemberVote, ...] = ()
    median_metric: int | None = None
    masked: bool = False
    dealt: tuple[str, ...] = ()  # shares of their masks, in a masked round
    shown: tuple[str, ...] = ()  # shares of others
    end_block: int = 0

    @property
    def aggregated(self) -> tuple[str, ...]:
        """Accounts in the aggregate."""
        return tuple(a for a in self.revealed if a not in self.left_out) if self.proposed else ()

    @property
    def tally(self) -> tuple[int, int]:
        """How many of the votes shown accept, and how many were shown."""
        shown = [vote.accept for vote in self.votes if vote.accept is not None]
        return sum(shown), len(shown)

    def participation(self, notes: Mapping[str, Exclusion], validated: Iterable[str] = ()) -> Participation:
        """The honest participation record: everybody expected is in the aggregate or excluded with a reason.

        Args:
            notes: what is known beside the chain about who did not get as far as a commit, by account.
            validated: accounts known to have passed validation; who committed has.
        """
        aggregated = self.aggregated
        included = frozenset(aggregated)
        excluded = [self._excluded(a, notes) for a in self.expected if a not in included]
        passed = {*self.committed, *validated}
        return Participation(
            expected=self.expected,
            validated=tuple(a for a in self.expected if a in passed),
            committed=self.committed,
            revealed=self.revealed,
            aggregated=aggregated,
            excluded=tuple(excluded),
        )

    def _excluded(self, account: str, notes: Mapping[str, Exclusion]) -> Exclusion:
        note = f" ({notes[account].reason})" if account in notes else ""
        if account in self.retracted:
            return Exclusion(account, self.retracted[account], "consent withdrawn" + note)
        if account in self.left_out:
            return Exclusion(account, "aggregate", REASONS[self.left_out[account]] + note)
        if account in self.revealed and self.status is Status.REJECTED:
            return Exclusion(account, "vote", "the committee rejected the round")
        if account in self.revealed:
            return Exclusion(account, "aggregate", "no result was proposed in time")
        if self.masked and account not in self.dealt:
            return notes.get(account) or Exclusion(account, "share", "it dealt no shares in time")
        if account not in self.committed:
            full = len(self.committed) >= self.awaited
            why = f"the round took {self.awaited} updates before its own" if full else "no commitment arrived in time"
            return notes.get(account) or Exclusion(account, "commit", why + self._forfeit(account))
        fate = "its opening came late" if account in self.late else "its commitment was not opened in time"
        return Exclusion(account, "reveal", fate + note + self._forfeit(account))

    def _forfeit(self, account: str) -> str:
        return f"; its bond of {self.slashed[account]} wei is forfeit" if account in self.slashed else ""


def read_round_log(federation: ChainHistory, task: int, round: int) -> RoundLog:
    """Read and fold the events of one round.

    Raises:
        ProtocolError: the task has no such round.
    """
    return fold_round(task, round, federation.events(task, round), federation.membership(task))


def fold_round(task: int, round: int, events: Sequence[Event], membership: Sequence[Event]) -> RoundLog:
    """Fold the events of one round, for who has read them.

    Args:
        task: number of the task.
        round: number of the round.
        events: everything that the round emitted, in order.
        membership: who joined and left the task, in order.

    Raises:
        ProtocolError: there is no opening among the events.
    """
    started = next((e for e in events if e.name == "RoundStarted"), None)
    if started is None:
        raise ProtocolError(f"task {task} has no round {round}; `federated round status` lists those it has")
    indices = cohort_of(membership, round)
    retracted = retractions(events)
    reveals = {e.args["participant"]: e for e in events if e.name == "UpdateRevealed"}
    proposal = _standing(events)
    settled = next((e for e in events if e.name == "RoundSettled"), None)
    voided = next((e for e in events if e.name == "RoundVoided"), None)
    end = settled or voided
    at = {index: account for account, index in indices.items()}
    packed = unpack_exclusions(proposal.args["proposal"]["exclusions"]) if proposal else {}
    status = Status(settled.args["status"]) if settled else Status.VOIDED if voided else Status.NONE
    made = settled if status in (Status.SUCCESS, Status.DEGRADED) else None  # a rejected round names the head it left
    return RoundLog(
        task=task,
        round=round,
        status=status,
        started_at=started.timestamp,
        ended_at=end.timestamp if end else 0,
        version=made.args["version"] if made else None,
        version_hash=made.args["versionHash"] if made else bytes(32),
        awaited=started.args["cohort"],
        expected=tuple(sorted(indices, key=indices.__getitem__)),
        committed=_accounts(events, "UpdateCommitted", indices),
        revealed=tuple(a for a in _accounts(events, "UpdateRevealed", indices) if a not in retracted),
        late=_accounts(events, "RevealedLate", indices),
        retracted=retracted,
        slashed=_slashed(events),
        overturned=tuple(
            Overturn(e.args["proposer"], e.args["accuser"], e.args["taken"], e.args["bounty"])
            for e in events
            if e.name == "ProposalOverturned"
        ),
        left_out={at[index]: reason for index, reason in packed.items() if index in at},
        proposed=proposal is not None,
        weights={a: e.args["opening"]["weight"] for a, e in reveals.items() if a not in retracted},
        commit_tx={e.args["participant"]: e.tx_hash for e in events if e.name == "UpdateCommitted"},
        settled_tx=end.tx_hash if end else b"",
        transactions=_transactions(events),
        votes=_votes(events),
        median_metric=next((e.args["metric"] for e in events if e.name == "MetricPublished"), None),
        masked=any(e.name == "PhaseChanged" and e.args["phase"] == Phase.SHARE for e in events),
        dealt=_accounts(events, "SharesDealt", indices),
        shown=_accounts(events, "SharesShown", indices),
        end_block=end.block if end else 0,
    )


def is_recorded(federation: ChainHistory, task: int, round: int) -> bool:
    """Whether the log has the end of a round; where only time ended it, the chain has to be told by a tick."""
    return bool(federation.events(task, round, ("RoundSettled", "RoundVoided")))


def _standing(events: Sequence[Event]) -> Event | None:
    """The proposal that was not overturned."""
    found = [event for event in events if event.name in ("RoundAggregated", "ProposalOverturned")]
    return found[-1] if found and found[-1].name == "RoundAggregated" else None


def _slashed(events: Sequence[Event]) -> dict[str, int]:
    """Bonds forfeited in a round by account: participants', validators', and those of aggregator and standby."""
    taken: dict[str, int] = {}
    for event in events:
        if event.name in SLASHES:
            account, amount = (event.args[field] for field in SLASHES[event.name])
            taken[account] = taken.get(account, 0) + amount
    return taken


def _votes(events: Sequence[Event]) -> tuple[MemberVote, ...]:
    """The committee in the order of its seats, with what each member showed."""
    drawn = next((event for event in events if event.name == "CommitteeDrawn"), None)
    shown = {e.args["member"]: e.args["vote"] for e in events if e.name == "VoteRevealed"}
    members = drawn.args["members"] if drawn else ()
    return tuple(
        MemberVote(member, shown[member]["accept"], shown[member]["metric"]) if member in shown else MemberVote(member)
        for member in members
    )


def _accounts(events: Sequence[Event], name: str, indices: Mapping[str, int]) -> tuple[str, ...]:
    accounts = {e.args["participant"] for e in events if e.name == name}
    return tuple(sorted(accounts, key=lambda account: indices.get(account, 1 << 16)))


def _transactions(events: Iterable[Event]) -> dict[str, frozenset[bytes]]:
    """Transaction hashes by the call that they made."""
    found: dict[str, set[bytes]] = {}
    for event in events:
        if event.name in CALLS:
            found.setdefault(CALLS[event.name], set()).add(event.tx_hash)
    return {call: frozenset(hashes) for call, hashes in found.items()}
