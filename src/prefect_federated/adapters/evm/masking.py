"""Masked rounds on chain: who dealt a mask's secrets out, who showed shares of others, and what silence costs.

dealShares -> commitPrivate -> reveal -> showShares      retractShares, slashUnmasked: anybody
"""

from dataclasses import dataclass
from typing import Any

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.budgeting import Budgeting
from prefect_federated.adapters.evm.disputing import Case
from prefect_federated.adapters.evm.membership import cohort_of
from prefect_federated.adapters.evm.records import Event, Sent
from prefect_federated.adapters.evm.structs import opening_tuple, proposal_tuple
from prefect_federated.core.commitment import Opening
from prefect_federated.core.masking.faults import FalseSeed, FalseSharing
from prefect_federated.core.masking.note import MasksNote
from prefect_federated.core.masking.session import Member
from prefect_federated.core.masking.sharing import SELF_SEED
from prefect_federated.core.proofs import Piece
from prefect_federated.core.round import Phase, RoundState


@dataclass(frozen=True, slots=True)
class Dealt:
    """What a participant dealt out in a round: its public masking key, where the transcript lies, under which root."""

    participant: str
    index: int
    grant_id: bytes
    masking_key: bytes
    root: bytes
    uri: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The shares of others that a survivor showed: where they lie under which root."""

    participant: str
    index: int
    root: bytes
    uri: str


@dataclass(frozen=True, slots=True)
class Bound:
    """What a revealed payload says of its masks: its opening, its header under the payload's root, its note."""

    opening: Opening
    header: Piece
    note: MasksNote


@dataclass(frozen=True, slots=True)
class SeedFault:
    """A seed that a payload is bound to and that is not its participant's with `other`; and what shows it."""

    accused: Dealt
    false: FalseSeed
    bound: Bound
    other: Dealt


