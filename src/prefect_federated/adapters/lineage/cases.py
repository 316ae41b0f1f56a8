"""Challenges, demands, slashes and remedies of a lineage, as their events tell them."""

from collections.abc import Iterable, Sequence
from typing import Any

from prefect_federated.adapters.evm.records import Event, Version
from prefect_federated.adapters.evm.stewarding import answers_of, changes_of, moment
from prefect_federated.adapters.evm.versions import version_fields
from prefect_federated.core.audit import AuditedRound, CaseRow, RemedyRow, SlashRow
from prefect_federated.core.remedies import Used, remedies
from prefect_federated.core.version import VersionFields

CASES = frozenset(
    ("SumRefuted", "SumOutOfRange", "GroupsRefuted", "SumTallied", "HeaderRefuted", "StepRefuted", "LeafRefuted",
     "ExclusionRefuted", "RewardRefuted", "RangeRefuted", "RightsRefuted", "SharingRefuted", "SeedRefuted",
     "IncludedSeedRefuted", "Omitted", "Equivocated", "Demanded", "Answered", "Forfeited", "LeafDemanded",
     "LeafAnswered", "LeafForfeited", "ProposalOverturned", "RollVoided", "VoteVoided")
)  # fmt: skip
SLASHES = {  # event: the fields that say whose bond, and how much of it
    "ParticipantSlashed": ("participant", "amount"),
    "DutySlashed": ("account", "amount"),
    "ValidatorSlashed": ("account", "taken"),
    "PosterSlashed": ("poster", "taken"),
}
LONGEST = 200  # an answered leaf carries its bytes; the transaction has the rest


def cases(events: Sequence[Event]) -> list[CaseRow]:
    """Everything that was brought against a round, in order."""
    return [
        CaseRow(
            round=event.args["round"],
            what=event.name,
            account=next((event.args[name] for name in ("accuser", "by") if name in event.args), ""),
            detail={name: _text(value) for name, value in event.args.items() if name not in ("task", "round")},
            block=event.block,
            tx=_text(event.tx_hash),
        )
        for event in events
        if event.name in CASES
    ]


def slashes(events: Sequence[Event]) -> list[SlashRow]:
    """Every bond that was taken, in order."""
    rows = []
    for event in events:
        if event.name in SLASHES:
            who, amount = (event.args[field] for field in SLASHES[event.name])
            reason = str(event.args.get("reason", ""))
            row = SlashRow(
                round=event.args["round"],
                what=event.name,
                account=who,
                amount_wei=str(amount),
                reason=reason,
                tx=_text(event.tx_hash),
            )
            rows.append(row)
    return rows


def taken_from(rows: Iterable[SlashRow]) -> dict[str, int]:
    """What each account lost, wei."""
    taken: dict[str, int] = {}
    for row in rows:
        taken[row.account] = taken.get(row.account, 0) + int(row.amount_wei)
    return taken


def remedy_rows(
    versions: Sequence[Version], rounds: Sequence[AuditedRound], events: Sequence[Event], consent: Sequence[Event]
) -> list[RemedyRow]:
    """Versions that descend from changed grants, with what a steward answered; open where nobody has."""
    changes = changes_of(consent)
    changed = {_text(change.grant_id): change.grant_id for change in changes}
    if not changed:
        return []
    began = {e.args["round"]: moment(e) for e in events if e.name == "RoundStarted"}
    used = {
        one.round: Used(
            began[one.round], frozenset(changed[d.grant] for d in one.deeds if d.aggregated and d.grant in changed)
        )
        for one in rounds
    }
    log = [(VersionFields(*version_fields(version)), version.version_hash) for version in versions]
    return [
        RemedyRow(
            version=one.number,
            grant=_text(one.grant_id),
            state=one.state.word,
            rounds=list(one.rounds),
            reason_hash=_text(one.answer.reason_hash) if one.answer else None,
            steward=one.answer.steward if one.answer else None,
        )
        for one in remedies(log, used, changes, answers_of(events))
    ]


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = "0x" + value.hex()
    elif isinstance(value, dict):
        value = ", ".join(f"{name} {_text(one)}" for name, one in value.items())
    text = str(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."
