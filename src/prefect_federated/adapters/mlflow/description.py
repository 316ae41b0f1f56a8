"""The Markdown that people read in MLflow: a round's table of participants, a model version's descent."""

from prefect_federated.adapters.mlflow.records import ModelVersion, ParticipantRecord, RoundRecord

MOST = 40  # rows or names; MLflow takes 8,000 characters in a tag and 5,000 in a description


def round_note(record: RoundRecord) -> str:
    """Who took part in a round and what became of them."""
    counts = ", ".join(f"{name} {count}" for name, count in record.counts.items())
    rows = [_participant_row(one) for one in record.participants[:MOST]]
    left_out = len(record.participants) - len(rows)
    head = f"**{_cell(record.task_name)}**, round {record.key.round}: {record.status}"
    table = ["| participant | account | outcome |", "|---|---|---|", *rows]
    return "\n\n".join(part for part in (head, counts, "\n".join(table), _more(left_out)) if part)


def version_note(version: ModelVersion) -> str:
    """Where a model version comes from: round, parent, contributors, rights, hashes, links."""
    key = version.key
    head = f"**{_cell(version.task_name)}** version {version.number} of round {key.round}: {version.status}"
    facts = {
        "Round": f"{key.round} of task {key.task}",
        "Coordinator": f"`{key.federation}`",
        "Registry": f"`{version.registry}`",
        "Contributors": _names(version.contributors),
        **({"May be used for": _cell(version.rights)} if version.rights else {}),
        "Version hash": f"`{version.version_hash}`",
        "Parent": f"`{version.parent_hash}`",
        "Model root (SHA-256)": f"`{version.model_root}`",
        "Content": f"`{_cell(version.content_uri)}`",
        "Transaction": f"`{version.tx_hash}`",
        **{name: f"{value:.6g}" for name, value in version.metrics.items()},
    }
    links = " · ".join(f"[{_cell(text)}]({url})" for text, url in version.links.items())
    table = ["| | |", "|---|---|", *(f"| {_cell(name)} | {value} |" for name, value in facts.items())]
    return "\n\n".join(part for part in (head, "\n".join(table), links) if part)


def _names(people: tuple[str, ...]) -> str:
    named = ", ".join(map(_cell, people[:MOST])) or "none"
    return " ".join(part for part in (named, _more(len(people) - MOST)) if part)


def _more(left_out: int) -> str:
    return f"and {left_out} more" if left_out > 0 else ""


def _participant_row(one: ParticipantRecord) -> str:
    excluded = f"excluded in {one.excluded_stage}: {one.excluded_reason}"
    outcome = excluded if one.excluded_stage else "aggregated"
    return f"| {_cell(one.name)} | `{one.account}` | {_cell(outcome)} |"


def _cell(text: str) -> str:
    """Text that cannot break out of its table cell."""
    return text.replace("|", "\\|").replace("\n", " ")
