"""Evidence: what a silo can later show about a data check, bound into its commitment by one hash.

grant, subjects, dataset root, view digest, suite hash, counts, salt --canonical JSON, SHA-256--> evidence hash
"""

import hashlib
import json
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from prefect_federated.core.canonical import canonical
from prefect_federated.core.checks import Check
from prefect_federated.core.errors import DataError
from prefect_federated.core.view import ViewCounts

FORMAT = "federated-evidence/2"
_DIGESTS = ("grant_id", "subjects_root", "dataset_root", "view_digest", "suite_hash", "salt")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Counts-only record of one data check. It stays in the silo; its hash goes into the commitment.

    The salt hides it: digests and counts of small data could be guessed and tried against an unsalted hash.
    """

    task: int
    round: int
    participant: str
    until_s: int  # chain time until which the round may read data: the grant lasts that long, rows are fresh then
    grant_id: bytes
    subjects_root: bytes  # of the subjects whom the grant covered then
    dataset_root: bytes  # of all rows the silo has, as published on chain; the view is a part of them
    view_digest: bytes
    suite_hash: bytes
    counts: ViewCounts
    checks: tuple[Check, ...]
    salt: bytes  # 32 secret bytes, derived by the caller so that a repeated run finds the same

    def canonical(self) -> bytes:
        """The evidence as canonical JSON, salt included."""
        return _written(self)

    @property
    def hash(self) -> bytes:
        """SHA-256 of the canonical JSON, 32 bytes.

        >>> counts = ViewCounts(rows_total=3, rows_without_consent=1, rows=2)
        >>> check = Check("expect_enough_rows", None, True, checked=2, unexpected=0, missing=0)
        >>> args = (1, 4, "0xAbc", 99, *[bytes(32)] * 5, counts, (check,))
        >>> Evidence(*args, salt=bytes(32)).hash.hex()[:16], Evidence(*args, salt=b"1" * 32).hash.hex()[:16]
        ('197d7d4b837b38a8', '5f6aa3a55b885660')
        """
        return hashlib.sha256(self.canonical()).digest()

    @classmethod
    def from_bytes(cls, document: bytes) -> "Evidence":
        """Read evidence that was kept.

        Raises:
            DataError: it is no evidence of this format.

        >>> kept = Evidence(1, 2, "0xab", 9, *[bytes(32)] * 5, ViewCounts(1, 0, 1), (), bytes(32))
        >>> Evidence.from_bytes(kept.canonical()) == kept
        True
        """
        try:
            raw = json.loads(document)
            digests: dict[str, Any] = {name: bytes.fromhex(raw[name].removeprefix("0x")) for name in _DIGESTS}
            if raw["format"] != FORMAT:
                raise ValueError(f"its format is {raw['format']!r}, not {FORMAT!r}")
            checks = tuple(Check(**check) for check in raw["checks"])
            place = (raw["task"], raw["round"], raw["participant"], raw["until_s"])
            return cls(*place, **digests, counts=ViewCounts(**raw["counts"]), checks=checks)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(f"a document kept as evidence cannot be read ({error}); restore the store") from error

    def to_json(self) -> dict[str, Any]:
        """The evidence as JSON values; bytes as 0x-hex.

        Raises:
            DataError: salt or a digest does not have 32 bytes.
        """
        for name in _DIGESTS:
            if len(getattr(self, name)) != 32:
                raise DataError(f"evidence field {name} has {len(getattr(self, name))} bytes, it needs 32")
        return {
            "format": FORMAT,
            "task": self.task,
            "round": self.round,
            "participant": self.participant.lower(),
            "until_s": self.until_s,
            "grant_id": _hex(self.grant_id),
            "subjects_root": _hex(self.subjects_root),
            "dataset_root": _hex(self.dataset_root),
            "view_digest": _hex(self.view_digest),
            "suite_hash": _hex(self.suite_hash),
            "counts": {
                "rows_total": self.counts.rows_total,
                "rows_without_consent": self.counts.rows_without_consent,
                "rows": self.counts.rows,
            },
            "checks": [_row(check) for check in self.checks],
            "salt": _hex(self.salt),
        }


def _row(check: Check) -> dict[str, Any]:
    return {
        "expectation": check.expectation,
        "column": check.column,
        "success": check.success,
        "checked": check.checked,
        "unexpected": check.unexpected,
        "missing": check.missing,
    }


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


@lru_cache(maxsize=256)
def _written(evidence: Evidence) -> bytes:
    """A round hashes and keeps its evidence several times."""
    return canonical(evidence.to_json())
