"""What a silo keeps of an update between commit and reveal, encrypted to itself: enough to go on anywhere."""

import json
from dataclasses import dataclass
from operator import index

from prefect_federated.core.canonical import canonical
from prefect_federated.core.commitment import Grounds, Opening, RoundContext
from prefect_federated.core.errors import PayloadError
from prefect_federated.core.sealing import derive


@dataclass(frozen=True, slots=True)
class SealedUpdate:
    """A trained update as it lies in the store: encrypted body, roots, weight. No tensor, no key."""

    body_uri: str
    attempt: bytes
    payload_root: bytes
    sealed_root: bytes
    content_key_hash: bytes
    weight: int
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class SealedOpening:
    """The opening of a commitment with what is needed to send it and to publish its payload."""

    opening: Opening
    grounds: Grounds
    body_uri: str
    attempt: bytes
    metrics: dict[str, float]
    made_in: int | None = None  # the earlier round whose base it was trained from; None for the round's own

    def to_bytes(self) -> bytes:
        """Canonical JSON of the whole; only ever stored encrypted."""
        opening = self.opening
        return canonical(
            {
                "body_uri": self.body_uri,
                "attempt": self.attempt.hex(),
                "metrics": self.metrics,
                "payload_root": opening.payload_root.hex(),
                "sealed_root": opening.sealed_root.hex(),
                "content_key_hash": opening.content_key_hash.hex(),
                "weight": opening.weight,
                "grant_id": self.grounds.grant_id.hex(),
                "evidence_hash": self.grounds.evidence_hash.hex(),
                "salt": opening.salt.hex(),
                "made_in": self.made_in,
            }
        )

    @classmethod
    def from_bytes(cls, content: bytes) -> "SealedOpening":
        """Read what `to_bytes` wrote.

        Raises:
            PayloadError: the bytes are no sealed opening.
        """
        try:
            raw = json.loads(content)
            grounds = Grounds(bytes.fromhex(raw["grant_id"]), bytes.fromhex(raw["evidence_hash"]))
            opening = Opening(
                payload_root=bytes.fromhex(raw["payload_root"]),
                sealed_root=bytes.fromhex(raw["sealed_root"]),
                content_key_hash=bytes.fromhex(raw["content_key_hash"]),
                weight=index(raw["weight"]),
                grounds_hash=grounds.hash,
                salt=bytes.fromhex(raw["salt"]),
            )
            metrics = {name: float(value) for name, value in raw["metrics"].items()}
            made_in = None if raw.get("made_in") is None else index(raw["made_in"])
            return cls(opening, grounds, raw["body_uri"], bytes.fromhex(raw["attempt"]), metrics, made_in)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PayloadError(f"stored opening cannot be read: {error}; restore the silo's store") from error


def seal(
    update: SealedUpdate,
    grounds: Grounds,
    sealing_key: bytes,
    context: RoundContext,
    key_version: int,
    made_in: int | None = None,
) -> SealedOpening:
    """Make the opening of a commitment; its salt comes from sealing key and round, so none can be lost."""
    opening = Opening(
        payload_root=update.payload_root,
        sealed_root=update.sealed_root,
        content_key_hash=update.content_key_hash,
        weight=update.weight,
        grounds_hash=grounds.hash,
        salt=derive(sealing_key, "salt", context, key_version),
    )
    return SealedOpening(opening, grounds, update.body_uri, update.attempt, update.metrics, made_in)
