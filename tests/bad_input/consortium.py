"""A small consortium on a real chain: silos with a table of two columns, grants of any kind, tasks of any kind.

Consortium(devnet.url, folder) --silo(name, ...)--> Silo block --task([...])--> a task they are enrolled in
"""

import hashlib
import shutil
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import eth_account
import numpy as np
from eth_account.signers.local import LocalAccount
from pandas import DataFrame

from prefect_federated.adapters.data.root import frame_root
from prefect_federated.adapters.data.sources import FileSource
from prefect_federated.adapters.evm.consent import sign_grant
from prefect_federated.adapters.evm.deploy import deploy
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.outbox import Outbox
from prefect_federated.adapters.evm.rpc import chain_id_of, connect, set_balance
from prefect_federated.adapters.payloads import store_model
from prefect_federated.adapters.policy_file import sign_policy
from prefect_federated.adapters.record_file import read_record, write_record
from prefect_federated.blocks import Aggregator, EvmChain, LocalStore, Silo, Sponsor
from prefect_federated.core.agreement import in_numbers
from prefect_federated.core.consent import ConsentRecord, Grant, columns_digest, subjects_root
from prefect_federated.core.consent_template import EXAMPLE, GrantDraft, draft_document
from prefect_federated.core.data_use import Terms, UseSpec
from prefect_federated.core.duo import purpose_bits
from prefect_federated.core.enforced import Enforced
from prefect_federated.core.merkle import CHUNK_BYTES
from prefect_federated.core.payload import plain_header
from prefect_federated.core.policy import Policy
from prefect_federated.core.spec import Column, DataSpec, ModelSpec, PlanSpec, RuleSpec, TaskSpec, Tensor, UpdateSpec
from prefect_federated.learning.plan import code_hash
from prefect_federated.scenario.accounts import Account, make_account

ETHER = 10**18
OFFICER: LocalAccount = eth_account.Account.from_key(bytes([7]) * 32)  # signs the rules of silos that have a file
COLUMNS = ("age", "dose", "ill")
ROWS = 30
WINDOW_S, GRACE_S = 600, 60
SIZE = 3  # numbers in the model
LIMIT = 2**24  # largest word of an update
MIN_ROWS = 10
USE = UseSpec(countries=("DE",))


def table(seed: int = 0) -> DataFrame:
    """Thirty adults, about half of them ill."""
    rng = np.random.default_rng(seed)
    return DataFrame(
        {
            "subject": [f"subject-{number:06d}" for number in range(ROWS)],
            "age": rng.integers(18, 90, ROWS).astype(float),
            "dose": rng.uniform(0, 50, ROWS).round(1),
            "ill": [number % 2 for number in range(ROWS)],
        }
    )


