"""An audit on a terminal: the few tables that people ask for first; JSON and the page have the rest."""

from prefect_federated.cli import console
from prefect_federated.cli.tables import show_pairs, show_table, show_time
from prefect_federated.core.audit import Audit, GrantRow
from prefect_federated.core.epsilon import epsilon_text

NEWEST = 12


def show(audit: Audit) -> None:
    """Print it."""
    version, plan = audit.versions[-1], audit.plan
    show_pairs(
        f"Version {audit.version} of {audit.name or f'task {audit.task}'}",
        (
            ("version hash", audit.version_hash),
            ("model root", version.model_root),
            ("kind", version.kind + (f" to {version.restores}" if version.restores is not None else "")),
            ("trained on top of", f"{sum(one.inherited for one in audit.versions) - 1} versions, back to genesis"),
            ("as of", f"block {audit.as_of.number}, {show_time(audit.as_of.time)}"),
            ("plan", plan.ref),
            ("code hash", plan.code_hash),
            ("noise", plan.noise),
            ("metrics", ", ".join(f"{name} {value:.6g}" for name, value in (version.metrics or {}).items()) or None),
            ("committee's median", version.median_metric),
            ("purposes", ", ".join(version.purposes) if version.purposes else None),
            ("usable until", show_time(version.usable_until) if version.usable_until else None),
        ),
    )
    show_table(
        f"Parents, the newest {NEWEST}" if len(audit.versions) > NEWEST else "Parents, to genesis",
        ("version", "kind", "round", "in its model", "version hash", "parent"),
        [
            (one.number, one.kind, one.round, one.inherited, one.version_hash, one.parent_hash)
            for one in audit.versions[: -NEWEST - 1 : -1]
        ],
    )
    show_table(
        "Contributors",
        (
            *("account", "expected", "committed", "revealed", "aggregated", "in this model", "excluded for"),
            *("epsilon spent", "taken, wei"),
        ),
        [
            (
                one.account,
                one.expected,
                one.committed,
                one.revealed,
                one.aggregated,
                one.inherited,
                [f"{count} x {reason}" for reason, count in one.reasons.items()],
                None if one.epsilon is None else epsilon_text(one.epsilon),
                one.slashed_wei,
            )
            for one in audit.contributors
        ],
    )
    show_table(
        "Grants, as they stand",
        ("grant", "silo", "dataset", "purposes", "today", "rounds", "in its model", "epsilon spent"),
        [
            (
                one.grant,
                one.silo,
                one.dataset,
                ", ".join(one.purposes),
                _today(one),
                len(one.rounds),
                one.inherited,
                one.privacy or None,
            )
            for one in audit.grants
        ],
    )
    if audit.remedies:
        show_table(
            f"Remedies, of the newest {NEWEST} versions",
            ("version", "grant", "state", "reason"),
            [
                (one.version, one.grant, one.state, one.reason_hash)
                for one in reversed(audit.remedies)
                if one.version > audit.version - NEWEST
            ],
        )
    if audit.slashes:
        show_table(
            "Bonds taken",
            ("round", "what", "account", "wei", "reason"),
            [(one.round, one.what, one.account, one.amount_wei, one.reason) for one in audit.slashes],
        )
    if audit.challenges:
        show_table(
            "Challenges and demands",
            ("round", "what", "by", "in"),
            [(one.round, one.what, one.account, one.tx) for one in audit.challenges],
        )
    for sentence in audit.left_out:
        console.out.print(f"not read: {sentence}", style="dim", markup=False, highlight=False, soft_wrap=True)


def _today(grant: GrantRow) -> str:
    at = grant.withdrawn_at if grant.status == "withdrawn" else grant.expiry if grant.status == "expired" else None
    return f"{grant.status} at {show_time(at)}" if at else f"{grant.status} until {show_time(grant.expiry)}"
