"""What the event log tells beyond the state: openings, proposals, versions, who was in which cohort.

eth_getLogs over the contracts -> Event -> the record that it stands for
"""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING

from prefect_federated.adapters.evm.kept_rolls import KeptRolls
from prefect_federated.adapters.evm.membership import MEMBERSHIP
from prefect_federated.adapters.evm.records import Event, Reveal, Version
from prefect_federated.adapters.evm.versions import check_versions, version_of
from prefect_federated.core.chain_profile import ChainProfile
from prefect_federated.core.commitment import Opening
from prefect_federated.core.errors import ChainUnreachable, ProtocolError, UnknownParticipant
from prefect_federated.core.pay import ShownVote
from prefect_federated.core.proposal import Proposal
from prefect_federated.core.round import Phase
from prefect_federated.core.usage_rights import UsageRights

if TYPE_CHECKING:
    from web3 import Web3

Place = tuple[int, int]  # of an event: block, log index


class ChainHistory(KeptRolls):
    """Reads of state and events: everything an auditor needs."""

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
        self._versions: dict[int, list[Version]] = {}
        self._spec_uris: dict[int, str] = {}
        self._masked: dict[int, bool] = {}
        self._rights: dict[bytes, UsageRights] = {}
        self._sealing_keys: dict[str, list[tuple[bytes, Place]]] = {}

    def spec_uri(self, task: int) -> str:
        """Where the sponsor put the task's spec; fixed at creation.

        Raises:
            ProtocolError: there is no such task.
        """
        if task not in self._spec_uris:
            created = self.events(task, names=("TaskCreated",))
            if not created:
                raise ProtocolError(f"task {task} was not created at {self.coordinator}; check the task number")
            self._spec_uris[task] = created[0].args["specUri"]
        return self._spec_uris[task]

    def started(self, task: int, round: int) -> Event:
        """The event that opened a round.

        Raises:
            ChainUnreachable: the node does not show it, though its state may be of that round already.
        """
        found = self.events(task, round, ("RoundStarted",))
        if not found:
            raise ChainUnreachable(f"the node shows no opening of round {task}/{round}; ask again, or another node")
        return found[0]

    def sealing_keys(self, account: str) -> list[tuple[bytes, Place]]:
        """Public sealing keys of an account, 32 bytes each, in order, each with the place of its event; the last holds.

        Read again only when the registry has another last one.
        """
        now = self.participant(account)
        known = self._sealing_keys.get(account, [])
        if now.registered and len(known) != now.key_version:
            events = self.events(names=("Registered", "SealingKeyRotated"))
            mine = (event for event in events if event.args["participant"] == account)
            known = [(bytes(one.args["sealingKey"]), (one.block, one.log_index)) for one in mine]
            self._sealing_keys[account] = known
        return list(known)

    def held_key(self, account: str, key: bytes, task: int, round: int) -> bool:
        """Whether a public sealing key was still an account's when a round opened, or became so later."""
        keys = self.sealing_keys(account)
        if keys and keys[-1][0] == key:
            return True
        ends = [after for (one, _), (_, after) in pairwise(keys) if one == key]
        started = self.events(task, round, ("RoundStarted",)) if ends else []
        return bool(started) and (started[0].block, started[0].log_index) < max(ends)

    def membership(self, task: int) -> list[Event]:
        """Who joined and left a task, in order: `Enrolled` with `fromRound`, `Left` with `untilRound`."""
        return self.events(task, names=MEMBERSHIP)

    def grants_of(self, task: int, round: int) -> dict[str, bytes]:
        """Grant under which each participant's update stands committed in a round, 32 bytes by account."""
        committed = self.events(task, round, ("UpdateCommitted",))
        return {event.args["participant"]: bytes(event.args["grantId"]) for event in committed}

    def rights_of(self, grant_ids: Iterable[bytes]) -> list[UsageRights]:
        """What each of these grants gives; nothing that happens later changes it, so it is asked once.

        Raises:
            ConsentError: one is not on chain.
        """
        asked = list(grant_ids)
        for grant_id in asked:
            if grant_id not in self._rights:
                state = self.grant_state(grant_id)
                self._rights[grant_id] = UsageRights(state.purposes, state.expiry)
        return [self._rights[grant_id] for grant_id in asked]

    def commitment_of(self, task: int, round: int, account: str) -> bytes:
        """The commitment that an account sent in a round, 32 bytes.

        Raises:
            UnknownParticipant: it sent none.
        """
        for event in self.events(task, round, ("UpdateCommitted",)):
            if event.args["participant"] == account:
                return bytes(event.args["commitment"])
        raise UnknownParticipant(f"participant {account} has no commitment in round {task}/{round}; commit first")

    def reveals(self, task: int, round: int) -> list[Reveal]:
        """Openings that came in time in a round and count, by index."""
        events = self.events(task, round, ("UpdateRevealed", "UpdateStale"))
        behind = {event.args["participant"]: event.args["behind"] for event in events if event.name == "UpdateStale"}
        found = [_reveal(event, behind) for event in events if event.name == "UpdateRevealed"]
        out = self.retracted(task, round)
        return sorted((one for one in found if one.participant not in out), key=lambda reveal: reveal.index)

    def retracted(self, task: int, round: int) -> dict[str, str]:
        """Accounts whose consent was withdrawn in a round, and in which stage, "commit" or "reveal", they came out."""
        return retractions(self.logged(task, round, ("PhaseChanged", "UpdateRetracted")))

    def shown_votes(self, task: int, round: int) -> list[ShownVote]:
        """Votes that a round's committee showed, by seat, with the scores where the task pays by them."""
        found = self.events(task, round, ("VoteRevealed", "ScoresShown"))
        scores = {event.args["seat"]: bytes(event.args["scores"]) for event in found if event.name == "ScoresShown"}
        shown = [event.args for event in found if event.name == "VoteRevealed"]
        votes = [ShownVote(args["member"], args["seat"], scores.get(args["seat"], b"")) for args in shown]
        return sorted(votes, key=lambda vote: vote.seat)

    def proposal(self, task: int, round: int) -> Proposal:
        """What stands proposed as a round's result, or was settled.

        Raises:
            ProtocolError: nothing was proposed, or what was is overturned.
        """
        return Proposal(*self._standing(task, round).args["proposal"].values())

    def proposer(self, task: int, round: int) -> str:
        """Who made the proposal that stands, or was settled.

        Raises:
            ProtocolError: nothing was proposed, or what was is overturned.
        """
        return str(self._standing(task, round).args["proposer"])

    def fallen(self, task: int, round: int) -> list[str]:
        """Accounts whose proposals in this round were proven wrong, in order."""
        return [event.args["proposer"] for event in self.events(task, round, ("ProposalOverturned",))]

    def _standing(self, task: int, round: int) -> Event:
        found = self.events(task, round, ("RoundAggregated", "ProposalOverturned"))
        if not found or found[-1].name != "RoundAggregated":
            was = "its proposal was proven wrong" if found else "it has no proposal"
            raise ProtocolError(f"round {task}/{round}: {was}; wait for its aggregator or the standby")
        return found[-1]

    def silent(self, task: int, round: int) -> list[int]:
        """Indices of those who committed in a round and owe the opening, in order."""
        committed = self.events(task, round, ("UpdateCommitted",))
        indices = sorted(event.args["index"] for event in committed)
        return [index for index in indices if self.owes_opening(task, round, index)]

    def absent(self, task: int, round: int) -> list[int]:
        """Indices of a round's cohort that did not commit and are not noted as absent yet, in order."""
        state = self.round_state(task)
        if state.round != round or state.committed == state.cohort:
            return []
        there = self.events(task, round, ("UpdateCommitted", "SharesDealt"))
        committed = {event.args["index"] for event in there}
        left = (index for index in range(self.task_of(task).indices) if index not in committed)
        places = (self.enrolment(task, self.participant_at(task, index)) for index in left)
        return [place.index for place in places if place.in_cohort(round) and place.missed_round != round]

    def versions(self, task: int) -> list[Version]:
        """All model versions of a task, from genesis on, checked link by link up to the head on chain.

        Raises:
            SpecMismatch: the log does not hash to the head; another node may tell the truth.
        """
        head, number = self.head(task)
        known = self._versions.get(task, [])
        if not known or known[-1].version_hash != head:
            appended = self.events(task, names=("VersionAppended",))[: number + 1]
            known = [version_of(event) for event in appended]
            check_versions(known, self.chain_id, self.addresses.models, head)
            self._versions[task] = known
        return list(known)


def _reveal(event: Event, behind: Mapping[str, int]) -> Reveal:
    args = event.args
    opening = Opening(*args["opening"].values())
    return Reveal(args["participant"], args["index"], opening, args["uri"], behind.get(args["participant"], 0))


def retractions(events: Iterable[Event]) -> dict[str, str]:
    """Who was retracted, and in which stage, "commit" or "reveal", by the events of a round in order."""
    stage, found = "commit", dict[str, str]()
    for event in events:
        if event.name == "UpdateRetracted":
            found[event.args["participant"]] = stage
        elif event.name == "PhaseChanged":
            stage = "commit" if event.args["phase"] == Phase.COMMIT else "reveal"
    return found
