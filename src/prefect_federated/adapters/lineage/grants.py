"""Grants and datasets behind a lineage, as they stand at the audit's block.

ConsentGranted, ConsentWithdrawn, SubjectsSet --fold, against one chain time--> live, expired, withdrawn
"""

from collections.abc import Iterator, Sequence
from typing import Any

from prefect_federated.adapters.evm.records import Event
from prefect_federated.adapters.lineage.descent import Descent
from prefect_federated.adapters.lineage.losses import Losses, told
from prefect_federated.core.audit import AuditedRound, DatasetRow, DeedRow, GrantRow, RootRow
from prefect_federated.core.duo import purpose_codes


def grant_rows(
    consent: Sequence[Event], rounds: Sequence[AuditedRound], descent: Descent, now_s: int, losses: Losses
) -> list[GrantRow]:
    """Every grant under which somebody committed, in the order in which they were given.

    Args:
        consent: events about consent.
        rounds: with the deeds done under them.
        descent: of the audited version.
        now_s: chain time at which they are judged.
        losses: what was spent of their privacy budgets.
    """
    used = _by_grant(rounds)
    withdrawn = {_hex(e.args["grantId"]): e.args["withdrawnAt"] for e in consent if e.name == "ConsentWithdrawn"}
    changed = [_hex(e.args["grantId"]) for e in consent if e.name == "SubjectsSet"]
    holders = {e.args["dataset"]: e.args["holder"] for e in consent if e.name == "DatasetRegistered"}
    rows = []
    for event in consent:
        if event.name != "ConsentGranted" or (grant := _hex(event.args["grantId"])) not in used:
            continue
        terms, own = event.args["grant"], used[grant]
        aggregated = [round.round for round, deed in own if deed.aggregated]
        rows.append(
            GrantRow(
                grant=grant,
                dataset=_hex(terms["dataset"]),
                holder=holders[terms["dataset"]],
                silo=terms["silo"],
                purposes=purpose_codes(terms["purposes"]).split(", "),
                valid_from=terms["validFrom"],
                expiry=terms["expiry"],
                status=_status(terms, withdrawn.get(grant), now_s),
                withdrawn_at=withdrawn.get(grant),
                subjects_changed=changed.count(grant),
                rounds=[round.round for round, _ in own],
                versions=descent.trained_on(aggregated),
                inherited=any(descent.took(round) for round in aggregated),
                epsilon_limit=told(terms["budget"], losses.delta),
                epsilon_spent=losses.of_grant(bytes(event.args["grantId"])),
            )
        )
    return rows


def dataset_rows(consent: Sequence[Event], rounds: Sequence[AuditedRound]) -> list[DatasetRow]:
    """Every dataset behind a commit, with the roots that its holder published and the rounds under each."""
    datasets = {_hex(e.args["grantId"]): e.args["grant"]["dataset"] for e in consent if e.name == "ConsentGranted"}
    under: dict[tuple[bytes, str], list[int]] = {}
    for grant, own in _by_grant(rounds).items():
        for round, deed in own:
            under.setdefault((datasets[grant], str(deed.dataset_root)), []).append(round.round)
    used = {dataset for dataset, _ in under}
    rows: dict[bytes, DatasetRow] = {}
    for event in consent:
        dataset = event.args.get("dataset")
        if event.name not in ("DatasetRegistered", "DatasetRootPublished") or dataset not in used:
            continue
        if event.name == "DatasetRegistered":
            rows[dataset] = DatasetRow(dataset=_hex(dataset), holder=event.args["holder"], roots=[])
        root = _hex(event.args["root"])
        held = sorted(set(under.get((dataset, root), ())))
        rows[dataset].roots.append(RootRow(root=root, block=event.block, time=event.timestamp, rounds=held))
    return list(rows.values())


def _by_grant(rounds: Sequence[AuditedRound]) -> dict[str, list[tuple[AuditedRound, DeedRow]]]:
    found: dict[str, list[tuple[AuditedRound, DeedRow]]] = {}
    for round, deed in _deeds(rounds):
        if deed.grant is not None:
            found.setdefault(deed.grant, []).append((round, deed))
    return found


def _deeds(rounds: Sequence[AuditedRound]) -> Iterator[tuple[AuditedRound, DeedRow]]:
    return ((round, deed) for round in rounds for deed in round.deeds)


def _status(terms: dict[str, Any], withdrawn_at: int | None, now_s: int) -> str:
    if withdrawn_at is not None:
        return "withdrawn"
    if now_s < terms["validFrom"]:
        return "not yet valid"
    return "expired" if terms["expiry"] <= now_s else "live"


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
