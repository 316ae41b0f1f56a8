"""Challenges, demands, slashes and remedies of a lineage, as their events tell them."""

from collections.abc import Iterable, Sequence, Set
from typing import Any

from prefect_federated.adapters.evm.records import Event
from prefect_federated.core.audit import CaseRow, RemedyRow, SlashRow

CASES = frozenset(
    ("SumRefuted", "SumTallied", "HeaderRefuted", "StepRefuted", "LeafRefuted", "ExclusionRefuted", "RewardRefuted",
     "RangeRefuted", "RightsRefuted", "Omitted", "Equivocated", "Demanded", "Answered", "Forfeited", "LeafDemanded",
     "LeafAnswered", "LeafForfeited", "ProposalOverturned", "RollVoided", "VoteVoided")
)  # fmt: skip
SLASHES = {  # event: the fields that say whose bond, and how much of it
    "ParticipantSlashed": ("participant", "amount"),
    "DutySlashed": ("account", "amount"),
    "ValidatorSlashed": ("account", "taken"),
    "PosterSlashed": ("poster", "taken"),
}
ACTIONS = ("none", "retrain", "retire", "accept")
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


def remedies(events: Iterable[Event], versions: Set[bytes]) -> list[RemedyRow]:
    """What stewards answered for these versions."""
    return [
        RemedyRow(
            version_hash=_text(event.args["versionHash"]),
            grant=_text(event.args["grantId"]),
            action=ACTIONS[event.args["action"]],
            reason_hash=_text(event.args["reasonHash"]),
            tx=_text(event.tx_hash),
        )
        for event in events
        if event.name == "RemedyAnswered" and event.args["versionHash"] in versions
    ]


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        value = "0x" + value.hex()
    elif isinstance(value, dict):
        value = ", ".join(f"{name} {_text(one)}" for name, one in value.items())
    text = str(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + "..."
