"""A small consortium for tests: contracts, a sponsor, an aggregator, silos with stake, consent and a task."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.consent import sign_grant
from prefect_federated.adapters.evm.deploy import deploy
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.outbox import Outbox
from prefect_federated.adapters.evm.records import Deployment
from prefect_federated.core.commitment import Grounds, Opening, RoundContext
from prefect_federated.core.consent import Grant
from prefect_federated.core.enforced import NOBODY, Enforced
from prefect_federated.core.proposal import Proposal
from prefect_federated.core.rewards import sum_root

ETHER = 10**18
BOND, REWARD = ETHER, ETHER // 100
SPEC_HASH = hashlib.sha256(b"spec").digest()
GENESIS = hashlib.sha256(b"genesis").digest()


@dataclass
class Silo:
    """One participant: its facade and its grant."""

    federation: Federation
    account: LocalAccount
    grant: bytes

    @property
    def address(self) -> str:
        return str(self.account.address)

    def opening(self, round: int, weight: int = 10) -> Opening:
        def part(name: str) -> bytes:
            return hashlib.sha256(f"{self.address}/{round}/{name}".encode()).digest()

        grounds = Grounds(self.grant, self.evidence(round))
        return Opening(part("payload"), part("sealed"), part("key"), weight, grounds.hash, part("salt"))

    def evidence(self, round: int) -> bytes:
        return hashlib.sha256(f"{self.address}/{round}/evidence".encode()).digest()


class Consortium:
    """Everything that a round needs, on one chain."""

    def __init__(self, devnet: Devnet, folder: Path, silos: int = 2) -> None:
        self.devnet, self.folder = devnet, folder
        self.w3: Web3 = rpc.connect(devnet.url, devnet.chain_id)
        admin = self.account()
        self.admin_outbox = Outbox(folder, self.w3, admin)
        self.deployment: Deployment = deploy(self.w3, admin, self.admin_outbox)
        self.sponsor = self.facade(admin, self.admin_outbox)
        self.sponsor.set_open_admission(True)
        self.aggregator = self.facade(self.account())
        self.join(self.aggregator)
        self.silos = [self.silo(number) for number in range(silos)]
        self.task = self.create_task()

    def account(self) -> LocalAccount:
        made: LocalAccount = Account.create()
        self.devnet.fund(made.address, 100 * ETHER)
        return made

    def facade(self, account: LocalAccount, outbox: Outbox | None = None) -> Federation:
        outbox = outbox or Outbox(self.folder, self.w3, account)
        return Federation(self.w3, self.deployment.coordinator, outbox, from_block=self.deployment.block)

    def join(self, federation: Federation, stake: int = 5 * ETHER) -> None:
        federation.register(hashlib.sha256(federation.signer.encode()).digest())
        federation.deposit(stake)

    def silo(self, number: int, expiry_s: int = 10**7) -> Silo:
        account = self.account()
        federation = self.facade(account)
        self.join(federation)
        dataset = hashlib.sha256(f"{account.address}/{number}".encode()).digest()
        federation.register_dataset(dataset, bytes(32))
        now = federation.chain_time()
        nothing = bytes(32)
        terms = (5, now - 1, now + expiry_s, nothing, nothing, nothing, 0)
        grant = Grant(dataset, account.address, *terms, number, now + 86_400)
        ledger = federation.addresses.consent
        granted = federation.grant(grant, sign_grant(account, ledger, federation.chain_id, grant))
        return Silo(federation, account, granted)

    def enforced(self) -> Enforced:
        return Enforced(
            genesis_root=GENESIS,
            purposes=5,
            commit_window=600,
            reveal_window=600,
            aggregate_window=600,
            challenge_window=60,
            reveal_grace=30,
            finality_gap=0,
            quorum=1,
            max_participants=10,
            max_misses=3,
            max_weight=1000,
            max_rounds=100,
            bond=BOND,
            aggregator_bond=BOND,
            round_reward=REWARD,
            aggregator=self.aggregator.signer,
            standby=NOBODY,
            chunks=2,
            limit=2**20,
            aggregate_header=hashlib.sha256(b"aggregate header").digest(),
        )

    def create_task(self) -> int:
        task = self.sponsor.create_task(self.enforced(), SPEC_HASH, "cas://spec")
        self.sponsor.fund(task, 10 * REWARD)
        self.aggregator.accept_duty(task)
        for silo in self.silos:
            silo.federation.enrol(task)
        return task

    def context(self, silo: Silo, round: int) -> RoundContext:
        state = self.sponsor.round_state(self.task)
        return RoundContext(
            self.sponsor.chain_id, self.deployment.coordinator, self.task, round, state.base_version, silo.address
        )

    def commit(self, silo: Silo, round: int) -> None:
        opening = silo.opening(round)
        digest = opening.digest(self.context(silo, round))
        silo.federation.commit(self.task, round, digest, silo.grant, silo.evidence(round))

    def proposal(self, included: int) -> Proposal:
        cumulative = {self.silos[0].address: REWARD // 2}
        root, total = sum_root(cumulative)
        one = hashlib.sha256(b"model").digest()
        return Proposal(one, one, bytes(32), one, one, root, total, included, 0, 0, b"", "cas://result")
