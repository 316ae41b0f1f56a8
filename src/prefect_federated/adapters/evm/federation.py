"""The contracts as one object: typed reads, and writes that go through the outbox under a name of their own.

federation.commit(task, round, ...) -> calldata -> outbox.send("...:commit:1/3", ...) -> Sent(tx_hash, gas_used, ...)
"""

from collections.abc import Sequence

from prefect_federated.adapters.evm import abi
from prefect_federated.adapters.evm.consent import grant_id
from prefect_federated.adapters.evm.costs import Cost, cost_of
from prefect_federated.adapters.evm.records import Sent, Version
from prefect_federated.adapters.evm.sending import hexed
from prefect_federated.adapters.evm.stewarding import Stewarding
from prefect_federated.adapters.evm.structs import grant_tuple, opening_tuple, proposal_tuple
from prefect_federated.adapters.evm.versions import version_fields
from prefect_federated.core.chains import profile_of_chain
from prefect_federated.core.commitment import Opening
from prefect_federated.core.consent import Grant
from prefect_federated.core.enforced import NOBODY, Enforced
from prefect_federated.core.proposal import Proposal
from prefect_federated.core.rewards import SumNode
from prefect_federated.core.words import encode_words, keccak256


class Federation(Stewarding):
    """One deployment as one signer sees it.

    Each write names its effect, so that a repeat after a crash finds the transaction that was already signed. What
    may be wanted more than once (deposits, ticks, admissions) is signed anew once the earlier one is mined: read
    the chain before you ask for it.
    """

    # --- participants ----------------------------------------------------------------------------------

    def register(self, sealing_key: bytes, delegate: str = NOBODY) -> Sent:
        """Register the signer with its X25519 public key and, if given, a key that may act for it."""
        return self._send("ParticipantRegistry", "register", sealing_key, delegate)

    def deposit(self, amount: int) -> Sent:
        """Add to the signer's stake, in the stake token's smallest unit; an allowance is given where needed."""
        stake = self.participant(self.signer).stake
        value = self._payable(self.stake_token(), "ParticipantRegistry", amount)
        return self._send(
            "ParticipantRegistry", "deposit", amount, value=value, once=False, name=f"{amount} on {stake}"
        )

    def request_unbond(self, amount: int) -> Sent:
        """Begin to take stake out; it can be withdrawn after the unbonding period."""
        return self._send("ParticipantRegistry", "requestUnbond", amount, once=False)

    def withdraw_stake(self) -> Sent:
        """Take out what has finished unbonding."""
        return self._send("ParticipantRegistry", "withdraw", once=False)

    def set_delegate(self, delegate: str) -> Sent:
        """Let another key act for the signer, or none (zero address)."""
        return self._send("ParticipantRegistry", "setDelegate", delegate, once=False)

    def rotate_sealing_key(self, sealing_key: bytes) -> Sent:
        """Register a new X25519 public key; payloads of later rounds are sealed to it."""
        return self._send("ParticipantRegistry", "rotateSealingKey", sealing_key, once=False)

    def set_admission(self, participant: str, admitted: bool) -> Sent:
        """Admit a participant or not; the signer must administer the registry."""
        return self._send("ParticipantRegistry", "setAdmission", participant, admitted, once=False)

    def set_open_admission(self, is_open: bool) -> Sent:
        """Let everybody enrol without admission, or not; the signer must administer the registry."""
        return self._send("ParticipantRegistry", "setOpenAdmission", is_open, once=False)

    # --- governance ------------------------------------------------------------------------------------

    def pause(self, until_s: int) -> Sent:
        """Pause opens, stakes and commits until a second of chain time; the signer must be its guardian."""
        return self._send("Coordinator", "pause", until_s, once=False)

    # --- consent ---------------------------------------------------------------------------------------

    def register_dataset(self, dataset: bytes, root: bytes) -> Sent:
        """Register a dataset that the signer holds."""
        return self._send("ConsentLedger", "registerDataset", dataset, root, name=hexed(dataset))

    def publish_root(self, dataset: bytes, root: bytes) -> Sent:
        """Publish the Merkle root of the dataset's current rows."""
        return self._send("ConsentLedger", "publishRoot", dataset, root, once=False)

    def grant(self, grant: Grant, signature: bytes) -> bytes:
        """Put a signed grant on chain, anyone may; returns its id, 32 bytes."""
        self._send("ConsentLedger", "grant", grant_tuple(grant), signature)
        return grant_id(self.addresses.consent, self.chain_id, grant)

    def withdraw_grant(self, grant_id: bytes) -> Sent:
        """Withdraw a grant and nothing else, by its holder; `withdraw_and_retract` takes running commits out too."""
        return self._send("ConsentLedger", "withdraw", grant_id)

    def set_subjects(self, grant_id: bytes, subjects: bytes) -> Sent:
        """Replace the root of the subjects that a grant covers; the signer must be its holder."""
        return self._send("ConsentLedger", "setSubjects", grant_id, subjects, once=False)

    # --- tasks -----------------------------------------------------------------------------------------

    def create_task(
        self, enforced: Enforced, spec_hash: bytes, spec_uri: str, label: str = "", short_gap: bool = False
    ) -> int:
        """Create a task sponsored by the signer; returns its number.

        The same parameters make the same task again only under another `label`.

        Raises:
            SpecError: the finality gap is shorter than the chain's finality, and `short_gap` does not accept that.
        """
        known = self.profile or profile_of_chain(self.chain_id)
        if known is not None and not short_gap:
            known.check_gap(enforced.finality_gap)
        params = enforced.to_params(spec_hash)
        name = f"{hexed(keccak256(encode_words(*params)))}{label}"
        sent = self._send("Coordinator", "createTask", params, spec_uri, name=name)
        return int(sent.event("TaskCreated").args["task"])

    def task_cost(self, enforced: Enforced, spec_hash: bytes, spec_uri: str) -> Cost:
        """What `create_task` would cost now; nothing is sent."""
        data = abi.function("Coordinator", "createTask").encode(enforced.to_params(spec_hash), spec_uri)
        return cost_of(self.w3, self.profile, "createTask", self.signer, self.coordinator, data)

    def fund(self, task: int, amount: int) -> Sent:
        """Pay into a task's escrow, in its token's smallest unit; an allowance is given where needed."""
        account = self.treasury_account(task)
        value = self._payable(account.token, "Treasury", amount)
        held = account.escrow + account.reserved + account.total
        return self._send("Treasury", "fund", task, amount, value=value, once=False, name=f"{task}:{amount} on {held}")

    def refund_escrow(self, task: int, amount: int) -> Sent:
        """Take unused escrow back; the signer must be the sponsor."""
        return self._send("Treasury", "refundEscrow", task, amount, once=False)

    def appoint(self, task: int, aggregator: str, standby: str) -> Sent:
        """Name who aggregates; between rounds, by the sponsor."""
        return self._send("Coordinator", "appoint", task, aggregator, standby, once=False)

    def accept_duty(self, task: int) -> Sent:
        """Lock the duty bond as the task's aggregator or standby."""
        return self._send("Coordinator", "acceptDuty", task, once=False)

    def resign_duty(self, task: int) -> Sent:
        """Give the duty back and unlock its bond; between rounds."""
        return self._send("Coordinator", "resignDuty", task, once=False)

    def rollback(self, task: int, path: Sequence[Version], uri: str = "") -> Sent:
        """Make an older version the newest; `path` leads from the head back to it."""
        steps = [version_fields(version) for version in path]
        return self._send("Coordinator", "rollback", task, steps, uri, name=f"{task}:{hexed(path[0].version_hash)}")

    def enrol(self, task: int) -> Sent:
        """Join a task from its next round on; locks the bond."""
        return self._send("Coordinator", "enrol", task, once=False)

    def leave(self, task: int) -> Sent:
        """Leave a task from its next round on."""
        return self._send("Coordinator", "leave", task, once=False)

    def release_bond(self, task: int, participant: str) -> Sent:
        """Unlock the bond of somebody who left, after the round it was in; anyone may."""
        return self._send("Coordinator", "releaseBond", task, participant, once=False)

    # --- rounds ----------------------------------------------------------------------------------------

    def open_round(self, task: int) -> Sent:
        """Open a task's next round, by the sponsor; the number it will have names the effect."""
        return self._send("Coordinator", "openRound", task, name=f"{task}/{self.round_state(task).round + 1}")

    def commit(self, task: int, round: int, commitment: bytes, grant_id: bytes, evidence_hash: bytes) -> Sent:
        """Put a commitment on chain."""
        values = (task, round, commitment, grant_id, evidence_hash)
        return self._send("Coordinator", "commit", *values, name=f"{task}/{round}")

    def reveal(self, task: int, round: int, opening: Opening, uri: str) -> Sent:
        """Open the signer's commitment and say where the sealed payload lies."""
        fields = opening_tuple(opening)
        return self._send("Coordinator", "reveal", task, round, fields, uri, name=f"{task}/{round}")

    def slash_silent(self, task: int, round: int) -> Sent | None:
        """Take the bonds of those who committed and did not reveal; anyone may, once the grace is over.

        Does nothing and returns None where nobody owes an opening or can still give one.
        """
        state, rolled = self.round_state(task), self.rolled_of(task)
        left = state.committed - rolled.unowed - state.revealed - state.late - state.slashed
        if state.round != round or left <= 0 or not state.reveal_deadline:
            return None
        grace = self.task_of(task).enforced.reveal_grace
        if self.chain_time() <= state.reveal_deadline + grace:
            return None
        return self._send("Coordinator", "slashSilent", task, round, self.silent(task, round), once=False)

    def note_absent(self, task: int, round: int) -> Sent | None:
        """Note who of a round's cohort did not commit; anyone may, from the end of Commit until the next round opens.

        Who was noted in `max_misses` rounds in a row is un-enrolled. Does nothing and returns None where nobody is to
        be noted, the task un-enrols nobody, or the round had rolls, whose members have no marks.
        """
        if not self.task_of(task).enforced.max_misses or self.rolled_of(task).rolls:
            return None
        if not (absent := self.absent(task, round)):
            return None
        return self._send("Coordinator", "noteAbsent", task, round, absent, once=False)

    def propose(self, task: int, round: int, proposal: Proposal) -> Sent:
        """Post a round's result as aggregator or standby."""
        return self._send("Coordinator", "propose", task, round, proposal_tuple(proposal), name=f"{task}/{round}")

    def settle(self, task: int, round: int, proposal: Proposal) -> Sent:
        """Close a round after its challenge window; anyone may."""
        return self._send("Coordinator", "settle", task, round, proposal_tuple(proposal), name=f"{task}/{round}")

    def tick(self, task: int) -> Sent:
        """Let the chain notice that a deadline has passed; anyone may."""
        return self._send("Coordinator", "tick", task, once=False)

    def claim(self, task: int, account: str, cumulative: int, proof: Sequence[SumNode]) -> Sent:
        """Pay out what an account earned, up to `cumulative`; anyone may."""
        nodes = [(node.hash, node.total, node.left) for node in proof]
        return self._send(
            "Treasury", "claim", task, account, cumulative, nodes, name=f"{task}:{account}:{cumulative}", once=False
        )

    def withdraw_slashed(self, token: str, to: str, amount: int) -> Sent:
        """Pay slashed money out; the signer must administer the treasury."""
        return self._send("Treasury", "withdrawSlashed", token, to, amount, once=False)
