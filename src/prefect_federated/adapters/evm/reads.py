"""What the contracts know, as values with this package's names: the half of the facade that an auditor needs.

view function -> dict -> frozen dataclass
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from prefect_federated.adapters.evm import abi, errors, rpc
from prefect_federated.adapters.evm.calls import ContractCalls
from prefect_federated.adapters.evm.records import Enrolment, Participant, TaskOnChain, TreasuryAccount
from prefect_federated.core.chain_profile import ChainProfile
from prefect_federated.core.consent import GrantState
from prefect_federated.core.enforced import NOBODY, Enforced
from prefect_federated.core.errors import UnknownParticipant
from prefect_federated.core.round import Phase, RoundState, Status

if TYPE_CHECKING:
    from web3 import Web3


class ChainState(ContractCalls):
    """Reads of the contracts' state at the latest block."""

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
        self._indices: dict[tuple[int, str], int] = {}

    # --- participants ----------------------------------------------------------------------------------

    def participant(self, account: str) -> Participant:
        """An account's keys and stake; `registered` is False for a stranger."""
        found = self.call("ParticipantRegistry", "participant", account)
        return Participant(
            account=abi.checksum(account),
            delegate=found["delegate"],
            key_version=found["keyVersion"],
            admitted=found["admitted"],
            registered=found["registered"],
            stake=found["stake"],
            locked=found["locked"],
            unbonding=found["unbonding"],
            unbond_at=found["unbondAt"],
            sealing_key=found["sealingKey"],
        )

    def master_of(self, signer: str) -> str:
        """The participant that a signer is, or acts for.

        Raises:
            UnknownParticipant: it is neither registered nor a delegate.
        """
        return str(self.call("ParticipantRegistry", "masterOf", signer))

    def signs_for(self, signer: str | None, account: str) -> bool:
        """Whether a signature's signer is an account, or its delegate of now; nobody signed what has no signer."""
        if signer is None or signer == account:
            return signer is not None
        try:
            return self.master_of(signer) == account
        except UnknownParticipant:
            return False

    def stake_token(self) -> str:
        """Token of stakes; the zero address is the native one."""
        return str(self.call("ParticipantRegistry", "stakeToken"))

    # --- consent ---------------------------------------------------------------------------------------

    def grant_state(self, grant_id: bytes) -> GrantState:
        """A grant as it stands.

        Raises:
            ConsentError: it is not on chain.
        """
        found = self.call("ConsentLedger", "grantOf", grant_id)
        return GrantState(
            grant_id=grant_id,
            dataset=found["dataset"],
            silo=found["silo"],
            holder=found["holder"],
            purposes=found["purposes"],
            valid_from=found["validFrom"],
            expiry=found["expiry"],
            columns=found["columns"],
            subjects=found["subjects"],
            record=found["record"],
            budget=found["budget"],
            spent=found["spent"],
            withdrawn_at=found["withdrawnAt"],
        )

    def dataset_of(self, dataset: bytes) -> tuple[str, bytes]:
        """Holder and published root of a dataset; the zero address if nobody registered it."""
        holder, root = self.call("ConsentLedger", "datasetOf", dataset)
        return holder, root

    # --- tasks and rounds ------------------------------------------------------------------------------

    def tasks(self) -> int:
        """How many tasks there are; they are numbered from 1."""
        return int(self.call("Coordinator", "tasks"))

    def task_of(self, task: int) -> TaskOnChain:
        """A task with the parameters that the contract enforces.

        Raises:
            SpecError: there is no such task.
        """
        found = self.call("Coordinator", "taskOf", task)
        if not any(found["taskId"]):
            raise errors.sentence("UnknownTask", {"task": task})
        spec_hash, *values = found["params"].values()
        return TaskOnChain(
            task=task,
            task_id=found["taskId"],
            sponsor=found["sponsor"],
            aggregator=found["aggregator"],
            standby=found["standby"],
            aggregator_bonded=found["aggregatorBonded"],
            standby_bonded=found["standbyBonded"],
            enrolled=found["enrolled"],
            indices=found["indices"],
            spec_hash=spec_hash,
            enforced=Enforced(**dict(zip(Enforced.model_fields, values, strict=True))),
        )

    def round_state(self, task: int) -> RoundState:
        """The task's current round, in the phase that holds at the latest block's time.

        `proposer` is the zero address while nobody proposed; before the first round everything is zero.
        """
        found = self.call("Coordinator", "roundOf", task)
        return RoundState(
            task=task,
            round=found["round"],
            phase=Phase(found["phase"]),
            status=Status(found["status"]),
            opens_at=found["opensAt"],
            deadline=found["deadline"],
            reveal_deadline=found["revealDeadline"],
            cohort=found["cohort"],
            committed=found["committed"],
            revealed=found["revealed"],
            late=found["late"],
            slashed=found["slashed"],
            overturned=found["overturned"],
            base_version=found["baseVersion"],
            proposal_hash=found["proposalHash"],
            proposer=found["proposer"],
        )

    def enrolment(self, task: int, participant: str) -> Enrolment:
        """A participant's place in a task; `from_round` is 0 if it never enrolled."""
        found = self.call("Coordinator", "enrolmentOf", task, participant)
        return Enrolment(
            participant=abi.checksum(participant),
            index=found["index"],
            enrolled=found["enrolled"],
            from_round=found["fromRound"],
            until_round=found["untilRound"],
            missed_round=found["missedRound"],
            misses=found["misses"],
            bonded=found["bonded"],
            waits_until=found["waitsUntil"],
        )

    def participant_at(self, task: int, index: int) -> str:
        """Participant with a dense index, from 0."""
        return str(self.call("Coordinator", "participantAt", task, index))

    def in_cohort(self, task: int, round: int, account: str) -> bool:
        """Whether an account belongs to the cohort of a round, past, running or next."""
        return self.enrolment(task, account).in_cohort(round)

    def has_mark(self, task: int, round: int, account: str) -> bool:
        """Whether a commit of an account stands on chain in a round: its own, a relayed one, or a rolled one lifted."""
        index = self._index(task, account)
        return index is not None and bool(self.call("Coordinator", "hasCommitted", task, round, index))

    def has_revealed(self, task: int, round: int, account: str) -> bool:
        """Whether an account committed in a round and owes no opening any more: it revealed, in time or late.

        True also once the bond is forfeit: there is nothing left to open.
        """
        index = self._index(task, account)
        return index is not None and self.has_mark(task, round, account) and not self.owes_opening(task, round, index)

    def foresee_members(self, task: int, round: int, accounts: Sequence[str]) -> None:
        """Within `still`: ask in few messages where these accounts stand in a round."""
        self.foresee("Coordinator", "enrolmentOf", [(task, account) for account in accounts])
        indices = [index for account in accounts if (index := self._index(task, account)) is not None]
        for name in ("hasCommitted", "owesOpening"):
            self.foresee("Coordinator", name, [(task, round, index) for index in indices])

    def owes_opening(self, task: int, round: int, index: int) -> bool:
        """Whether an index committed and has not opened, neither in time nor late, nor lost its bond."""
        return bool(self.call("Coordinator", "owesOpening", task, round, index))

    def reads_until(self, state: RoundState, on_chain: TaskOnChain) -> int:
        """Chain time until which a grant must last for a round, as the contract reckons it; pauses do not add to it."""
        if state.phase in (Phase.SHARE, Phase.COMMIT) and (
            until := int(self.call("Coordinator", "consentUntil", state.task))
        ):
            return until
        return (state.reveal_deadline or state.deadline) + on_chain.enforced.reveal_grace

    def paused_until(self) -> int:
        """Last second of chain time of the pause that is on; 0 if none is. In a pause nobody commits."""
        return int(self.call("Coordinator", "pausedUntil"))

    def _index(self, task: int, account: str) -> int | None:
        """Dense index of an account; it never changes, so it is asked once."""
        if (task, account) not in self._indices:
            place = self.enrolment(task, account)
            if not place.from_round:
                return None
            self._indices[task, account] = place.index
        return self._indices[task, account]

    # --- models and money ------------------------------------------------------------------------------

    def head(self, task: int) -> tuple[bytes, int]:
        """Hash and number of the newest model version."""
        version_hash, number = self.call("ModelRegistry", "head", task)
        return version_hash, number

    def treasury_account(self, task: int) -> TreasuryAccount:
        """A task's escrow and rewards."""
        found = self.call("Treasury", "accountOf", task)
        return TreasuryAccount(
            token=found["token"],
            sponsor=found["sponsor"],
            escrow=found["escrow"],
            reserved=found["reserved"],
            total=found["total"],
            claimed=found["claimed"],
            floors=found["floors"],
            reward_root=found["rewardRoot"],
        )

    def claimed(self, task: int, account: str) -> int:
        """What an account was already paid in a task."""
        return int(self.call("Treasury", "claimedOf", task, account))

    def slashed_funds(self, token: str = NOBODY) -> int:
        """Slashed money that the treasury holds."""
        return int(self.call("Treasury", "slashed", token))

    def balance(self, account: str, token: str = NOBODY) -> int:
        """Native or ERC-20 balance of an account."""
        if token == NOBODY:
            return rpc.balance_of(self.w3, account)
        function = abi.function("TestToken", "balanceOf")
        return int(function.decode(self.output(token, function.encode(account))))
