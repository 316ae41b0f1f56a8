"""Artifacts: what a round leaves in the Prefect UI. Tables, markdown, links; never data."""

from prefect.artifacts import create_link_artifact, create_markdown_artifact, create_table_artifact

from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.outcome import Outcome
from prefect_federated.adapters.round_log import RoundLog
from prefect_federated.core.detection.detect import DetectionReport
from prefect_federated.core.notes import Notes
from prefect_federated.core.opinion import UNIT


def publish_round(
    federation: Federation,
    log: RoundLog,
    notes: Notes,
    outcome: Outcome | None,
    mlflow_version: int | None,
    lineage: str = "",
    detection: DetectionReport | None = None,
) -> None:
    """Write tables of participants and of whom detection names, a summary, and a link to the lineage where one is."""
    key = f"task-{log.task}-round-{log.round}"
    create_table_artifact(
        table=participant_rows(log, notes), key=f"{key}-participants", description=f"Round {log.round}"
    )
    create_markdown_artifact(markdown=summary(federation, log, outcome, mlflow_version, lineage), key=key)
    if detection is not None:
        create_table_artifact(
            table=detection_rows(detection, notes), key=f"{key}-detection", description=f"Detection, round {log.round}"
        )
    if lineage:
        create_link_artifact(link=lineage, link_text=f"Lineage after round {log.round}", key=f"{key}-lineage")


def participant_rows(log: RoundLog, notes: Notes) -> list[dict[str, str]]:
    """One row for everybody expected: how far it came, with which weight, why not further."""
    people = log.participation(notes.exclusions, notes.local)
    reasons = {e.participant: f"{e.stage}: {e.reason}" for e in people.excluded}
    return [
        {
            "participant": notes.name(account),
            "validated": _tick(account in people.validated),
            "committed": _tick(account in people.committed),
            "revealed": _tick(account in people.revealed),
            "aggregated": _tick(account in people.aggregated),
            "weight": str(log.weights.get(account, "")),
            "excluded": reasons.get(account, ""),
        }
        for account in people.expected
    ]


def detection_rows(report: DetectionReport, notes: Notes) -> list[dict[str, str]]:
    """One row for everybody who is named, by each test that does; else one that says so."""
    rows = [
        {"participant": notes.name(one.participant), "test": one.test, "detail": one.detail} for one in report.named
    ]
    return rows or [{"participant": "nobody", "test": "", "detail": f"{len(report.measures)} updates were tested"}]


def summary(
    federation: Federation, log: RoundLog, outcome: Outcome | None, mlflow_version: int | None, lineage: str = ""
) -> str:
    """The round in Markdown: status, version, metrics, where to verify it."""
    metrics = outcome.metrics if outcome else {}
    lines = [
        f"# Round {log.round} of task {log.task}: {log.status.name}",
        "",
        "| | |",
        "|---|---|",
        f"| chain | {federation.chain_id} |",
        f"| coordinator | `{federation.coordinator}` |",
        f"| model version | {'none' if log.version is None else log.version} |",
        f"| version hash | `0x{log.version_hash.hex()}` |",
        f"| MLflow version | {mlflow_version or 'none'} |",
        f"| expected / committed / revealed / aggregated | {len(log.expected)} / {len(log.committed)} /"
        f" {len(log.revealed)} / {len(log.aggregated)} |",
    ]
    if lineage:
        lines.append(f"| lineage | [{lineage.rpartition('/')[2]}]({lineage}) |")
    if log.votes:
        accepts, shown = log.tally
        lines.append(f"| votes that accept / shown / committee | {accepts} / {shown} / {len(log.votes)} |")
    if log.median_metric is not None:
        lines.append(f"| median metric of the committee | {log.median_metric / UNIT:.4f} |")
    lines += [f"| {name} | {value:.4f} |" for name, value in sorted(metrics.items())]
    return "\n".join(lines)


def _tick(yes: bool) -> str:
    return "yes" if yes else "no"
