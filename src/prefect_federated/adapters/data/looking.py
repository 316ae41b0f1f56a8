"""What one look at a silo's table found, and when that look still stands.

table, grant, task, suite unchanged --fingerprint--> the same Looked, without reading the table
"""

from dataclasses import asdict, dataclass
from typing import Any

from prefect_federated.adapters.silo import Silo
from prefect_federated.core.checks import Suite
from prefect_federated.core.consent import GrantState
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.view import ViewCounts


@dataclass(frozen=True, slots=True)
class Looked:
    """Digests and counts; no row."""

    dataset_root: bytes
    view_digest: bytes
    counts: ViewCounts

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        digests = {"dataset_root": self.dataset_root.hex(), "view_digest": self.view_digest.hex()}
        return {**digests, "counts": asdict(self.counts)}

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "Looked":
        """From what `to_json` gave."""
        root, digest = (bytes.fromhex(raw[name]) for name in ("dataset_root", "view_digest"))
        return cls(root, digest, ViewCounts(**raw["counts"]))


def asked_of(silo: Silo, spec: RoundSpec, grant: GrantState, suite: Suite) -> dict[str, Any] | None:
    """All that the outcome of a check depends on, as JSON values; None where only a look can tell.

    The grant's digests stand for the record, which was shown to match them, and so for its secret. Where rows must be
    fresh the outcome depends on the time too. A file altered under its old time and size is found when training reads
    it again.
    """
    fingerprint = silo.source.fingerprint
    if fingerprint is None or spec.spec.data.freshness is not None:
        return None
    return {
        "source": fingerprint,
        "subject_column": silo.subject_column,
        "grant": [grant.grant_id.hex(), grant.columns.hex(), grant.subjects.hex()],
        "data": spec.spec.data.model_dump(mode="json"),
        "suite": suite.hash.hex(),
    }
