"""The audit as one HTML page that stands alone: a drawing and tables, no script, nothing fetched from anywhere.

Audit --> summary, graph, grants, contributors, versions, rounds, datasets, code, cases, what was left out
"""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from prefect_federated.adapters.lineage.graph import drawing, legend
from prefect_federated.adapters.lineage.page_style import STYLE
from prefect_federated.adapters.lineage.page_tables import chip, code, moment, table
from prefect_federated.core.audit import Audit, AuditedRound, GrantRow, VersionRow
from prefect_federated.core.epsilon import epsilon_text

POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(audit: Audit, names: Mapping[str, str] | None = None, newest: int | None = None) -> str:
    """The page; every text in it is escaped, and its policy forbids scripts and requests.

    Args:
        audit: what to show.
        names: of accounts, where the caller knows them.
        newest: most rounds and versions to draw and list; the counts are of all. None shows all.
    """
    whole = audit
    if newest is not None and (older := max(len(audit.rounds), len(audit.versions)) - newest) > 0:
        sentence = f"{older} older rounds and versions are not shown here; `federated audit {audit.asked}` shows all"
        shown = {"rounds": audit.rounds[-newest:], "versions": audit.versions[-newest:]}
        audit = audit.model_copy(update=shown | {"left_out": [*audit.left_out, sentence]})
    known = {account.lower(): name for account, name in (names or {}).items()}
    called = {one.account: known.get(one.account.lower(), one.account) for one in audit.contributors}
    title = f"Lineage of {audit.name or f'task {audit.task}'}, version {audit.version}"
    parts = [
        _head(whole, title),
        "<h2>Where it comes from</h2>" + drawing(audit, called) + legend(),
        _grants(audit.grants, called),
        _contributors(audit, called),
        _versions(audit.versions),
        _rounds(audit.rounds, called),
        _checks(audit, called),
        _datasets(audit),
        _code(audit),
        _cases(audit, called),
        _left_out(audit.left_out),
    ]
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>{''.join(parts)}</main></body></html>"
    )


def _head(audit: Audit, title: str) -> str:
    statuses = [grant.status for grant in audit.grants if grant.inherited]
    inherited = sum(version.inherited for version in audit.versions)
    cards = (
        (inherited, "versions in its model, genesis included"),
        (sum(one.inherited > 0 for one in audit.contributors), "contributors to it"),
        (statuses.count("live"), "of their grants live"),
        (len(statuses) - statuses.count("live"), "of their grants withdrawn or expired"),
        (len(audit.slashes), "bonds taken"),
    )
    boxes = "".join(f"<div><b>{number}</b><span>{text}</span></div>" for number, text in cards)
    return (
        f"<h1>{escape(title)}</h1><p class='lead'>As of block {audit.as_of.number},"
        f" {moment(audit.as_of.time)} of chain time. Chain {audit.chain_id}, coordinator {code(audit.coordinator)},"
        f" version hash {code(audit.version_hash)}.</p><div class='cards'>{boxes}</div>"
    )


def _grants(grants: Sequence[GrantRow], names: Mapping[str, str]) -> str:
    rows = [
        (
            _status(one),
            code(one.grant),
            _who(one.silo, names),
            code(one.dataset),
            escape(", ".join(one.purposes)),
            f"{moment(one.valid_from)} to {moment(one.expiry)}",
            escape(spans(one.rounds)),
            escape(spans(one.versions)) or "none",
            one.privacy,
        )
        for one in grants
    ]
    header = ("today", "grant", "given to", "dataset", "purposes", "valid", "rounds under it", "versions trained on it")
    return _section("Grants, as they stand", (*header, "epsilon spent"), rows, "Nobody committed.")


def _status(grant: GrantRow) -> str:
    kinds = {"live": "good", "withdrawn": "bad"}
    since = f" {moment(grant.withdrawn_at)}" if grant.withdrawn_at else ""
    return chip(grant.status, kinds.get(grant.status, "warn")) + since


def _contributors(audit: Audit, names: Mapping[str, str]) -> str:
    rows = [
        (
            escape(names[one.account]) if names[one.account] != one.account else "",
            code(one.account),
            *(
                str(n)
                for n in (one.expected, one.validated, one.committed, one.revealed, one.aggregated, one.inherited)
            ),
            _text(f"{count} × {escape(reason)}" for reason, count in one.reasons.items()),
            "" if one.epsilon is None else epsilon_text(one.epsilon),
            one.slashed_wei if one.slashed_wei != "0" else "",
        )
        for one in audit.contributors
    ]
    counted = ("#expected", "#validated", "#committed", "#revealed", "#aggregated", "#in this model")
    header = ("name", "account", *counted, "excluded", "#epsilon spent", "#taken, wei")
    return _section("Contributors", header, rows, "Nobody was expected in any round.")


def _versions(versions: Sequence[VersionRow]) -> str:
    rows = [
        (
            str(one.number),
            one.kind + (f" to {one.restores}" if one.restores is not None else ""),
            str(one.round or ""),
            chip("in its model", "good") if one.inherited else chip("not in its model", "warn"),
            code(one.version_hash),
            code(one.parent_hash) if one.number else "",
            code(one.model_root),
            _metrics(one),
            escape(", ".join(one.purposes or [])),
            moment(one.usable_until) if one.usable_until else "",
            moment(one.time),
        )
        for one in reversed(versions)
    ]
    header = ("#version", "kind", "#round", "", "version hash", "parent", "model root", "metrics", "purposes")
    return _section("Parents, to genesis", (*header, "usable until", "appended"), rows, "")


