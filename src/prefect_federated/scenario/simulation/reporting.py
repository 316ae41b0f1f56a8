"""What became of a simulation: rewards are fetched, balances taken, everything written down, drawn and logged.

results --claims, balance sheet, baseline--> Report --> report.json, five plots, a run in MLflow
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path

from prefect_federated.adapters.mlflow.store import ensure_experiment, open_client, reaching
from prefect_federated.adapters.reading import rewards_so_far
from prefect_federated.core.report import Balances, Baselines, Report
from prefect_federated.core.rewards import sum_proof
from prefect_federated.flows.cast import RoundResult
from prefect_federated.learning.baselines import train_pooled
from prefect_federated.learning.evaluation import held_out
from prefect_federated.learning.plan import load_plan
from prefect_federated.scenario.money import Snapshot, balance_sheet, snapshot
from prefect_federated.scenario.reporting import privacy_loss, round_row
from prefect_federated.scenario.simulation.bulk import Call, send_all
from prefect_federated.scenario.simulation.options import Options
from prefect_federated.scenario.simulation.stopwatch import Stopwatch
from prefect_federated.scenario.simulation.town import Town, mlflow_uri
from prefect_federated.tasks.settle import claim


def claim_all(town: Town) -> None:
    """Everybody fetches what it earned, by its own transaction."""
    rewards = rewards_so_far(town.sponsor, town.task)
    calls = []
    for one in town.residents.values():
        if one.address in rewards:
            nodes = [(node.hash, node.total, node.left) for node in sum_proof(rewards, one.address)]
            values = (town.task, one.address, rewards[one.address], nodes)
            calls.append(Call(one.account, "Treasury", "claim", values))
    send_all(town.federation, calls)
    for party in (town.aggregator.party, *(one.party for one in town.validators)):
        claim.fn(party, town.task)


def build_report(
    town: Town,
    options: Options,
    results: Sequence[RoundResult],
    before: Snapshot,
    watch: Stopwatch,
    exact: Mapping[int, bool],
) -> Report:
    """Put everything together; hashes are those of the registry on chain.

    Args:
        exact: by round, whether its sum is, where that was compared.
    """
    federation = town.federation
    rows = [
        round_row(federation, result, exact.get(result.log.round)).model_copy(update={"stages_s": watch.of(number)})
        for number, result in enumerate(results, 1)
    ]
    return Report(
        task=town.task,
        task_id="0x" + federation.task_of(town.task).task_id.hex(),
        chain_id=federation.chain_id,
        coordinator=federation.coordinator,
        seed=options.seed,
        options={field.name: _plain(getattr(options, field.name)) for field in fields(options)},
        rounds=rows,
        balances=_balances(town, results, before),
        privacy=privacy_loss(
            federation, town.task, town.spec, {name: one.address for name, one in town.residents.items()}
        ),
        baselines=Baselines(pooled=_pooled(town, options), local={}),
        links=_links(town.out),
    )


def log_run(town: Town, report: Report, files: Sequence[Path]) -> str:
    """A run for the whole simulation beside those of its rounds, with plots and report; returns its id."""
    uri = mlflow_uri(town.out)
    with reaching(uri):
        client = open_client(uri)
        run = client.create_run(ensure_experiment(client, town.spec.name, uri), run_name="simulation").info.run_id
        for name, value in report.options.items():
            client.log_param(run, name, value)
        for row in report.rounds:
            for name, metric in row.metrics.items():
                client.log_metric(run, name, metric, step=row.round_id)
        for path in files:
            client.log_artifact(run, str(path))
        client.set_terminated(run)
    return str(run)


def _plain(value: object) -> str | int | float | bool:
    return value if isinstance(value, str | int | float | bool) else str(value)


def _balances(town: Town, results: Sequence[RoundResult], before: Snapshot) -> Balances:
    slashed: dict[str, int] = {}
    for result in results:
        for account, amount in result.log.slashed.items():
            slashed[account] = slashed.get(account, 0) + amount
    after = snapshot(town.federation, town.accounts)
    return balance_sheet(town.federation, town.accounts, before, after, slashed)


def _pooled(town: Town, options: Options) -> dict[str, float]:
    """The same plan and passes on the rows of all the honest, in one place."""
    spec = town.spec
    plan = load_plan(spec.plan.ref, spec.plan.hyperparameters, spec.plan.code_hash)
    tables: Mapping[str, object] = town.dealt.tables
    honest = [held_out(spec, town.dealt.tables[name]) for name in tables if not name.startswith("attacker-")]
    return train_pooled(plan, honest, held_out(spec, town.dealt.held_out), options.rounds, spec.plan.seed)


def _links(out: Path) -> dict[str, str]:
    return {
        "mlflow": f"mlflow ui --backend-store-uri {mlflow_uri(out)}",
        "deployment": str(out / "deployment.json"),
        "report": str(out / "report.json"),
        "plots": str(out / "plots"),
    }
