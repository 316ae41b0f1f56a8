"""Rolls taken apart: a rolled round reads like one in which everybody sent for itself.

CommitsPosted, list from the store --> UpdateCommitted for each commit that stands
OpeningsPosted, list from the store --> UpdateRevealed for each opening that stands

A leaf stands where the contract would `land` it: the participant's own signatures, its index in the cohort, a grant
that was live before Reveal opened, an opening of this commit, and no commit of its own on chain.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from prefect_federated.adapters.evm.compact_signatures import digest_of, signer_of
from prefect_federated.adapters.evm.membership import MEMBERSHIP, cohort_of
from prefect_federated.adapters.evm.moved_openings import opened_at
from prefect_federated.adapters.evm.posted_rolls import PostedRoll, PostedRolls
from prefect_federated.adapters.evm.records import Event
from prefect_federated.adapters.evm.roll_records import RollPlace
from prefect_federated.adapters.evm.structs import opening_tuple
from prefect_federated.core.chain_profile import ChainProfile
from prefect_federated.core.commitment import RoundContext
from prefect_federated.core.letters import CommitLetter, OpeningLetter
from prefect_federated.core.rolls import EMPTY, CommitLeaf, OpeningLeaf, read_commit, read_opening
from prefect_federated.core.round import Phase

if TYPE_CHECKING:
    from web3 import Web3

ROLLS = {"UpdateCommitted": "CommitsPosted", "UpdateRevealed": "OpeningsPosted"}
ENDED = ("RoundSettled", "RoundVoided")  # a round that its committee rejects is settled too


@dataclass(frozen=True, slots=True)
class StandingLeaf:
    """A commit that stands, where, and its opening if that does."""

    roll: PostedRoll
    position: int
    commit: CommitLeaf
    opening: OpeningLeaf | None

    @property
    def place(self) -> RollPlace:
        """Where it stands, for the calls about it."""
        args = self.roll.posted.args
        return RollPlace(args["task"], args["round"], self.roll.poster, self.position)


@dataclass(frozen=True, slots=True)
class _Terms:
    """What the openings of a roll are held against, asked for once a roll."""

    max_weight: int
    purposes: int
    base: bytes
    consent_at: int


class Unrolling(PostedRolls):
    """Events and standing of a round, with its rolls taken apart."""

    def __init__(
        self,
        w3: "Web3",
        coordinator: str,
        confirmations: int = 0,
        from_block: int = 0,
        profile: ChainProfile | None = None,
    ) -> None:
        """Bind a connection and a Coordinator; see `ContractCalls`."""
        super().__init__(w3, coordinator, confirmations, from_block, profile)
        self._found: dict[tuple[int, int], dict[tuple[Any, ...], tuple[StandingLeaf, ...]]] = {}  # by task and round
        self._takes_rolls: dict[int, bool] = {}

    def events(
        self,
        task: int | None = None,
        round: int | None = None,
        names: Sequence[str] = (),
        from_block: int | None = None,
        to_block: int | str = "latest",
    ) -> list[Event]:
        """Events of all contracts in order; those of a batch or roll come one by one, in its transaction.

        Args:
            task: only events of this task.
            round: with a task, only events of this round of it.
            names: only these; empty means all.
            from_block: first block; None means the deployment's.
            to_block: last block or a tag.
        """
        if self._event_index is not None:
            to_block = self._up_to(self._event_index, to_block)  # log and rolls as of the same block
        asked = (*names, *(ROLLS[name] for name in names if name in ROLLS))
        logged = self.logged(task, round, asked, from_block, to_block)
        behind = self.unrolled([event for event in logged if event.name in ROLLS.values()], to_block)
        found = (one for event in logged for one in (event, *behind.get((event.block, event.log_index), ())))
        return [event for event in found if not names or event.name in names]

    def unrolled(self, posted: Sequence[Event], to_block: int | str) -> dict[tuple[int, int], list[Event]]:
        """The events that posted roots stand for as of a block, by the block and log index of each."""
        found: dict[tuple[int, int], list[Event]] = {}
        for place, events in by_round(posted).items():
            leaves = self.standing_leaves(*place, to_block)
            found |= {(event.block, event.log_index): stands_for(event, leaves) for event in events}
        return found

    def standing_leaves(self, task: int, round: int, to_block: int | str = "latest") -> list[StandingLeaf]:
        """Commits in rolls that stand for somebody, one a participant, each with its opening if that stands too."""
        return self.standing_in(self.posted_rolls(task, round, to_block), task, round, to_block)

    def standing_in(
        self, rolls: Sequence[PostedRoll], task: int, round: int, to_block: int | str
    ) -> list[StandingLeaf]:
        """Those of all rolls of a round that are not void."""
        if not rolls:
            return []
        own = {e.args["participant"] for e in self.logged(task, round, ("UpdateCommitted",), to_block=to_block)}
        cohort = self._cohort(task, round, to_block)
        leaves = [leaf for roll in rolls for leaf in self._sound(task, round, roll)]
        there = [one for one in leaves if one.commit.participant not in own]
        there = [one for one in there if cohort.get(one.commit.participant) == one.commit.index]
        chosen: dict[str, StandingLeaf] = {}
        for leaf in sorted(there, key=lambda one: (one.opening is None, _when(one))):
            chosen.setdefault(leaf.commit.participant, leaf)
        return sorted(chosen.values(), key=lambda one: one.commit.index)

    def standing_leaf(self, task: int, round: int, account: str) -> StandingLeaf | None:
        """The leaf that stands for an account in a round, or None."""
        if not self._allows_rolls(task):
            return None
        leaves = self.standing_leaves(task, round)
        return next((leaf for leaf in leaves if leaf.commit.participant == account), None)

    def has_committed(self, task: int, round: int, account: str) -> bool:
        """Whether an account has committed in a round, by itself or in a roll that can be read."""
        return self.has_mark(task, round, account) or self.standing_leaf(task, round, account) is not None

    def has_revealed(self, task: int, round: int, account: str) -> bool:
        """Whether an account committed in a round and owes no opening any more; in a roll, whether it is opened there.

        True also once the bond is forfeit: there is nothing left to open.
        """
        if self.has_mark(task, round, account):
            return super().has_revealed(task, round, account)
        leaf = self.standing_leaf(task, round, account)
        return leaf is not None and leaf.opening is not None

    def was_live(self, grant_id: bytes, account: str, purposes: int, at_s: int) -> bool:
        """Whether a grant of an account covered purposes at a second of chain time."""
        return bool(self.call("ConsentLedger", "liveAt", grant_id, account, purposes, at_s))

    # --- inside ----------------------------------------------------------------------------------------

    def _sound(self, task: int, round: int, roll: PostedRoll) -> tuple[StandingLeaf, ...]:
        """Leaves with nothing wrong in themselves; that does not change, so it is found out once."""
        if roll.commits is None:
            return ()
        key = (_key(roll.posted), None if roll.opened is None else _key(roll.opened), roll.openings is None)
        known = self._found.setdefault((task, round), {})
        if key not in known:
            openings = roll.openings.leaves if roll.openings else [EMPTY] * len(roll.commits.leaves)
            rows = enumerate(zip(roll.commits.leaves, openings, strict=True))
            terms = self._terms(task, round, roll) if roll.openings else None
            leaves = (self._leaf(roll, terms, position, *row) for position, row in rows)
            known[key] = tuple(leaf for leaf in leaves if leaf is not None)
        return known[key]

    def _terms(self, task: int, round: int, roll: PostedRoll) -> "_Terms":
        enforced = self.task_of(task).enforced
        return _Terms(enforced.max_weight, enforced.purposes, self._base_of(task, round), self._consent_at(roll))

    def _leaf(
        self, roll: PostedRoll, terms: "_Terms | None", position: int, committed: bytes, opened: bytes
    ) -> StandingLeaf | None:
        commit, opening = read_commit(committed), read_opening(opened)
        if commit is None or not any(commit.commitment) or not any(commit.evidence_hash):
            return None
        task, round = roll.posted.args["task"], roll.posted.args["round"]
        if not self.is_own(task, round, commit):
            return None
        if opening is None or terms is None:
            return StandingLeaf(roll, position, commit, None)
        context = RoundContext(self.chain_id, self.coordinator, task, round, terms.base, commit.participant)
        good = (
            opening.opens(commit, context, terms.max_weight)
            and self.is_own(task, round, opening)
            and self.was_live(commit.grant_id, commit.participant, terms.purposes, terms.consent_at)
        )
        return StandingLeaf(roll, position, commit, opening if good else None)

    def _consent_at(self, roll: PostedRoll) -> int:
        """Second before Reveal opened: as the contract keeps it of a poster's last roll, by the log of older ones."""
        args = roll.posted.args
        poster = self.call("Coordinator", "posterOf", args["task"], roll.poster)
        if poster["round"] == args["round"]:
            return int(poster["consentAt"])
        turns = self.logged(args["task"], args["round"], ("PhaseChanged",))
        last = [turn for turn in turns if turn.args["phase"] == Phase.REVEAL][-1]
        return opened_at(last, self.logged(names=("Paused",))) - 1

    def _allows_rolls(self, task: int) -> bool:
        """Fixed at a task's creation, so it is asked once."""
        if task not in self._takes_rolls:
            self._takes_rolls[task] = self.task_of(task).enforced.rolled
        return self._takes_rolls[task]

    def is_own(self, task: int, round: int, leaf: CommitLeaf | OpeningLeaf | CommitLetter | OpeningLetter) -> bool:
        """Whether a leaf or letter was signed by its participant itself; what a delegate signs stands in no roll."""
        digest = digest_of(self.chain_id, self.coordinator, leaf.struct_hash(task, round))
        return signer_of(digest, leaf.r, leaf.vs) == leaf.participant

    def _base_of(self, task: int, round: int) -> bytes:
        started = self.logged(task, round, ("RoundStarted",))
        return bytes(started[0].args["baseVersion"])

    def _cohort(self, task: int, round: int, to_block: int | str) -> dict[str, int]:
        """As the contract saw it while the round ran: who enrols again later was in it all the same."""
        ended = self.logged(task, round, ENDED, to_block=to_block)
        return cohort_of(self.logged(task, names=MEMBERSHIP, to_block=ended[0].block if ended else to_block), round)


