"""The report of a scenario: rounds as chain and MLflow tell them, money, baselines, links."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.evm.rpc import request
from prefect_federated.adapters.spending import PrivacyLedger
from prefect_federated.core.opinion import UNIT
from prefect_federated.core.report import (
    AppealRow,
    Balances,
    Baselines,
    DetectedRow,
    ExclusionRow,
    GrantLossRow,
    OverturnRow,
    PrivacyLoss,
    Report,
    RoundRow,
    SiloLossRow,
    VoteRow,
)
from prefect_federated.core.scoring.score_vector import median_score
from prefect_federated.core.spec import TaskSpec
from prefect_federated.flows.cast import RoundResult
from prefect_federated.learning.baselines import train_each, train_pooled
from prefect_federated.learning.evaluation import held_out
from prefect_federated.learning.plan import load_plan
from prefect_federated.scenario.appeal import Appeal
from prefect_federated.scenario.consortium import Consortium
from prefect_federated.scenario.exact_sum import Witness


def build_report(
    consortium: Consortium,
    results: Sequence[RoundResult],
    appeals: Sequence[Appeal],
    balances: Balances,
    baselines: Baselines,
    links: Mapping[str, str],
    exact: Mapping[int, bool] = MappingProxyType({}),
) -> Report:
    """Put everything together; hashes are those of the registry on chain.

    Args:
        exact: by round, whether its sum is, where that was compared.
    """
    federation, task = consortium.federation(), consortium.task
    on_chain, accounts = federation.task_of(task), consortium.ground.accounts
    return Report(
        task=task,
        task_id="0x" + on_chain.task_id.hex(),
        chain_id=federation.chain_id,
        coordinator=federation.coordinator,
        seed=consortium.ground.plot.seed,
        rounds=[round_row(federation, result, exact.get(result.log.round)) for result in results],
        appeals=[
            AppealRow(
                appellant=one.appellant,
                taken_wei=str(one.taken),
                deposit_wei=str(one.deposit),
                ruling=one.ruling.name.lower(),
            )
            for one in appeals
        ],
        balances=balances,
        privacy=privacy_loss(
            federation, task, consortium.spec, {name: accounts[name].address for name in consortium.members}
        ),
        baselines=baselines,
        links=dict(links),
    )


def privacy_loss(federation: Federation, task: int, spec: TaskSpec, silos: Mapping[str, str]) -> PrivacyLoss | None:
    """What silos and grants spent so far, from the chain; None where the task counts no privacy loss.

    Args:
        silos: accounts by name.
    """
    if spec.privacy is None:
        return None
    found = PrivacyLedger(federation).spending(task, spec.privacy, silos.values())
    names = {account: name for name, account in silos.items()}
    return PrivacyLoss(
        hidden=found.unit,
        delta=found.delta,
        silos=[
            SiloLossRow(
                silo=names[account],
                epsilon_in_task=one.in_task,
                epsilon_spent=one.own.epsilon,
                epsilon_limit=one.own.limit,
            )
            for account, one in found.silos.items()
        ],
        grants=[
            GrantLossRow(
                grant="0x" + grant.hex(),
                silo=names.get(one.silo, one.silo),
                epsilon_spent=one.budget.epsilon,
                epsilon_limit=one.budget.limit,
            )
            for grant, one in found.grants.items()
        ],
    )


def round_row(federation: Federation, result: RoundResult, exact: bool | None = None) -> RoundRow:
    """One round of the report.

    Args:
        exact: whether its sum is; None where that was not compared.
    """
    log, notes = result.log, result.notes
    people = log.participation(notes.exclusions, notes.local)
    versions = {version.number: version for version in federation.versions(log.task)}
    head = versions[log.version] if log.version is not None else None
    standing = head or max((v for v in versions.values() if v.round < log.round), key=lambda v: v.number)
    parent = versions[standing.number - 1] if head and standing.number else standing

    def names(accounts: Sequence[str]) -> list[str]:
        return [notes.name(account) for account in accounts]

    return RoundRow(
        round_id=log.round,
        status=log.status.name,
        expected=names(people.expected),
        validated=names(people.validated),
        committed=names(people.committed),
        revealed=names(people.revealed),
        aggregated=names(people.aggregated),
        exact=exact,
        excluded=[
            ExclusionRow(participant=notes.name(e.participant), stage=e.stage, reason=e.reason) for e in people.excluded
        ],
        detected=[
            DetectedRow(participant=notes.name(one.participant), test=one.test, detail=one.detail)
            for one in (result.detection.named if result.detection else ())
        ],
        overturned=[
            OverturnRow(
                proposer=notes.name(o.proposer),
                accuser=notes.name(o.accuser),
                taken_wei=str(o.taken),
                bounty_wei=str(o.bounty),
            )
            for o in log.overturned
        ],
        votes=[
            VoteRow(
                member=notes.name(vote.member),
                accept=vote.accept,
                metric=None if vote.metric is None else vote.metric / UNIT,
            )
            for vote in log.votes
        ],
        scores=_scores(federation, result),
        median_metric=None if log.median_metric is None else log.median_metric / UNIT,
        model_hash="0x" + standing.model_root.hex(),
        parent_hash="0x" + parent.model_root.hex(),
        model_version=standing.number,
        mlflow_version=result.mlflow_version,
        metrics=result.outcome.metrics if result.outcome else {},
        gas=gas_by_call(federation, log.transactions),
        wall_s=round(result.wall_s, 3),
    )


def _scores(federation: Federation, result: RoundResult) -> dict[str, int]:
    """Median scores by name, in the order of indices."""
    log = result.log
    vectors = [vote.scores for vote in federation.shown_votes(log.task, log.round)] if log.votes else []
    if not any(vectors):
        return {}
    reveals = federation.reveals(log.task, log.round)
    return {result.notes.name(one.participant): median_score(vectors, one.index) for one in reveals}


def gas_by_call(federation: Federation, transactions: Mapping[str, frozenset[bytes]]) -> dict[str, int]:
    """Gas used by each kind of call in a round, over all senders, from the receipts."""

    def used(tx_hash: bytes) -> int:
        return int(request(federation.w3, "eth_getTransactionReceipt", ["0x" + tx_hash.hex()])["gasUsed"], 16)

    return {call: sum(map(used, hashes)) for call, hashes in sorted(transactions.items())}


def measure_baselines(consortium: Consortium, rounds: int) -> Baselines:
    """The same plan and passes without federation: all tables pooled, and each hospital alone on all of its rows."""
    spec, ground = consortium.spec, consortium.ground
    plan = load_plan(spec.plan.ref, spec.plan.hyperparameters, spec.plan.code_hash)
    judge = held_out(spec, ground.held_out)
    tables = {name: held_out(spec, ground.tables[name]) for name in ground.plot.hospitals}
    seed = spec.plan.seed
    return Baselines(
        pooled=train_pooled(plan, tables.values(), judge, rounds, seed),
        local=train_each(plan, tables, judge, rounds, seed),
    )


def write_report(report: Report, out: Path, witness: Witness) -> Path:
    """Write `report.json`, as a whole or not at all.

    Raises:
        ProtocolError: it is written, and has a masked round whose sum is not exact.
    """
    path, fresh = out / "report.json", out / "report.json.new"
    fresh.write_text(report.model_dump_json(indent=1))
    fresh.replace(path)
    witness.require_exact()
    return path
