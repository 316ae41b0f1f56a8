"""What each participant did in each round, and over all of them.

RoundLog + UpdateCommitted --> a deed for everybody expected;  deeds --> a line a contributor
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from prefect_federated.adapters.evm.records import Event
from prefect_federated.adapters.lineage.descent import Descent
from prefect_federated.adapters.lineage.losses import Losses
from prefect_federated.adapters.round_log import RoundLog
from prefect_federated.core.audit import AuditedRound, ContributorRow, DeedRow, EvidenceRow

Place = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Commits:
    """Commits by round and account, and the roots of datasets as they were published, by dataset and place."""

    found: Mapping[tuple[int, str], Event]
    dataset_of: Mapping[bytes, bytes]  # by grant
    roots: Mapping[bytes, Sequence[tuple[Place, bytes]]]

    @classmethod
    def of(cls, consent: Sequence[Event], by_round: Mapping[int, Sequence[Event]], rounds: Iterable[int]) -> Self:
        """From the events about consent, and those of the rounds."""
        commits = (event for round in rounds for event in by_round[round] if event.name == "UpdateCommitted")
        found = {(event.args["round"], event.args["participant"]): event for event in commits}
        dataset_of = {e.args["grantId"]: e.args["grant"]["dataset"] for e in consent if e.name == "ConsentGranted"}
        return cls(found, dataset_of, published(consent))

    def root_at(self, commit: Event) -> bytes | None:
        """Root that the grant's dataset had when a commit came."""
        roots = self.roots.get(self.dataset_of.get(commit.args["grantId"], b""), ())
        before = bisect_right([place for place, _ in roots], (commit.block, commit.log_index))
        return roots[before - 1][1] if before else None


def published(consent: Sequence[Event]) -> dict[bytes, list[tuple[Place, bytes]]]:
    """Roots of each dataset in the order in which its holder published them."""
    roots: dict[bytes, list[tuple[Place, bytes]]] = {}
    for event in consent:
        if event.name in ("DatasetRegistered", "DatasetRootPublished"):
            roots.setdefault(event.args["dataset"], []).append(((event.block, event.log_index), event.args["root"]))
    return roots


def audited_round(
    log: RoundLog, descent: Descent, commits: Commits, evidence: Mapping[bytes, EvidenceRow], losses: Losses
) -> AuditedRound:
    """A round with a deed for everybody who was expected."""
    people = log.participation({})
    out = {one.participant: one for one in people.excluded}
    committed, revealed, aggregated = set(people.committed), set(people.revealed), set(people.aggregated)
    deeds = []
    for account in people.expected:
        commit, fate = commits.found.get((log.round, account)), out.get(account)
        root = commits.root_at(commit) if commit else None
        deeds.append(
            DeedRow(
                account=account,
                validated=account in committed,
                committed=account in committed,
                revealed=account in revealed,
                aggregated=account in aggregated,
                weight=log.weights.get(account),
                commit_tx=_hex(commit.tx_hash) if commit else None,
                grant=_hex(commit.args["grantId"]) if commit else None,
                dataset_root=_hex(root) if root is not None else None,
                evidence_hash=_hex(commit.args["evidenceHash"]) if commit else None,
                evidence=evidence.get(commit.args["evidenceHash"]) if commit else None,
                epsilon=losses.of_commit(log.task, log.round, account),
                excluded_stage=fate.stage if fate else None,
                excluded_reason=fate.reason if fate else None,
            )
        )
    return AuditedRound(
        round=log.round,
        status=log.status.name,
        version=log.version,
        inherited=descent.took(log.round),
        started_at=log.started_at,
        ended_at=log.ended_at,
        deeds=deeds,
    )


def contributors(
    rounds: Sequence[AuditedRound], taken: Mapping[str, int], task: int, losses: Losses
) -> list[ContributorRow]:
    """One line for every account that was ever expected, in the order of their coming."""
    deeds: dict[str, list[tuple[AuditedRound, DeedRow]]] = {}
    for round in rounds:
        for deed in round.deeds:
            deeds.setdefault(deed.account, []).append((round, deed))
    return [
        ContributorRow(
            account=account,
            expected=len(own),
            validated=sum(deed.validated for _, deed in own),
            committed=sum(deed.committed for _, deed in own),
            revealed=sum(deed.revealed for _, deed in own),
            aggregated=sum(deed.aggregated for _, deed in own),
            excluded=sum(deed.excluded_stage is not None for _, deed in own),
            inherited=sum(deed.aggregated and round.inherited for round, deed in own),
            reasons=dict(Counter(_reason(deed) for _, deed in own if deed.excluded_stage).most_common()),
            grants=list(dict.fromkeys(deed.grant for _, deed in own if deed.grant)),
            epsilon=losses.of_silo(task, account),
            slashed_wei=str(taken.get(account, 0)),
        )
        for account, own in deeds.items()
    ]


def _reason(deed: DeedRow) -> str:
    return f"{deed.excluded_stage}: {deed.excluded_reason}"


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
