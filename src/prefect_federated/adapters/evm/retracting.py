"""Consent taken back while a round runs: which commits rest on it, and how they come out.

commits of the running round + ledger --grant withdrawn--> Running --retract | withdrawAndRetract--> out, no bond lost
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from prefect_federated.adapters.evm.records import Event, Sent
from prefect_federated.adapters.evm.releasing import Releasing
from prefect_federated.core.round import Phase

_OPEN = (Phase.COMMIT, Phase.REVEAL)


@dataclass(frozen=True, slots=True)
class Running:
    """A commit on chain that still counts, in a round whose Reveal is not over; and the grant that it rests on."""

    task: int
    round: int
    participant: str
    commitment: bytes
    evidence_hash: bytes
    grant_id: bytes


class Retracting(Releasing):
    """Retractions, by the holder, by the participant or by anybody else."""

    def retract(self, commit: Running) -> Sent:
        """Take a commit out of its round, whose grant was withdrawn; anyone may, until Reveal is over.

        Raises:
            ConsentError: the grant stands.
            ContractRefused: the commit does not stand any more, or another one does.
        """
        values = (commit.participant, commit.commitment, commit.evidence_hash, commit.grant_id)
        name = f"{commit.task}/{commit.round}:{commit.participant}"
        return self._send("Coordinator", "retract", commit.task, commit.round, *values, name=name)

    def withdraw_and_retract(self, grant_id: bytes) -> Sent:
        """Withdraw a grant and take out every running commit under it, in one transaction; by its holder.

        `Sent.events` says what came out (`UpdateRetracted`) and what could not any more (`NotRetracted`).
        """
        return self._send("ConsentLedger", "withdrawAndRetract", grant_id, self._listed(grant_id), name=_hex(grant_id))

    def withdraw_and_retract_by_signature(self, grant_id: bytes, deadline: int, signature: bytes) -> Sent:
        """The same under the signature that a holder gives for a withdrawal; anyone may bring it."""
        values = (grant_id, deadline, signature, self._listed(grant_id))
        return self._send("ConsentLedger", "withdrawAndRetractBySig", *values, name=_hex(grant_id))

    def running_commits(self, grant_id: bytes) -> list[Running]:
        """Commits under a grant that could still be taken out, in all tasks."""
        silo = self.grant_state(grant_id).silo
        standing = (event for task in range(1, self.tasks() + 1) for event in self._standing_commits(task))
        running = map(_running, standing)
        return [one for one in running if one.grant_id == grant_id and one.participant == silo]

    def withdrawn_commits(self, task: int, account: str | None = None) -> list[Running]:
        """Commits of a task's running round whose grants are withdrawn: to be taken out. Of one account, or of all.

        Each grant was live when it was committed under, so one look at the ledger's log since then tells of all.
        """
        standing = list(self._standing_commits(task, account))
        if not standing:
            return []
        since = self.events(names=("ConsentWithdrawn",), from_block=min(event.block for event in standing))
        withdrawn = {bytes(event.args["grantId"]) for event in since}
        return [one for one in map(_running, standing) if one.grant_id in withdrawn]

    # --- inside ----------------------------------------------------------------------------------------

    def _standing_commits(self, task: int, account: str | None = None) -> Iterator[Event]:
        """Those on chain by themselves; what stands in a roll was judged by the second before Reveal."""
        state = self.round_state(task)
        if state.phase not in _OPEN:
            return
        out = self.retracted(task, state.round)
        for event in self.logged(task, state.round, ("UpdateCommitted",)):
            participant = event.args["participant"]
            if participant not in out and account in (None, participant):
                yield event

    def _listed(self, grant_id: bytes) -> list[tuple[Any, ...]]:
        found = self.running_commits(grant_id)
        return [(self.coordinator, one.task, one.round, one.commitment, one.evidence_hash) for one in found]


def _running(event: Event) -> Running:
    args = event.args
    place = (args["task"], args["round"], args["participant"])
    return Running(*place, bytes(args["commitment"]), bytes(args["evidenceHash"]), bytes(args["grantId"]))


def _hex(word: bytes) -> str:
    return "0x" + word.hex()