def by_round(posted: Sequence[Event]) -> dict[tuple[int, int], list[Event]]:
    """Posted roots by task and round, in their order."""
    found: dict[tuple[int, int], list[Event]] = {}
    for event in posted:
        found.setdefault((event.args["task"], event.args["round"]), []).append(event)
    return found


def stands_for(event: Event, leaves: Sequence[StandingLeaf]) -> list[Event]:
    """The events that a posted root stands for, given what stands in its round."""
    return list(_unrolled(event, leaves))


def _unrolled(event: Event, leaves: Sequence[StandingLeaf]) -> Iterator[Event]:
    for leaf in leaves:
        if event.name == "CommitsPosted" and _same(leaf.roll.posted, event):
            yield _committed(event, leaf.commit)
        elif leaf.opening is not None and _same(leaf.roll.opened, event):
            yield _revealed(event, leaf.opening)


def _same(ours: Event | None, theirs: Event) -> bool:
    return ours is not None and _key(ours) == _key(theirs)


def _key(event: Event) -> tuple[bytes, int, int]:
    return event.tx_hash, event.log_index, event.timestamp


def _when(leaf: StandingLeaf) -> tuple[int, int]:
    event = leaf.roll.posted if leaf.opening is None or leaf.roll.opened is None else leaf.roll.opened
    return event.block, event.log_index


def _committed(event: Event, leaf: CommitLeaf) -> Event:
    args = {"commitment": leaf.commitment, "grantId": leaf.grant_id, "evidenceHash": leaf.evidence_hash}
    return _single(event, "UpdateCommitted", leaf, args)


def _revealed(event: Event, leaf: OpeningLeaf) -> Event:
    names = ("payloadRoot", "sealedRoot", "contentKeyHash", "weight", "groundsHash", "salt")
    opening = dict(zip(names, opening_tuple(leaf.opening), strict=True))
    return _single(event, "UpdateRevealed", leaf, {"opening": opening, "uri": leaf.uri.decode("utf-8", "replace")})


def _single(event: Event, name: str, leaf: CommitLeaf | OpeningLeaf, args: dict[str, Any]) -> Event:
    member = {"participant": leaf.participant, "index": leaf.index}
    place = {"task": event.args["task"], "round": event.args["round"]}
    return replace(event, name=name, args={**place, **member, **args})
