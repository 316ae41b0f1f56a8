"""What a process knows of a round beside the chain: names, local metrics, why somebody never got to commit."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from prefect_federated.core.round import Exclusion


@dataclass(frozen=True, slots=True)
class LocalNote:
    """One participant's own view of a round: what it trained on and what training measured. Counts only."""

    rows: int
    view_digest: bytes
    columns: tuple[str, ...]
    metrics: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Notes:
    """Notes of a round by account. Empty where every party runs on its own: nobody tells another."""

    names: Mapping[str, str] = field(default_factory=dict)
    local: Mapping[str, LocalNote] = field(default_factory=dict)
    exclusions: Mapping[str, Exclusion] = field(default_factory=dict)
    flow_run_id: str = ""

    def name(self, account: str) -> str:
        """The account's name, or the account."""
        return self.names.get(account, account)