@dataclass
class Consortium:
    """Contracts, a sponsor, an aggregator and a standby on duty; silos and tasks are added as a test needs them."""

    url: str
    folder: Path
    accounts: dict[str, Account] = field(default_factory=dict)
    grants: dict[str, bytes] = field(default_factory=dict)
    _opened: dict[str, Federation] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.plan = self.folder / "plan.py"
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(Path(__file__).with_name("logistic.py"), self.plan)
        self.w3 = connect(self.url)
        sponsor = self.account("sponsor").signer
        made = deploy(self.w3, sponsor.account(), Outbox(sponsor.outbox_folder(), self.w3, sponsor.account()))
        self.chain = EvmChain(
            rpc_url=self.url, chain_id=chain_id_of(self.w3), coordinator=made.coordinator, deployed_block=made.block
        )
        for name in ("aggregator", "standby"):
            self.register(name)

    @property
    def store(self) -> LocalStore:
        return LocalStore(root=self.folder / "store")

    @property
    def reader(self) -> Federation:
        """The federation, read-only."""
        return self._opened.setdefault("", self.chain.connect())

    @property
    def plan_ref(self) -> str:
        return f"{self.plan}:Logistic"

    @cached_property
    def plan_hash(self) -> bytes:
        """Hash of the plan as everybody reviewed it."""
        return code_hash(self.plan_ref)

    @property
    def readers(self) -> list[str]:
        return [self.accounts[role].address for role in ("aggregator", "standby")]

    # --- parties -------------------------------------------------------------------------------------

    def account(self, name: str) -> Account:
        """An account with a keystore and a purse, made when it is first asked for."""
        if name not in self.accounts:
            self.accounts[name] = make_account(self.folder / "keys", 0, name)
            set_balance(self.w3, self.accounts[name].address, 100 * ETHER)
        return self.accounts[name]

    def as_(self, name: str) -> Federation:
        """The federation as one of the accounts."""
        if name not in self._opened:
            self._opened[name] = self.chain.connect(self.account(name).signer)
        return self._opened[name]

    def register(self, name: str, stake: int = 10 * ETHER, admitted: bool = True) -> Federation:
        """Register an account with a stake, and admit it."""
        federation = self.as_(name)
        federation.register(self.account(name).signer.open_sealing_key().public_bytes)
        if stake:
            federation.deposit(stake)
        if admitted:
            self.as_("sponsor").set_admission(self.account(name).address, True)
        return federation

    def ruled(self, name: str, **rules: Any) -> Silo:
        """A silo whose rules are a file that the officer signed; beside these it approves the plan and the readers."""
        self.silo(name)
        said = {"approved_plans": ("0x" + self.plan_hash.hex(),), "readers": tuple(self.readers), **rules}
        signed = sign_policy(OFFICER, self.account(name).address, 1, Policy.model_validate(said))
        path = self.folder / "silos" / name / "policy.json"
        path.write_bytes(signed.to_bytes())
        return self.block(name, approved_plans=[], readers=[], policy_file=path, policy_signer=OFFICER.address)

    def silo(self, name: str, frame: DataFrame | None = None, **settings: Any) -> Silo:
        """A silo with data, a stake and a grant that covers everything; settings are those of its block."""
        self.register(name)
        data = self.folder / "silos" / name / "data.csv"
        data.parent.mkdir(parents=True)
        (table(len(self.accounts)) if frame is None else frame).to_csv(data, index=False)
        self.consent(name)
        return self.block(name, **settings)

    def block(self, name: str, **settings: Any) -> Silo:
        """The block of a silo that is there; settings are those of its block."""
        data = self.folder / "silos" / name / "data.csv"
        return Silo(**{**self._party(name), **self._policy(data), **settings})

    def consent(self, name: str, **changes: Any) -> bytes:
        """A grant by the silo's own account, put on chain and recorded in the silo; `changes` are the grant's."""
        federation, signer = self.as_(name), self.account(name).signer.account()
        secret = hashlib.sha256(f"{name}{sorted(changes)}".encode()).digest()
        columns, subjects = changes.pop("columns", COLUMNS), changes.pop("subjects", tuple(table().subject))
        said: Terms | None = changes.pop("terms", None)
        federation.register_dataset(secret, self.root(name, secret))
        now_s = federation.chain_time()
        silo, expiry = self.account(name).address, changes.get("expiry", now_s + 10**8)
        draft = GrantDraft(secret, silo, silo, columns, said, 0, expiry) if said else None
        document = draft_document(EXAMPLE, draft, now_s, str(uuid.UUID(int=1))) if draft else None
        terms: dict[str, Any] = {
            "dataset": secret,
            "silo": silo,
            "purposes": said.bits if said else purpose_bits(("HMB",)),
            "valid_from": now_s - 1,
            "expiry": expiry,
            "columns": columns_digest(secret, columns),
            "subjects": subjects_root(secret, subjects),
            "record": document.digest(secret) if document else bytes(32),
            "budget": 0,
            "nonce": int.from_bytes(secret[:8], "big"),
            "deadline": now_s + 86_400,
        }
        grant = Grant(**(terms | changes))
        signature = sign_grant(signer, federation.addresses.consent, federation.chain_id, grant)
        granted = self.grants[name] = federation.grant(grant, signature)
        self.keep(name, ConsentRecord(granted, secret, columns, subjects, document))
        return granted

    def keep(self, name: str, record: ConsentRecord) -> None:
        """Put a record into the silo."""
        write_record(self.record(name), record, self.account(name).signer.open_sealing_key().public_bytes)

    def kept(self, name: str) -> ConsentRecord:
        """The record in the silo."""
        return read_record(self.record(name), self.account(name).signer.open_sealing_key())

    def root(self, name: str, secret: bytes) -> bytes:
        """Dataset root of what lies in the silo's folder."""
        return frame_root(FileSource(self.folder / "silos" / name / "data.csv").read(), "subject", secret)

    def publish(self, name: str) -> None:
        """Put the root of a silo's data on chain again, after they changed."""
        record = self.kept(name)
        dataset = self.reader.grant_state(record.grant_id).dataset
        self.as_(name).publish_root(dataset, self.root(name, record.secret))

    def record(self, name: str) -> Path:
        """The silo's consent record."""
        return self.folder / "silos" / name / "consent.json"

    def sponsor(self) -> Sponsor:
        return Sponsor(**self._party("sponsor"))

    def aggregator(self) -> Aggregator:
        return Aggregator(**self._party("aggregator"))

    def _party(self, name: str) -> dict[str, Any]:
        return {"label": name, "chain": self.chain, "signer": self.account(name).signer, "store": self.store}

    def _policy(self, data: Path) -> dict[str, Any]:
        return {
            "data": data,
            "consent_record": data.with_name("consent.json"),
            "approved_plans": ["0x" + self.plan_hash.hex()],
            "readers": self.readers,
        }

    # --- tasks ---------------------------------------------------------------------------------------

    def task(self, names: list[str], spec_hash: bytes | None = None, **on_chain: int) -> int:
        """A funded task that these silos are enrolled in.

        Args:
            spec_hash: what the chain says instead of the hash of the spec that is stored.
            on_chain: parameters that the chain enforces instead of the spec's.
        """
        spec, sponsor = self.spec(), self.as_("sponsor")
        enforced = spec.enforced.model_copy(update=on_chain)
        uri = self.store.open().put([spec.canonical()])
        label = str(self.reader.tasks())
        task = sponsor.create_task(enforced, spec_hash or spec.spec_hash, uri, label)
        sponsor.fund(task, 10 * enforced.round_reward)
        for role in ("aggregator", "standby"):
            self.as_(role).accept_duty(task)
        for name in names:
            self.as_(name).enrol(task)
        return task

    def spec(self) -> TaskSpec:
        """What the silos agree to."""
        uri, root = store_model(self.store.open(), plain_header("model", SIZE, 16), np.zeros(SIZE, np.int32))
        columns = (Column(name="age", minimum=0, maximum=120), Column(name="dose", minimum=0, maximum=100))
        model = ModelSpec(tensors=(Tensor(name="w", shape=(2,)), Tensor(name="b", shape=(1,))), genesis_uri=uri)
        update = UpdateSpec(clip_norm=1.0, limit=LIMIT)
        return TaskSpec(
            name="ward",
            purposes=("HMB",),
            use=USE,
            data=DataSpec(columns=columns, target="ill", target_values=(0, 1), min_rows=MIN_ROWS),
            model=model,
            plan=PlanSpec(ref=self.plan_ref, code_hash=self.plan_hash),
            update=update,
            enforced=self._enforced(root, in_numbers(("HMB",), RuleSpec(), update, model, CHUNK_BYTES, use=USE)),
        )

    def _enforced(self, genesis_root: bytes, numbers: dict[str, Any]) -> Enforced:
        aggregator, standby = self.readers
        return Enforced(
            genesis_root=genesis_root,
            **numbers,
            commit_window=WINDOW_S,
            reveal_window=WINDOW_S,
            aggregate_window=WINDOW_S,
            challenge_window=WINDOW_S,
            reveal_grace=GRACE_S,
            quorum=3,
            max_participants=64,
            max_misses=0,
            max_weight=1000,
            max_rounds=10,
            bond=ETHER,
            aggregator_bond=ETHER,
            round_reward=ETHER,
            aggregator=aggregator,
            standby=standby,
        )
