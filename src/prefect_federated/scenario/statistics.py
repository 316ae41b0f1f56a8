"""Silos with tables of their own who answer a query: a federation set up for one statistics task, round and all.

tables --> accounts, contracts, grants over every column --> task, enrolment --> blocks, ready for its round
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from prefect_federated.adapters.evm.rpc import connect, set_balance
from prefect_federated.adapters.keys import dev_key
from prefect_federated.adapters.stores.base import ContentStore
from prefect_federated.blocks import Aggregator, EvmChain, ModelRegistryMirror, Silo, Sponsor
from prefect_federated.blocks.party import Stores
from prefect_federated.core.spec import StatisticsPrivacy, TaskSpec
from prefect_federated.core.statistics.query import Cells
from prefect_federated.scenario.accounts import make_account
from prefect_federated.scenario.breast_cancer import SUBJECT
from prefect_federated.scenario.consortium import (
    PURSE_WEI,
    Consortium,
    Ground,
    data_path,
    deploy_contracts,
    mlflow_uri,
    register_parties,
)
from prefect_federated.scenario.grants import give_consent
from prefect_federated.scenario.plot import Consent, Plot

if TYPE_CHECKING:
    from pandas import DataFrame

YEAR_S = 365 * 86_400

Say = Callable[[str], None]
MakeSpec = Callable[[ContentStore, str, str], TaskSpec]  # store, aggregator, standby


def set_up(
    url: str,
    out: Path,
    store: Stores,
    tables: Mapping[str, "DataFrame"],
    make_spec: MakeSpec,
    say: Say = lambda line: None,
    columns: Mapping[str, tuple[str, ...]] | None = None,
) -> Consortium:
    """Bring a federation into being on a development chain, in which every table is a silo's.

    Args:
        tables: by silo; each has a column `subject` with an id of its own for every row.
        make_spec: the task, for these accounts.
        columns: what the grants of some silos cover; of the others, every column.
    """
    ground = _prepare(url, out, store, tables)
    say("deploying contracts")
    chain = deploy_contracts(ground)
    say("registering parties")
    register_parties(ground, chain)
    say("recording consent")
    for name, table in tables.items():
        _grant(ground, chain, name, table, (columns or {}).get(name))
    say("creating the task")
    return _cast(ground, chain, *_create(ground, chain, make_spec))


def _prepare(url: str, out: Path, store: Stores, tables: Mapping[str, "DataFrame"]) -> Ground:
    from pandas import DataFrame

    plot, w3 = Plot(rounds=1, interval_s=0, hospitals=tuple(tables), cheats=(), data_docs=False), connect(url)
    roles = ("sponsor", "aggregator", "standby", *tables, *(f"{name}-dpo" for name in tables))
    accounts = {name: make_account(out / "keys", plot.seed, name) for name in roles}
    for account in accounts.values():
        set_balance(w3, account.address, PURSE_WEI)
    return Ground(url, out, store, plot, accounts, dict(tables), DataFrame())


def _grant(ground: Ground, chain: EvmChain, name: str, table: "DataFrame", columns: tuple[str, ...] | None) -> None:
    """Write a silo's data, and have the data holder grant their use for a year."""
    holder, account = ground.accounts[f"{name}-dpo"].signer, ground.accounts[name]
    federation, path = chain.connect(holder), data_path(ground, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False)
    covered = columns or tuple(str(column) for column in table.columns if column != SUBJECT)
    give_consent(
        federation,
        holder.account(),
        account.address,
        table,
        secret=dev_key(ground.plot.seed, f"{name}/consent"),
        consent=Consent(covered, tuple(map(str, table[SUBJECT])), federation.chain_time() + YEAR_S),
        record=path.with_name("consent.sealed"),
        reader=account.signer.open_sealing_key().public_bytes,
    )


def _create(ground: Ground, chain: EvmChain, make_spec: MakeSpec) -> tuple[int, TaskSpec]:
    store, accounts = ground.store.open(), ground.accounts
    sponsor = chain.connect(accounts["sponsor"].signer)
    spec = make_spec(store, accounts["aggregator"].address, accounts["standby"].address)
    task = sponsor.create_task(spec.enforced, spec.spec_hash, store.put([spec.canonical()]))
    for name in ("aggregator", "standby"):
        chain.connect(accounts[name].signer).accept_duty(task)
    for name in ground.tables:
        chain.connect(accounts[name].signer).enrol(task)
    return task, spec


def _cast(ground: Ground, chain: EvmChain, task: int, spec: TaskSpec) -> Consortium:
    def party(name: str) -> dict[str, object]:
        return {"label": name, "chain": chain, "signer": ground.accounts[name].signer, "store": ground.store}

    cells, privacy = spec.statistics.cells if spec.statistics else Cells(), spec.privacy
    mirror = ModelRegistryMirror(tracking_uri=mlflow_uri(ground.out), experiment=spec.name)
    members = {
        name: Silo(
            **party(name),
            data=data_path(ground, name),
            subject_column=SUBJECT,
            consent_record=data_path(ground, name).with_name("consent.sealed"),
            approved_plans=["0x" + spec.plan.code_hash.hex()],
            readers=[ground.accounts[role].address for role in ("aggregator", "standby")],
            min_cell=cells.fewest if cells.at == "silo" or privacy else 1,
            min_noise=privacy.noise_multiplier if privacy else 0,
            most_split=privacy.fewest if isinstance(privacy, StatisticsPrivacy) else 1,
        )
        for name in ground.tables
    }
    aggregator = Aggregator(**party("aggregator"), mirror=mirror)
    sponsor, standby = Sponsor(**party("sponsor")), Aggregator(**party("standby"))
    return Consortium(ground, chain, task, spec, sponsor, aggregator, standby, members, {})
