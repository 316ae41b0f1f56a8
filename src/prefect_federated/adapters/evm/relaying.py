"""Commits and openings of many participants in one transaction: signing them, bringing them, reading what was skipped.

letters -> commitMany | revealMany -> one event for all that count, one for each entry that was skipped
"""

from collections.abc import Sequence
from typing import Protocol

from prefect_federated.adapters.evm.compact_signatures import digest_of, sign_compactly, signer_of
from prefect_federated.adapters.evm.recording import Recording
from prefect_federated.adapters.evm.records import Sent
from prefect_federated.adapters.evm.relay_sentences import SKIPS
from prefect_federated.adapters.evm.structs import opening_tuple
from prefect_federated.core.commitment import Opening
from prefect_federated.core.letters import CommitLetter, OpeningLetter, location_hash

SKIPPING = ("CommitSkipped", "RevealSkipped", "DealingSkipped", "ShownSkipped")


class Signed(Protocol):
    """A letter with a signature."""

    @property
    def participant(self) -> str:
        """Whose letter it is."""
        ...

    @property
    def r(self) -> bytes:
        """Half of the signature."""
        ...

    @property
    def vs(self) -> bytes:
        """The other half, as in EIP-2098."""
        ...

    def struct_hash(self, task: int, round: int) -> bytes:
        """EIP-712 struct hash of what is signed."""
        ...


class Granted(Protocol):
    """A letter that rests on a grant."""

    @property
    def participant(self) -> str:
        """Whose letter it is."""
        ...

    @property
    def grant_id(self) -> bytes:
        """The grant."""
        ...


class Relaying(Recording):
    """Batches, and what they need to know beforehand."""

    def sign_commit(self, task: int, round: int, commitment: bytes, grant_id: bytes, evidence: bytes) -> CommitLetter:
        """The signer's commit as a letter that anybody may bring; nothing is sent."""
        nothing = bytes(32)
        unsigned = CommitLetter(
            participant=self.account,
            commitment=commitment,
            grant_id=grant_id,
            evidence_hash=evidence,
            r=nothing,
            vs=nothing,
        )
        r, vs = sign_compactly(self._signing().account, self._digest(unsigned.struct_hash(task, round)))
        return unsigned.model_copy(update={"r": r, "vs": vs})

    def sign_opening(self, task: int, round: int, opening: Opening, uri: str) -> OpeningLetter:
        """The signer's opening as a letter that anybody may bring, signed for where the payload lies."""
        digest = self._digest(location_hash(task, round, self.account, uri))
        return OpeningLetter.of(self.account, opening, uri, *sign_compactly(self._signing().account, digest))

    def is_signed(self, task: int, round: int, letter: Signed) -> bool:
        """Whether a letter was signed by its participant, or by the participant's delegate of now."""
        signer = signer_of(self._digest(letter.struct_hash(task, round)), letter.r, letter.vs)
        return self.signs_for(signer, letter.participant)

    def live_grants(self, task: int, letters: Sequence[Granted]) -> list[bool]:
        """For each letter, whether its grant covers the task to the end of the current round's Reveal."""
        state, on_chain = self.round_state(task), self.task_of(task)
        grants, silos = [letter.grant_id for letter in letters], [letter.participant for letter in letters]
        until = self.reads_until(state, on_chain)
        words = self.call("ConsentLedger", "liveMany", grants, silos, on_chain.enforced.purposes, until)
        return [bool(words[place // 256] >> place % 256 & 1) for place in range(len(letters))]

    def commit_many(self, task: int, round: int, letters: Sequence[CommitLetter]) -> Sent:
        """Commit for many; anyone may. The same batch is sent once."""
        return self._send("Coordinator", "commitMany", task, round, [_signed(letter) for letter in letters])

    def reveal_many(self, task: int, round: int, letters: Sequence[OpeningLetter]) -> Sent:
        """Open for many; anyone may. The same batch is sent once."""
        batch = []
        for letter in letters:
            index = self._index(task, letter.participant)
            batch.append((index, letter.participant, opening_tuple(letter.opening), letter.r, letter.vs, letter.uri))
        return self._send("Coordinator", "revealMany", task, round, batch)

    def challenge_equivocation(self, task: int, round: int, first: CommitLetter, second: CommitLetter) -> Sent:
        """Show two commitments that one participant signed for the current round: it loses the bond."""
        return self._send("Coordinator", "challengeEquivocation", task, round, _signed(first), _signed(second))

    def _digest(self, struct_hash: bytes) -> bytes:
        return digest_of(self.chain_id, self.coordinator, struct_hash)


def skipped(sent: Sent) -> dict[str, str]:
    """Why entries of a batch had no effect: a sentence by participant."""
    found = {}
    for event in sent.events:
        if event.name in SKIPPING:
            account = event.args["participant"]
            found[account] = f"participant {account} {SKIPS[event.args['reason']]}"
    return found


def _signed(letter: CommitLetter) -> tuple[str, bytes, bytes, bytes, bytes, bytes]:
    values = (letter.commitment, letter.grant_id, letter.evidence_hash, letter.r, letter.vs)
    return (letter.participant, *values)
