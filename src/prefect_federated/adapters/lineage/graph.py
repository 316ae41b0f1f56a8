"""The lineage as a drawing: versions in a row, a lane below for each contributor, a mark for each deed.

round        1        2        3
versions  0 ---> 1 ------> 2 ---> ...        a rollback's edge leads back to what it restores
hospital-a       o        o        x          filled: in the aggregate; the other marks say where it ended
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from prefect_federated.core.audit import Audit, AuditedRound, DeedRow, VersionRow

STEP, LANE, LEFT = 64, 30, 40
NODE_Y, TOP = 62, 118  # the row of versions; the first lane
LABELS = 176
RADIUS = 15


@dataclass(frozen=True, slots=True)
class Column:
    """A round with the version it made, a round that made none, or a version that no round made."""

    version: VersionRow | None
    round: AuditedRound | None

    @property
    def when(self) -> tuple[int, int]:
        """Order of time; genesis first."""
        if self.round is not None:
            return self.round.started_at, 1
        return (self.version.time, 2) if self.version and self.version.number else (0, 0)


def columns_of(audit: Audit) -> list[Column]:
    """The columns in the order of time."""
    made = {one.version: one for one in audit.rounds if one.version is not None}
    versions = [Column(version, made.get(version.number)) for version in audit.versions]
    shown = {column.round.round for column in versions if column.round}
    empty = [Column(None, one) for one in audit.rounds if one.round not in shown]
    return sorted([*versions, *empty], key=lambda column: column.when)


def drawing(audit: Audit, names: Mapping[str, str]) -> str:
    """Two pictures side by side: labels that stay, and the graph, which scrolls."""
    columns, lanes = columns_of(audit), [one.account for one in audit.contributors]
    height, width = TOP + LANE * len(lanes) + 8, LEFT * 2 + STEP * (len(columns) - 1)
    labels = "".join(
        f'<text x="0" y="{_lane_y(lane) + 5}"><title>{account}</title>'
        f"{escape(_short(names.get(account, account)))}</text>"
        for lane, account in enumerate(lanes)
    )
    lines = "".join(
        f'<line x1="0" x2="{width}" y1="{_lane_y(lane)}" y2="{_lane_y(lane)}" class="lane"/>'
        for lane in range(len(lanes))
    )
    parts = (lines, *_edges(columns), *_marks(columns, lanes, names), *_nodes(columns))
    return (
        f'<div class="graph"><svg width="{LABELS}" height="{height}" viewBox="0 0 {LABELS} {height}">'
        f'<text x="0" y="20" class="faint">round</text><text x="0" y="{NODE_Y + 5}" class="faint">version</text>'
        f"{labels}</svg>"
        '<div class="scroll" tabindex="0" role="region" aria-label="Lineage graph; scrolls sideways">'
        f'<svg role="img" aria-label="{escape(_spoken(audit))}" width="{width}" height="{height}"'
        f' viewBox="0 0 {width} {height}"><defs><marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="5"'
        f' markerHeight="5" orient="auto"><path d="M0 0L8 4L0 8z" class="tip"/></marker></defs>{"".join(parts)}'
        "</svg></div></div>"
    )


def legend() -> str:
    """What nodes and marks mean."""
    kinds = (("own", "audited version"), ("", "its ancestor"), ("past", "not in its model"))
    nodes = (_sample(f'<circle r="8" class="node {kind}"/>', text) for kind, text in kinds)
    ends = (
        ("", "in the aggregate"),
        ("aggregate", "opened, left out"),
        ("reveal", "committed, not opened"),
        ("commit", "no commit"),
    )
    marks = (_sample(_shape(stage), text) for stage, text in ends)
    return f'<p class="legend">{"".join([*nodes, *marks])}</p>'


def _edges(columns: Sequence[Column]) -> Iterator[str]:
    """Parents as arrows; what a rollback restores as a bow."""
    at = {column.version.number: _x(place) for place, column in enumerate(columns) if column.version}
    for column in columns:
        version = column.version
        if version is None or version.number - 1 not in at:
            continue
        start, end = at[version.number - 1] + RADIUS, at[version.number] - RADIUS - 1
        faded = "" if version.inherited and version.restores is None else " faded"
        yield f'<line x1="{start}" y1="{NODE_Y}" x2="{end}" y2="{NODE_Y}" class="edge{faded}" marker-end="url(#tip)"/>'
        if version.restores is not None and version.restores in at:
            left, right = at[version.restores], at[version.number]
            top = NODE_Y - RADIUS
            yield (
                f'<path d="M{left} {top}C{left} {top - 26} {right} {top - 26} {right} {top - 2}" class="edge back"'
                f' marker-end="url(#tip)"><title>version {version.number} restores version {version.restores}</title>'
                "</path>"
            )


def _nodes(columns: Sequence[Column]) -> Iterator[str]:
    last = max(column.version.number for column in columns if column.version)
    for place, column in enumerate(columns):
        x, round, version = _x(place), column.round, column.version
        if round is not None:
            yield f'<text x="{x}" y="20" class="faint middle">{round.round}</text>'
        if version is None:
            status = round.status if round else ""
            yield (
                f'<g><title>round {round.round if round else ""}: {status}, no version</title><rect x="{x - 9}"'
                f' y="{NODE_Y - 9}" width="18" height="18" rx="3" class="node none"/><path d="M{x - 4} {NODE_Y - 4}l8 8'
                f'm0-8l-8 8" class="cross"/></g>'
            )
            continue
        kind = "own" if version.number == last else "" if version.inherited else "past"
        scores = "".join(f"\n{name} {value:.6g}" for name, value in sorted((version.metrics or {}).items()))
        yield (
            f"<g><title>version {version.number}, {version.kind}\n{version.version_hash}{escape(scores)}</title>"
            f'<circle cx="{x}" cy="{NODE_Y}" r="{RADIUS}" class="node {kind}"/>'
            f'<text x="{x}" y="{NODE_Y + 5}" class="middle number {kind}">{version.number}</text></g>'
        )


def _marks(columns: Sequence[Column], lanes: Sequence[str], names: Mapping[str, str]) -> Iterator[str]:
    lane_of = {account: lane for lane, account in enumerate(lanes)}
    for place, column in enumerate(columns):
        if column.round is None:
            continue
        for deed in column.round.deeds:
            stage = "" if deed.aggregated else deed.excluded_stage or "commit"
            past = " past" if deed.aggregated and not column.round.inherited else ""
            told = f"{names.get(deed.account, deed.account)}, round {column.round.round}: {_told(deed)}"
            yield (
                f'<g transform="translate({_x(place)} {_lane_y(lane_of[deed.account])})" class="mark{past}">'
                f"<title>{escape(told)}</title>{_shape(stage)}</g>"
            )


def _shape(stage: str) -> str:
    """A mark of its own for each end, so that nobody needs to tell colours apart."""
    if not stage:
        return '<circle r="6" class="in"/>'
    if stage in ("aggregate", "vote"):
        return '<circle r="6" class="out"/><path d="M-4 4L4 -4" class="slash"/>'
    if stage == "reveal":
        return '<path d="M0 -7L7 5H-7z" class="bad"/>'
    return '<path d="M-5 0H5" class="slash"/>'


def _told(deed: DeedRow) -> str:
    if deed.aggregated:
        return f"in the aggregate, {deed.weight} examples revealed"
    return f"{deed.excluded_stage}: {deed.excluded_reason}"


def _spoken(audit: Audit) -> str:
    inherited = sum(version.inherited for version in audit.versions)
    return (
        f"Version {audit.version} of task {audit.task} with {len(audit.versions)} versions back to genesis,"
        f" {inherited} of them in its model, and {len(audit.contributors)} contributors over {len(audit.rounds)} rounds"
    )


def _sample(shape: str, text: str) -> str:
    return f'<span><svg width="20" height="20" viewBox="-10 -10 20 20">{shape}</svg>{text}</span>'


def _short(name: str) -> str:
    return f"{name[:8]}…{name[-6:]}" if name.startswith("0x") and len(name) == 42 else name[:22]


def _lane_y(lane: int) -> int:
    return TOP + lane * LANE


def _x(place: int) -> int:
    return LEFT + place * STEP
