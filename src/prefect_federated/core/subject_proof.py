"""Showing that a grant covers one subject, and nothing about the others.

record + subject --prove--> subject, its own salt, siblings --check against the root on chain--> covered or not
"""

from dataclasses import dataclass, field
from typing import Any

from prefect_federated.core.consent import ConsentRecord, salted_tag, subject_leaves, subject_salt
from prefect_federated.core.errors import ConsentError
from prefect_federated.core.merkle import leaf_hash, proof, verify

FORMAT = "federated-subject/1"


@dataclass(frozen=True, slots=True)
class SubjectProof:
    """One subject's place under a grant's root of subjects.

    Whoever holds it learns this subject's salt, how many subjects there are, and hashes of salted tags. The salts of
    the others follow from the record's secret alone, so that guessing their names helps nobody.
    """

    grant_id: bytes
    subject: str = field(repr=False)
    salt: bytes = field(repr=False)
    index: int
    count: int
    siblings: tuple[bytes, ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON values; bytes as 0x-hex."""
        return {
            "format": FORMAT,
            "grant_id": "0x" + self.grant_id.hex(),
            "subject": self.subject,
            "salt": "0x" + self.salt.hex(),
            "index": self.index,
            "count": self.count,
            "siblings": ["0x" + node.hex() for node in self.siblings],
        }

    @classmethod
    def from_json(cls, raw: Any) -> "SubjectProof":
        """Read what `to_json` made.

        Raises:
            ConsentError: it is something else.
        """
        try:
            if raw["format"] != FORMAT or not isinstance(raw["subject"], str):
                raise ValueError
            siblings = tuple(_bytes(node) for node in raw["siblings"])
            place = (int(raw["index"]), int(raw["count"]))
            return cls(_bytes(raw["grant_id"]), raw["subject"], _bytes(raw["salt"]), *place, siblings)
        except (ValueError, KeyError, TypeError, AttributeError):
            pass
        raise ConsentError(f"this is no proof of a subject ({FORMAT}); make one with `federated consent prove-subject`")


def prove_subject(record: ConsentRecord, subject: str) -> SubjectProof:
    """Show one subject of a record.

    Raises:
        ConsentError: the record does not cover it.
    """
    if subject not in record.subjects:
        raise ConsentError(
            f"grant 0x{record.grant_id.hex()[:12]} covers {len(record.subjects)} subjects, and not this one;"
            " there is nothing to prove"
        )
    leaves, salt = subject_leaves(record.secret, record.subjects), subject_salt(record.secret, subject)
    index = leaves.index(leaf_hash(salted_tag(salt, subject)))
    return SubjectProof(record.grant_id, subject, salt, index, len(leaves), tuple(proof(leaves, index)))


def check_subject(root: bytes, shown: SubjectProof) -> bool:
    """Whether a root of subjects covers the subject that is shown.

    >>> from prefect_federated.core.consent import subjects_root
    >>> record = ConsentRecord(bytes(32), b"secret", ("age",), ("ann", "bob", "cyd"))
    >>> root, shown = subjects_root(b"secret", ["ann", "bob", "cyd"]), prove_subject(record, "bob")
    >>> check_subject(root, shown), check_subject(subjects_root(b"secret", ["ann", "cyd"]), shown)
    (True, False)
    """
    leaf = leaf_hash(salted_tag(shown.salt, shown.subject))
    return verify(root, leaf, shown.index, shown.count, list(shown.siblings))


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