class Masking(Budgeting):
    """Writes and reads of masked rounds."""

    def deal_shares(self, task: int, round: int, grant_id: bytes, masking_key: bytes, root: bytes, uri: str) -> Sent:
        """Say where the signer's sealed shares lie; in Share."""
        values = (task, round, grant_id, masking_key, root, uri)
        return self._send("Coordinator", "dealShares", *values, name=f"{task}/{round}")

    def show_shares(self, task: int, round: int, root: bytes, uri: str) -> Sent:
        """Say where the signer's shares of others lie; in Unmask, by who revealed."""
        return self._send("Coordinator", "showShares", task, round, root, uri, name=f"{task}/{round}")

    def retract_shares(self, task: int, round: int, dealt: Dealt) -> Sent:
        """Take somebody out whose grant was withdrawn after it dealt its shares; anyone may.

        Raises:
            ConsentError: the grant stands.
            ContractRefused: it committed, or dealt otherwise.
        """
        values = (dealt.participant, dealt.grant_id, dealt.masking_key, dealt.root)
        name = f"{task}/{round}:{dealt.participant}"
        return self._send("Coordinator", "retractShares", task, round, *values, name=name)

    def slash_unmasked(self, task: int, round: int) -> Sent | None:
        """Take the bonds of those who dealt shares and did not go on; anyone may, once the next phase is over.

        Does nothing and returns None where nobody is to be slashed yet.
        """
        if not (owing := self.unmasked(task, round)):
            return None
        return self._send("Coordinator", "slashUnmasked", task, round, owing, once=False)

    def challenge_sharing(self, task: int, round: int, accused: Dealt, false: FalseSharing) -> Sent:
        """Show that somebody dealt shares of another secret than it promised: it loses its bond."""
        held = [(_piece(one.row), one.position, one.share, one.salt) for one in false.held]
        values = (_dealt(accused), _piece(false.head), held, false.role == SELF_SEED)
        name = f"{task}/{round}:{accused.participant}"
        return self._send("Disputes", "challengeSharing", task, round, *values, name=name)

    def challenge_seed(self, task: int, round: int, fault: SeedFault) -> Sent:
        """Show that a payload is bound to another seed than its participant has with `other`: it loses its bond."""
        name = f"{task}/{round}:{fault.accused.participant}"
        return self._send("Disputes", "challengeSeed", task, round, _fault(fault), name=name)

    def challenge_included_seed(self, case: Case, position: int, leaf: Piece, fault: SeedFault) -> Sent:
        """Show the same of an update that the standing proposal includes: its proposer loses its bond."""
        values = (case.task, case.round, proposal_tuple(case.proposal), position, _piece(leaf), _fault(fault))
        return self._send("Disputes", "challengeIncludedSeed", *values)

    # --- reads -----------------------------------------------------------------------------------------

    def struck(self, task: int, round: int) -> set[str]:
        """Who lost its bond in a round for what it dealt or bound there."""
        return {event.args["participant"] for event in self.events(task, round, ("SharingRefuted", "SeedRefuted"))}

    def is_masked(self, task: int) -> bool:
        """Whether nobody sees a single update of a task; fixed at creation, so it is asked once."""
        if task not in self._masked:
            self._masked[task] = self.task_of(task).enforced.masked
        return self._masked[task]

    def has_dealt(self, task: int, round: int, account: str) -> bool:
        """Whether an account has dealt its shares in a round."""
        return self._shares(task, round, account)[0]

    def has_shown(self, task: int, round: int, account: str) -> bool:
        """Whether an account has shown its shares of others."""
        return self._shares(task, round, account)[1]

    def dealers(self, task: int, round: int) -> int:
        """How many the contract counts who dealt in a round; of one that is over, as many as its log shows."""
        masks = self.call("Coordinator", "masksOf", task)
        return int(masks["shared"]) if masks["round"] == round else len(self.dealt(task, round))

    def survives(self, task: int, round: int, account: str) -> bool:
        """Whether an account's opening came in time and still counts."""
        return any(one.participant == account for one in self.reveals(task, round))

    def dealt(self, task: int, round: int) -> list[Dealt]:
        """Who dealt shares in a round, by index; also whoever was taken out since: others have masked with it."""
        found = [
            Dealt(a["participant"], a["index"], bytes(a["grantId"]), bytes(a["maskingKey"]), bytes(a["root"]), a["uri"])
            for a in (event.args for event in self.events(task, round, ("SharesDealt",)))
        ]
        return sorted(found, key=lambda one: one.index)

    def withdrawn_shares(self, task: int, account: str | None = None) -> list[Dealt]:
        """Shares of a task's round whose dealers have not committed, and whose grants are withdrawn: to be taken back.

        Of one account, or of all.
        """
        if not self.is_masked(task):
            return []
        state = self.round_state(task)
        if state.phase not in (Phase.SHARE, Phase.COMMIT, Phase.REVEAL):
            return []
        out = self._taken_back(task, state.round)
        asked = (one for one in self.dealt(task, state.round) if account in (None, one.participant))
        owing = (d for d in asked if d.participant not in out and not self.has_mark(task, state.round, d.participant))
        return [one for one in owing if self.grant_state(one.grant_id).withdrawn_at]

    def _taken_back(self, task: int, round: int) -> set[str]:
        return {event.args["participant"] for event in self.events(task, round, ("SharesRetracted",))}

    def shown_shares(self, task: int, round: int) -> list[Shown]:
        """Who showed shares of others in a round, by index."""
        found = [event.args for event in self.events(task, round, ("SharesShown",))]
        shown = [Shown(args["participant"], args["index"], bytes(args["root"]), args["uri"]) for args in found]
        return sorted(shown, key=lambda one: one.index)

    def masking_members(self, task: int, round: int) -> list[Member]:
        """A round's cohort with the sealing keys that were registered, both as they were when it opened, by index.

        Who leaves, is slashed or enrols anew since then changes nothing: everybody must find the same members.
        """
        started = _place(self.started(task, round))
        keys: dict[str, bytes] = {}
        for event in self.events(names=("Registered", "SealingKeyRotated")):
            if _place(event) < started:
                keys[event.args["participant"]] = bytes(event.args["sealingKey"])
        cohort = cohort_of((event for event in self.membership(task) if _place(event) < started), round)
        members = [Member(index, account, keys[account]) for account, index in cohort.items()]
        return sorted(members, key=lambda one: one.index)

    def masking_seed(self, task: int, round: int) -> bytes:
        """Hash of the block in which a round opened, 32 bytes: fixed with the cohort, known to nobody before.

        Every node gives the same once that block is final, which is why nobody deals before (`deals_from`).
        """
        return bytes.fromhex(rpc.block(self.w3, self.started(task, round).block)["hash"].removeprefix("0x"))

    def deals_from(self, state: RoundState) -> int:
        """Chain time from which shares are dealt in a masked round: its opening is final by then; 0 in other phases."""
        if state.phase is not Phase.SHARE:
            return 0
        return state.opens_at + self.task_of(state.task).enforced.finality_gap

    def unmasked(self, task: int, round: int) -> list[int]:
        """Indices of those who can be slashed now: dealt and did not commit, or revealed and showed nothing."""
        if not self.is_masked(task):
            return []
        state, enforced = self.round_state(task), self.task_of(task).enforced
        if state.round != round or state.phase <= Phase.REVEAL or not state.reveal_deadline:
            return []
        dealt = self.dealt(task, round)
        owing = {one.participant for one in dealt if not self.has_mark(task, round, one.participant)}
        shown = self.call("Coordinator", "masksOf", task)["unmasked"]
        if state.phase > Phase.UNMASK and shown >= max(enforced.threshold, state.cohort // 2 + 1):
            owing |= {one.participant for one in self.reveals(task, round)}
            owing -= {one.participant for one in self.shown_shares(task, round)}
        owing -= self._taken_back(task, round)
        return [d.index for d in dealt if d.participant in owing and self.enrolment(task, d.participant).bonded]

    def _shares(self, task: int, round: int, account: str) -> tuple[bool, bool]:
        index = self._index(task, account)
        if index is None:
            return False, False
        shared, unmasked = self.call("Coordinator", "sharesOf", task, round, index)
        return bool(shared), bool(unmasked)


def _dealt(dealt: Dealt) -> tuple[str, bytes, bytes, bytes]:
    return dealt.participant, dealt.grant_id, dealt.masking_key, dealt.root


def _fault(fault: SeedFault) -> tuple[Any, ...]:
    false, note = fault.false, fault.false.note
    bound = (
        opening_tuple(fault.bound.opening),
        *_piece(fault.bound.header),
        [int.from_bytes(note.bitmap[at : at + 32], "big") for at in range(0, len(note.bitmap), 32)],
        note.root,
        note.hash_of(false.other),
        list(note.path(false.other)),
    )
    return _dealt(fault.accused), _piece(false.head), bound, _dealt(fault.other), false.secret


def _piece(piece: Piece) -> tuple[bytes, list[bytes]]:
    return piece.content, list(piece.path)


def _place(event: Event) -> tuple[int, int]:
    """Where an event lies in the chain."""
    return event.block, event.log_index
