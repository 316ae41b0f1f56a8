"""A small federation on a real chain, and the command line as a user has it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from eth_account import Account
from eth_account.signers.local import LocalAccount
from typer.testing import CliRunner
from web3 import Web3

from prefect_federated.adapters.evm import rpc
from prefect_federated.adapters.evm.consent import sign_grant
from prefect_federated.adapters.evm.deploy import deploy
from prefect_federated.adapters.evm.devnet import Devnet, find_anvil
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.outbox import Outbox
from prefect_federated.adapters.keys import SealingKey, create_keystore
from prefect_federated.adapters.payloads import store_model
from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.core.agreement import in_numbers
from prefect_federated.core.commitment import Grounds, Opening, RoundContext
from prefect_federated.core.consent import Grant
from prefect_federated.core.duo import purpose_bits
from prefect_federated.core.enforced import Enforced
from prefect_federated.core.merkle import CHUNK_BYTES
from prefect_federated.core.payload import plain_header
from prefect_federated.core.proposal import Proposal, pack_exclusions
from prefect_federated.core.result import IncludedUpdate, ResultDocument
from prefect_federated.core.round import Reason
from prefect_federated.core.round_spec import header_for
from prefect_federated.core.spec import Column, DataSpec, ModelSpec, PlanSpec, RuleSpec, TaskSpec, Tensor, UpdateSpec
from prefect_federated.core.usage_rights import EVERYTHING, intersection
from tests.cli.commands import PASSWORD, Cli

ROOT = Path(__file__).parents[2]
ETHER = 10**18
SIZE = 6
WINDOWS = {f"{phase}_window": 600 for phase in ("commit", "reveal", "aggregate")} | {"challenge_window": 60}
BOUNDS = {"reveal_grace": 30, "quorum": 1, "max_participants": 10, "max_misses": 3, "max_weight": 1000, "max_rounds": 9}


@dataclass
class Party:
    """An account with its keystore, its sealing key and its view of the contracts."""

    account: LocalAccount
    home: Path
    federation: Federation
    grant: bytes = bytes(32)

    @property
    def address(self) -> str:
        return str(self.account.address)

    @property
    def keystore(self) -> Path:
        return self.home / "keystore.json"

    @property
    def sealing_key(self) -> Path:
        return self.home / "sealing.pem"

    @property
    def options(self) -> list[str]:
        """What a user types to sign as this party."""
        return ["--keystore", str(self.keystore), "--home", str(self.home)]


@dataclass
class SmallFederation:
    """Contracts, a sponsor, an aggregator, silos, and one task whose models lie in a local store."""

    url: str
    folder: Path
    silo_count: int = 3
    parties: dict[str, Party] = field(default_factory=dict)

    def set_up(self) -> "SmallFederation":
        self.w3: Web3 = rpc.connect(self.url)
        self.store = LocalStore(self.folder / "store")
        admin = self.make_account("sponsor")
        deployment = deploy(self.w3, admin, Outbox(self.folder / "sponsor" / "outbox", self.w3, admin))
        self.coordinator, self.block = deployment.coordinator, deployment.block
        (self.folder / "deployment.json").write_text(deployment.to_json())
        for name in ("sponsor", "aggregator", *self.silo_names):
            self.parties[name] = self.party(name, admin if name == "sponsor" else self.make_account(name))
        for name in ("aggregator", *self.silo_names):
            self.join(self.parties[name])
        self.spec = self.make_spec()
        self.task = self.create_task()
        return self

    @property
    def silo_names(self) -> list[str]:
        return [f"silo-{number}" for number in range(self.silo_count)]

    @property
    def silos(self) -> list[Party]:
        return [self.parties[name] for name in self.silo_names]

    @property
    def reader(self) -> Federation:
        return Federation(self.w3, self.coordinator, from_block=self.block)

    @property
    def options(self) -> list[str]:
        """What a user types to name this federation."""
        return ["--chain", self.url, "--coordinator", self.coordinator]

    @property
    def store_address(self) -> str:
        return f"local:{self.folder / 'store'}"

    def make_account(self, name: str) -> LocalAccount:
        made: LocalAccount = Account.create()
        rpc.set_balance(self.w3, made.address, 100 * ETHER)
        create_keystore(self.folder / name / "keystore.json", PASSWORD, bytes(made.key), dev=True)
        return made

    def party(self, name: str, account: LocalAccount) -> Party:
        home = self.folder / name
        outbox = Outbox(home / "outbox", self.w3, account)
        return Party(account, home, Federation(self.w3, self.coordinator, outbox, from_block=self.block))

    def join(self, party: Party) -> None:
        key = SealingKey.generate()
        key.save(party.sealing_key, PASSWORD)
        party.federation.register(key.public_bytes)
        party.federation.deposit(4 * ETHER)
        self.parties["sponsor"].federation.set_admission(party.address, True)
        party.grant = self.consent(party)

    def consent(self, party: Party) -> bytes:
        """A grant by the silo itself, which holds its own data here."""
        federation, now, bits = party.federation, party.federation.chain_time(), purpose_bits(["GRU"])
        dataset = hashlib.sha256(party.address.encode()).digest()
        federation.register_dataset(dataset, bytes(32))
        grant = Grant(dataset, party.address, bits, now - 1, now + 10**8, *[bytes(32)] * 3, 0, 0, now + 86_400)
        ledger, chain_id = federation.addresses.consent, federation.chain_id
        return federation.grant(grant, sign_grant(party.account, ledger, chain_id, grant))

    def make_spec(self, name: str = "small") -> TaskSpec:
        uri, root = store_model(self.store, plain_header("model", SIZE, 16), np.arange(SIZE, dtype=np.int32))
        model = ModelSpec(tensors=(Tensor(name="w", shape=(SIZE,)),), genesis_uri=uri)
        update = UpdateSpec(clip_norm=1.0)
        return TaskSpec(
            name=name,
            purposes=("GRU",),
            data=DataSpec(columns=(Column(name="age", minimum=0, maximum=120),), target="ill", target_values=(0, 1)),
            **{"model": model, "update": update, "plan": PlanSpec(ref="plans:Plan", code_hash=bytes(32))},
            enforced=Enforced(
                genesis_root=root,
                **in_numbers(("GRU",), RuleSpec(), update, model, CHUNK_BYTES),
                **WINDOWS,
                **BOUNDS,
                bond=ETHER,
                **{"aggregator_bond": ETHER, "round_reward": ETHER // 100},
                aggregator=self.parties["aggregator"].address,
            ),
        )

    def create_task(self) -> int:
        sponsor, spec = self.parties["sponsor"].federation, self.spec
        task = sponsor.create_task(spec.enforced, spec.spec_hash, self.store.put([spec.canonical()]))
        sponsor.fund(task, 10 * spec.enforced.round_reward)
        self.parties["aggregator"].federation.accept_duty(task)
        for silo in self.silos:
            silo.federation.enrol(task)
        return task

    # --- a round, stage by stage ---------------------------------------------------------------------

    def open_round(self) -> int:
        self.parties["sponsor"].federation.open_round(self.task)
        return self.reader.round_state(self.task).round

    def opening(self, silo: Party, round: int) -> Opening:
        part = partial(self.part, silo, round)
        grounds = Grounds(silo.grant, part("evidence"))
        return Opening(part("payload"), part("sealed"), part("key"), 10, grounds.hash, part("salt"))

    def part(self, silo: Party, round: int, name: str) -> bytes:
        return hashlib.sha256(f"{silo.address}/{round}/{name}".encode()).digest()

    def commit(self, silo: Party, round: int) -> None:
        base = self.reader.round_state(self.task).base_version
        context = RoundContext(self.reader.chain_id, self.coordinator, self.task, round, base, silo.address)
        opening = self.opening(silo, round)
        silo.federation.commit(
            self.task, round, opening.digest(context), silo.grant, self.part(silo, round, "evidence")
        )

    def reveal(self, silo: Party, round: int) -> None:
        silo.federation.reveal(self.task, round, self.opening(silo, round), "cas://sha256/" + "0" * 64)

    def propose(self, round: int, left_out: dict[str, Reason] | None = None) -> Proposal:
        """Post a result whose documents are really in the store."""
        header, words = header_for(self.spec, "model"), np.full(SIZE, round, dtype=np.int32)
        left_out = left_out or {}
        revealed = {reveal.participant: reveal for reveal in self.reader.reveals(self.task, round)}
        excluded = {revealed[account].index: reason for account, reason in left_out.items()}
        included = [reveal for reveal in revealed.values() if reveal.index not in excluded]
        aggregate_uri, aggregate_root = store_model(self.store, header_for(self.spec, "aggregate"), words)
        model_uri, model_root = store_model(self.store, header, words + 1)
        document = ResultDocument(
            aggregate_uri=aggregate_uri,
            model_uri=model_uri,
            included=tuple(
                IncludedUpdate(participant=r.participant, payload_root=r.opening.payload_root, weight=10)
                for r in included
            ),
            rewards={self.silos[0].address: round * self.spec.enforced.round_reward},
            metrics={"accuracy": 0.9},
        )
        roots = (aggregate_root, model_root, bytes(32), document.included_root, document.metrics_hash)
        grants = self.reader.grants_of(self.task, round)
        rights = intersection(EVERYTHING, self.reader.rights_of(grants[r.participant] for r in included))
        proposal = Proposal(
            *roots,
            *document.reward_root,
            len(included),
            rights.purposes,
            rights.usable_until,
            pack_exclusions(excluded),
            self.store.put([document.to_bytes()]),
        )
        self.parties["aggregator"].federation.propose(self.task, round, proposal)
        return proposal

    def settle(self, round: int) -> None:
        rpc.wait_until(self.w3, self.reader.round_state(self.task).deadline + 1)
        self.parties["aggregator"].federation.settle(self.task, round, self.reader.proposal(self.task, round))

    def whole_round(self) -> int:
        round = self.open_round()
        for silo in self.silos:
            self.commit(silo, round)
        for silo in self.silos:
            self.reveal(silo, round)
        self.propose(round)
        self.settle(round)
        return round


@pytest.fixture
def cli() -> Cli:
    return Cli(CliRunner())


@pytest.fixture(scope="session")
def devnet() -> Iterator[Devnet]:
    """anvil where it is found, else the embedded chain."""
    kind = "anvil" if find_anvil(ROOT) else "eth-tester"
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        running = Devnet.start(prefer=kind)  # type: ignore[arg-type]
    with running:
        yield running


@pytest.fixture(scope="session")
def settled(devnet: Devnet, tmp_path_factory: pytest.TempPathFactory) -> SmallFederation:
    """A federation with two settled rounds; tests only read it."""
    federation = SmallFederation(devnet.url, tmp_path_factory.mktemp("settled")).set_up()
    federation.whole_round()
    federation.whole_round()
    return federation


@pytest.fixture
def fresh(devnet: Devnet, tmp_path: Path) -> SmallFederation:
    """A federation of the test's own, before its first round."""
    return SmallFederation(devnet.url, tmp_path / "federation").set_up()


@pytest.fixture(autouse=True)
def _somewhere_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Commands run in an empty folder, without settings of the developer's."""
    monkeypatch.chdir(tmp_path)
    for name in ("CHAIN", "CHAIN_ID", "COORDINATOR", "DEPLOYMENT", "KEYSTORE", "HOME", "PASSWORD", "FORMER_KEYS"):
        monkeypatch.delenv(f"FEDERATED_{name}", raising=False)