def _metrics(version: VersionRow) -> str:
    told = [f"{escape(name)} {value:.6g}" for name, value in sorted((version.metrics or {}).items())]
    told += [] if version.median_metric is None else [f"committee {version.median_metric:.6g}"]
    return "<br>".join(told)


def _rounds(rounds: Sequence[AuditedRound], names: Mapping[str, str]) -> str:
    kinds = {"SUCCESS": "good", "DEGRADED": "warn", "NONE": "warn"}
    rows = [
        (
            str(one.round),
            chip(one.status, kinds.get(one.status, "bad")),
            "" if one.version is None else str(one.version),
            " / ".join(
                str(sum(getattr(deed, step) for deed in one.deeds))
                for step in ("validated", "committed", "revealed", "aggregated")
            ),
            _text(
                f"{_who(d.account, names)} {escape(f'{d.excluded_stage}: {d.excluded_reason}')}"
                for d in one.deeds
                if d.excluded_stage
            ),
        )
        for one in reversed(rounds)
    ]
    header = ("#round", "status", "#version", "validated / committed / revealed / aggregated", "excluded")
    return _section("Rounds", header, rows, "No round was opened.")


def _checks(audit: Audit, names: Mapping[str, str]) -> str:
    rows = [
        (
            str(one.round),
            _who(deed.account, names),
            code(deed.evidence_hash),
            code(deed.evidence.suite_hash),
            f"{deed.evidence.rows} of {deed.evidence.rows_total}",
            str(sum(check.success for check in deed.evidence.checks)) + f" of {len(deed.evidence.checks)}",
        )
        for one in reversed(audit.rounds)
        for deed in one.deeds
        if deed.evidence and deed.evidence_hash
    ]
    bound = sum(deed.evidence_hash is not None for one in audit.rounds for deed in one.deeds)
    header = ("#round", "participant", "evidence", "suite", "rows used", "checks passed")
    empty = (
        f"{bound} commits are bound to the hash of a data check; whoever has the evidence can have its counts shown."
    )
    return _section("Data checks", header, rows, empty)


def _datasets(audit: Audit) -> str:
    rows = [
        (code(one.dataset), code(one.holder), code(root.root), moment(root.time), escape(spans(root.rounds)))
        for one in audit.datasets
        for root in one.roots
    ]
    header = ("dataset", "holder", "root", "published", "rounds committed under it")
    return _section("Datasets", header, rows, "Nobody committed.")


def _code(audit: Audit) -> str:
    plan = audit.plan
    pairs = (
        ("spec", code(plan.spec_hash)),
        ("training plan", escape(plan.ref or "")),
        ("code hash", code(plan.code_hash or "")),
        ("rule", escape(plan.rule or "")),
        ("purposes", escape(", ".join(plan.purposes))),
        ("noise", escape(plan.noise)),
        ("task", code(audit.task_id)),
        ("registry", code(audit.registry)),
    )
    shown = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in pairs if value)
    return f"<h2>Code and agreement</h2><dl>{shown}</dl>"


def _cases(audit: Audit, names: Mapping[str, str]) -> str:
    slashes = [
        (str(one.round), escape(one.what), _who(one.account, names), one.amount_wei,
         escape(one.reason), code(one.tx))
        for one in audit.slashes
    ]  # fmt: skip
    cases = [
        (str(one.round), escape(one.what), _who(one.account, names),
         escape("; ".join(f"{name} {value}" for name, value in one.detail.items())), code(one.tx))
        for one in audit.challenges
    ]  # fmt: skip
    remedies = [
        (str(one.version), code(one.grant), chip(one.state, "bad" if one.state == "open" else "warn"),
         escape(spans(one.rounds)), code(one.reason_hash))
        for one in reversed(audit.remedies)
    ]  # fmt: skip
    return (
        _section("Bonds taken", ("#round", "what", "account", "#wei", "reason", "in"), slashes, "None.")
        + _section("Challenges and demands", ("#round", "what", "by", "detail", "in"), cases, "None.")
        + (
            _section("Remedies", ("#version", "grant", "state", "through rounds", "reason"), remedies, "")
            if remedies
            else ""
        )
    )


def _left_out(sentences: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(one)}</li>" for one in sentences)
    return f"<h2>What could not be read</h2><ul>{items}</ul>" if items else ""


def _text(lines: Iterable[str]) -> str:
    """Sentences that want some width."""
    told = "<br>".join(lines)
    return f'<span class="text">{told}</span>' if told else ""


def _who(account: str, names: Mapping[str, str]) -> str:
    """A name where one is known, else the account."""
    name = names.get(account, account)
    return code(account) if name == account else f'<span title="{escape(account)}">{escape(name)}</span>'


def _section(title: str, header: Sequence[str], rows: Sequence[Sequence[str]], empty: str) -> str:
    return f"<h2>{title}</h2>" + (table(header, rows) if rows else f"<p class='faint'>{empty}</p>")


def spans(numbers: Sequence[int]) -> str:
    """Sorted numbers with runs drawn together.

    >>> spans([1, 2, 3, 5])
    '1-3, 5'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)
