"""A consortium on one machine: contracts, funded accounts, hospitals with consent, cheats, one task.

prepare --> deploy --> register, stake --> consent --> task, escrow, enrolment --> blocks ready for round 1
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from prefect_federated.adapters.evm.deploy import deploy
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.outbox import Outbox
from prefect_federated.adapters.evm.rpc import chain_id_of, connect, set_balance
from prefect_federated.adapters.keys import dev_key
from prefect_federated.blocks import Aggregator, EvmChain, ModelRegistryMirror, Silo, Sponsor, Validator
from prefect_federated.blocks.party import Stores
from prefect_federated.core.chains import profile_of_chain
from prefect_federated.core.spec import ParticipantPrivacy, TaskSpec
from prefect_federated.scenario import breast_cancer
from prefect_federated.scenario.accounts import Account, make_account
from prefect_federated.scenario.adversaries import Adversary, CheatingAggregator
from prefect_federated.scenario.committee import cast_validators
from prefect_federated.scenario.grants import give_consent
from prefect_federated.scenario.plot import CONDUCT, ROWS_OF, Plot, consent_of
from prefect_federated.scenario.task_spec import ETHER, build_spec
from prefect_federated.scenario.witnessed import WitnessedSilo

if TYPE_CHECKING:
    from pandas import DataFrame

PURSE_WEI = 100 * ETHER
STAKE_WEI = 2 * ETHER

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Ground:
    """What there is before anything is on chain: endpoint, folder, store, keys, tables."""

    url: str
    out: Path
    store: Stores
    plot: Plot
    accounts: dict[str, Account]
    tables: dict[str, "DataFrame"]
    held_out: "DataFrame"


@dataclass(frozen=True, slots=True)
class Consortium:
    """Everything set up: blocks to run the flows with, the task, who is who."""

    ground: Ground
    chain: EvmChain
    task: int
    spec: TaskSpec
    sponsor: Sponsor
    aggregator: Aggregator
    standby: Aggregator
    members: dict[str, Silo]
    validators: dict[str, Validator]

    def federation(self, name: str | None = None) -> Federation:
        """The federation, read-only or as one of the accounts."""
        return self.chain.connect(self.ground.accounts[name].signer if name else None)


def set_up(url: str, out: Path, store: Stores, plot: Plot, say: Say = lambda line: None) -> Consortium:
    """Bring a consortium into being on a development chain.

    Args:
        url: endpoint of a chain whose node can hand out balances (anvil, Hardhat, this package's devnet).
        out: folder for keys, data and MLflow.
        store: block of the content store that everybody shares.
        say: hears a line for every step.
    """
    ground = prepare(url, out, store, plot)
    say("deploying contracts")
    chain = deploy_contracts(ground)
    say("registering parties")
    register_parties(ground, chain)
    say("recording consent")
    record_consents(ground, chain)
    say("creating the task")
    task, spec = create_task(ground, chain)
    return cast_blocks(ground, chain, task, spec)


def prepare(url: str, out: Path, store: Stores, plot: Plot) -> Ground:
    """Split the data, make the keys, fill the purses."""
    data, w3 = breast_cancer.split(plot.seed), connect(url)
    everybody = {**data.hospitals, **data.misbehaving}
    tables = {name: everybody[ROWS_OF.get(name, name)] for name in (*plot.hospitals, *plot.cheats)}
    roles = ("sponsor", "aggregator", "standby", *plot.validators, *tables, *(f"{name}-dpo" for name in tables))
    accounts = {name: make_account(out / "keys", plot.seed, name) for name in roles}
    for account in accounts.values():
        set_balance(w3, account.address, PURSE_WEI)
    return Ground(url, out, store, plot, accounts, tables, data.held_out)


def deploy_contracts(ground: Ground) -> EvmChain:
    """Deploy the contracts as the sponsor, and keep their addresses in `deployment.json`."""
    w3, signer = connect(ground.url), ground.accounts["sponsor"].signer
    outbox = Outbox(signer.outbox_folder(), w3, signer.account())
    deployment = deploy(w3, signer.account(), outbox, unbonding_s=ground.plot.unbonding_s)
    (ground.out / "deployment.json").write_text(deployment.to_json())
    return EvmChain(
        rpc_url=ground.url,
        chain_id=chain_id_of(w3),
        coordinator=deployment.coordinator,
        confirmations=ground.plot.confirmations,
        deployed_block=deployment.block,
    )


def register_parties(ground: Ground, chain: EvmChain) -> None:
    """Register and admit everybody who locks a bond."""
    admin = chain.connect(ground.accounts["sponsor"].signer)
    for name in ("aggregator", "standby", *ground.plot.validators, *ground.tables):
        account = ground.accounts[name]
        federation = chain.connect(account.signer)
        federation.register(account.signer.open_sealing_key().public_bytes)
        federation.deposit(2 * STAKE_WEI)
        admin.set_admission(account.address, True)


def record_consents(ground: Ground, chain: EvmChain) -> None:
    """Write every member's data to its silo, and have the data holder grant their use."""
    for name, table in ground.tables.items():
        holder, account = ground.accounts[f"{name}-dpo"].signer, ground.accounts[name]
        federation = chain.connect(holder)
        path = data_path(ground, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        table.to_csv(path, index=False)
        give_consent(
            federation,
            holder.account(),
            account.address,
            table,
            secret=dev_key(ground.plot.seed, f"{name}/consent"),
            consent=consent_of(ground.plot, name, table, federation.chain_time()),
            record=path.with_name("consent.sealed"),
            reader=account.signer.open_sealing_key().public_bytes,
        )


def create_task(ground: Ground, chain: EvmChain) -> tuple[int, TaskSpec]:
    """Store the spec, create and fund the task, put everybody on duty, enrol the members."""
    store, accounts = ground.store.open(), ground.accounts
    sponsor = chain.connect(accounts["sponsor"].signer)
    known = profile_of_chain(sponsor.chain_id)  # a rehearsal has the gap that the chain needs
    spec = build_spec(
        store,
        replace(
            ground.plot.terms,
            finality_gap_s=known.finality_s if known else 0,
            committee=len(ground.plot.validators),
        ),
        ground.held_out,
        breast_cancer.load(),
        accounts["aggregator"].address,
        accounts["standby"].address,
    )
    task = sponsor.create_task(spec.enforced, spec.spec_hash, store.put([spec.canonical()]))
    sponsor.fund(task, ground.plot.rounds * spec.enforced.round_reward)
    for name in ("aggregator", "standby"):
        chain.connect(accounts[name].signer).accept_duty(task)
    for name in ground.plot.validators:
        sponsor.admit_reader(task, accounts[name].address, True)
        chain.connect(accounts[name].signer).enlist(task, spec.enforced.validator_bond)
    for name in ground.tables:
        chain.connect(accounts[name].signer).enrol(task)
    return task, spec


def cast_blocks(ground: Ground, chain: EvmChain, task: int, spec: TaskSpec) -> Consortium:
    """The blocks that the flows are run with."""

    def party(name: str) -> dict[str, object]:
        return {"label": name, "chain": chain, "signer": ground.accounts[name].signer, "store": ground.store}

    holdout = ground.out / "sponsor" / "held-out.csv"
    holdout.parent.mkdir(parents=True, exist_ok=True)
    ground.held_out.to_csv(holdout, index=False)
    mirror = ModelRegistryMirror(tracking_uri=mlflow_uri(ground.out), experiment=spec.name)
    duty = {**party("aggregator"), "holdout": holdout, "mirror": mirror}
    lies_in = ground.plot.lies_in
    aggregator = CheatingAggregator(**duty, lies_in=lies_in) if lies_in else Aggregator(**duty)
    standby = Aggregator(**party("standby"), holdout=holdout)
    members: dict[str, Silo] = {}
    honest = WitnessedSilo if ground.plot.terms.masked else Silo
    for name in ground.tables:
        settings = {**party(name), **_silo_settings(ground, spec, name)}
        kind = CONDUCT.get(name)
        members[name] = Adversary(**settings, conduct=kind) if kind else honest(**settings)
    validators = cast_validators(ground.plot, ground.held_out, ground.out / "validators", party)
    return Consortium(ground, chain, task, spec, Sponsor(**party("sponsor")), aggregator, standby, members, validators)


def data_path(ground: Ground, name: str) -> Path:
    """Where a member keeps its table."""
    return ground.out / "silos" / name / "data.csv"


def mlflow_uri(out: Path) -> str:
    """MLflow's database in the output folder."""
    return f"sqlite:///{out.absolute() / 'mlflow' / 'mlflow.db'}"


def _silo_settings(ground: Ground, spec: TaskSpec, name: str) -> dict[str, object]:
    path = data_path(ground, name)
    return {
        "data": path,
        "subject_column": breast_cancer.SUBJECT,
        "consent_record": path.with_name("consent.sealed"),
        "approved_plans": ["0x" + spec.plan.code_hash.hex()],
        "readers": [ground.accounts[role].address for role in ("aggregator", "standby", *ground.plot.validators)],
        "min_rows": 5,
        "most_split": spec.privacy.fewest if isinstance(spec.privacy, ParticipantPrivacy) else 1,
        "disclosure": True,
        "data_docs": ground.out / "data-docs" / name if ground.plot.data_docs else None,
    }
