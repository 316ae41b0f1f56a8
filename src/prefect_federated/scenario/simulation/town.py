"""A simulated federation set up from nothing: contracts, funded accounts, consent, one task, everybody enrolled.

deploy --> fund, register, stake, admit --> datasets, grants --> task, escrow --> enrolment --> members, opened
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prefect_federated.adapters.aggregator import Aggregator as OpenAggregator
from prefect_federated.adapters.evm.deploy import deploy
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.outbox import Outbox
from prefect_federated.adapters.evm.records import Deployment
from prefect_federated.adapters.evm.rpc import chain_id_of, connect, set_balance
from prefect_federated.adapters.evm.structs import grant_tuple
from prefect_federated.adapters.keys import SealingKey, dev_key
from prefect_federated.adapters.party import Party
from prefect_federated.adapters.relayer import Relayer
from prefect_federated.adapters.validator import Validator as OpenValidator
from prefect_federated.blocks import Aggregator, ModelRegistryMirror, Signer, Sponsor, Validator
from prefect_federated.core.enforced import NOBODY
from prefect_federated.core.policy import Policy
from prefect_federated.core.spec import TaskSpec
from prefect_federated.scenario.accounts import Account, make_account
from prefect_federated.scenario.grants import SignedConsent, sign_consent
from prefect_federated.scenario.plot import Consent
from prefect_federated.scenario.simulation.bulk import Call, send_all
from prefect_federated.scenario.simulation.committee import SharedSet, enlist, validators_of, write_shared_set
from prefect_federated.scenario.simulation.ground import Ground, Hall, Household, Simulated
from prefect_federated.scenario.simulation.options import Options
from prefect_federated.scenario.simulation.tables import SUBJECT, Dealt
from prefect_federated.scenario.simulation.task import build_spec
from prefect_federated.scenario.task_spec import ETHER

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from web3 import Web3

PURSE_WEI, STAKE_WEI = 100 * ETHER, 4 * ETHER
YEAR_S = 365 * 86_400
ROLES = ("sponsor", "aggregator", "relayer")

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Resident:
    """A simulated participant: keys that follow from the seed, and no files."""

    name: str
    account: "LocalAccount"
    sealing_key: SealingKey

    @property
    def address(self) -> str:
        """Checksummed address."""
        return str(self.account.address)


@dataclass(frozen=True, slots=True)
class Town:
    """Everything set up, opened and ready for the first round."""

    out: Path
    task: int
    spec: TaskSpec
    dealt: Dealt
    sponsor: Party
    aggregator: OpenAggregator
    relayer: Relayer
    members: tuple[Simulated, ...]
    validators: tuple[OpenValidator, ...]
    residents: dict[str, Resident]
    accounts: dict[str, str]  # addresses of everybody, by name

    @property
    def federation(self) -> Federation:
        """The federation, as the sponsor sees it."""
        return self.sponsor.federation


def names_of(options: Options) -> list[str]:
    """Participants in their order; the last ones attack."""
    honest = options.participants - options.attackers
    return [
        *(f"participant-{number:03d}" for number in range(1, honest + 1)),
        *(f"attacker-{number:03d}" for number in range(1, options.attackers + 1)),
    ]


def set_up(url: str, out: Path, options: Options, dealt: Dealt, say: Say) -> Town:
    """Bring a federation into being on a development chain."""
    seats, w3 = validators_of(options), connect(url)
    roles = {name: make_account(out / "keys", options.seed, name) for name in (*ROLES, *seats)}
    residents = {name: _resident(options.seed, name) for name in dealt.tables}
    say("deploying contracts")
    made = _deployed(w3, out, roles)
    ground = Ground(url, chain_id_of(w3), made.coordinator, made.block, out, Path.cwd())
    sponsor = ground.chain.connect(roles["sponsor"].signer)
    say(f"registering {len(residents)} participants")
    bonded = [roles[name].signer for name in ("aggregator", *seats)]
    _register(sponsor, roles["sponsor"].signer.account(), bonded, list(residents.values()))
    say("recording consent")
    consents = _consent(sponsor, options, dealt, residents)
    say("creating the task")
    store = ground.store.open()
    shared = write_shared_set(out / "sponsor", options, dealt)
    first = next(iter(residents.values())).address
    spec = build_spec(store, options, dealt, shared, roles["aggregator"].address, first)
    task = _create(ground, roles, sponsor, spec, options.rounds)
    judges = [roles[name].signer.account() for name in seats]
    calls = enlist(roles["sponsor"].signer.account(), judges, task)
    send_all(sponsor, [*calls, *(Call(one.account, "Coordinator", "enrol", (task,)) for one in residents.values())])
    return _opened(ground, options, dealt, shared, roles, residents, consents, task, spec)


def _resident(seed: int, name: str) -> Resident:
    from eth_account import Account as EthAccount

    return Resident(
        name, EthAccount.from_key(dev_key(seed, name)), SealingKey.from_seed(dev_key(seed, f"{name}/sealing"))
    )


def _deployed(w3: "Web3", out: Path, roles: dict[str, Account]) -> Deployment:
    for role in roles.values():
        set_balance(w3, role.address, PURSE_WEI)
    signer = roles["sponsor"].signer
    made = deploy(w3, signer.account(), Outbox(signer.outbox_folder(), w3, signer.account()))
    (out / "deployment.json").write_text(made.to_json())
    return made


def _register(sponsor: Federation, admin: "LocalAccount", bonded: list[Signer], residents: list[Resident]) -> None:
    """Everybody who locks a bond is registered, staked and admitted."""
    calls, registry = [], "ParticipantRegistry"
    for one in residents:
        set_balance(sponsor.w3, one.address, PURSE_WEI)
    keys = [(signer.account(), signer.open_sealing_key()) for signer in bonded]
    for account, sealing_key in [*keys, *((one.account, one.sealing_key) for one in residents)]:
        calls.append(Call(account, registry, "register", (sealing_key.public_bytes, NOBODY)))
        calls.append(Call(account, registry, "deposit", (STAKE_WEI,), STAKE_WEI))
        calls.append(Call(admin, registry, "setAdmission", (str(account.address), True)))
    send_all(sponsor, calls)


def _consent(
    sponsor: Federation, options: Options, dealt: Dealt, residents: dict[str, Resident]
) -> dict[str, SignedConsent]:
    """Everybody holds its own data and grants the use of all of them for longer than the run lasts."""
    place = (sponsor.addresses.consent, sponsor.chain_id, sponsor.chain_time())
    signed = {}
    for name, table in dealt.tables.items():
        covered = Consent(dealt.spec.names, tuple(table[SUBJECT]), place[2] + YEAR_S + options.rounds * 7 * 86_400)
        secret, one = dev_key(options.seed, f"{name}/consent"), residents[name]
        signed[name] = sign_consent(place, one.account, one.address, table, secret=secret, consent=covered)
    calls = []
    for name, consent in signed.items():
        account = residents[name].account
        calls.append(Call(account, "ConsentLedger", "registerDataset", (consent.dataset, consent.root)))
        calls.append(Call(account, "ConsentLedger", "grant", (grant_tuple(consent.grant), consent.signature)))
    send_all(sponsor, calls)
    return signed


def _create(ground: Ground, roles: dict[str, Account], sponsor: Federation, spec: TaskSpec, rounds: int) -> int:
    task = sponsor.create_task(spec.enforced, spec.spec_hash, ground.store.open().put([spec.canonical()]))
    sponsor.fund(task, rounds * spec.enforced.round_reward)
    ground.chain.connect(roles["aggregator"].signer).accept_duty(task)
    return task


def _opened(
    ground: Ground,
    options: Options,
    dealt: Dealt,
    shared: SharedSet,
    roles: dict[str, Account],
    residents: dict[str, Resident],
    consents: dict[str, SignedConsent],
    task: int,
    spec: TaskSpec,
) -> Town:
    chain, seats = ground.chain, validators_of(options)
    few = options.participants <= options.run_each
    mirror = ModelRegistryMirror(tracking_uri=mlflow_uri(ground.out), experiment=spec.name, participant_runs=few)

    def party(name: str) -> dict[str, object]:
        return {"label": name, "chain": chain, "signer": roles[name].signer, "store": ground.store}

    readers = tuple(roles[name].address for name in ("aggregator", *seats))
    policy = Policy(approved_plans=("0x" + spec.plan.code_hash.hex(),), readers=readers, disclosure=True)
    return Town(
        out=ground.out,
        task=task,
        spec=spec,
        dealt=dealt,
        sponsor=Sponsor(**party("sponsor")).open(),
        aggregator=Aggregator(**party("aggregator"), holdout=shared.table, mirror=mirror).open(),
        relayer=Relayer("relayer", chain.connect(roles["relayer"].signer), ground.mailbox),
        members=_members(ground, dealt, residents, consents, policy),
        validators=tuple(
            Validator(**party(name), holdout=shared.table, holdout_salt=shared.salt).open() for name in seats
        ),
        residents=residents,
        accounts={name: one.address for name, one in (roles | residents).items()},
    )


def _members(
    ground: Ground,
    dealt: Dealt,
    residents: dict[str, Resident],
    consents: dict[str, SignedConsent],
    policy: Policy,
) -> tuple[Simulated, ...]:
    hall = Hall(ground)
    return tuple(
        hall.member(
            Household(
                name=name,
                key=bytes(one.account.key),
                sealing_key=one.sealing_key,
                table=dealt.tables[name],
                root=consents[name].root,
                record=consents[name].record,
                policy=policy,
            )
        )
        for name, one in residents.items()
    )


def mlflow_uri(out: Path) -> str:
    """MLflow's database in the output folder."""
    return f"sqlite:///{out.absolute() / 'mlflow' / 'mlflow.db'}"
