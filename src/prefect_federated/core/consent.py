"""Consent as the chain knows it (grants) and as the silo keeps it (records).

grant on chain --digests--> record in the silo --columns, subjects--> consent view of the data
"""

import hmac
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from prefect_federated.core.canonical import canonical
from prefect_federated.core.consent_record import RecordDocument
from prefect_federated.core.data_use import Use, covers
from prefect_federated.core.duo import lacking, purpose_codes
from prefect_federated.core.errors import ConsentError
from prefect_federated.core.merkle import leaf_hash, root_of_leaves
from prefect_federated.core.moments import seconds


@dataclass(frozen=True, slots=True)
class Grant:
    """A data holder's consent to one silo, as signed (EIP-712) and recorded on chain."""

    dataset: bytes
    silo: str
    purposes: int
    valid_from: int
    expiry: int
    columns: bytes
    subjects: bytes
    record: bytes  # keyed digest of the silo's consent record
    budget: int  # most privacy loss over all commits under it, a vector of `core.privacy`; 0 is no limit
    nonce: int
    deadline: int


@dataclass(frozen=True, slots=True)
class GrantState:
    """A grant as it stands on chain now."""

    grant_id: bytes
    dataset: bytes
    silo: str
    holder: str
    purposes: int
    valid_from: int
    expiry: int
    columns: bytes
    subjects: bytes
    record: bytes
    budget: int
    spent: int  # of the budget, by commits that were not refunded
    withdrawn_at: int  # unix seconds of chain time; 0 while it stands


@dataclass(frozen=True, slots=True)
class PastSubjects:
    """Subjects that a grant covered until somebody joined or left; who that was is not kept."""

    root: bytes
    until_s: int  # unix seconds of chain time
    count: int


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """What the silo alone knows of a grant; secret and subjects stay out of its repr, and so out of logs."""

    grant_id: bytes
    secret: bytes = field(repr=False)
    columns: tuple[str, ...]
    subjects: tuple[str, ...] = field(repr=False)
    document: RecordDocument | None = field(default=None, repr=False)
    history: tuple[PastSubjects, ...] = field(default=(), repr=False)

    @property
    def digest(self) -> bytes:
        """The record's digest on chain; zero for a grant that was given without a document."""
        return self.document.digest(self.secret) if self.document else bytes(32)


def grant_of(record: ConsentRecord, nonce: int, deadline: int, budget: int = 0) -> Grant:
    """The grant that a record's document stands for, to be signed by the data holder.

    Args:
        nonce: any number that the holder has not used.
        deadline: last second of chain time to bring it.
        budget: most privacy loss under it, a vector of `core.privacy`; 0 is no limit.

    Raises:
        ConsentError: the record has no document, or it names no account of the silo.
    """
    document = record.document
    if document is None or document.processor.account is None:
        raise ConsentError("the record lacks a document that names the silo's account; draft it again")
    return Grant(
        dataset=bytes.fromhex(document.dataset[2:]),
        silo=document.processor.account,
        purposes=document.terms.bits,
        valid_from=seconds(document.validity.start),
        expiry=seconds(document.validity.end),
        columns=columns_digest(record.secret, record.columns),
        subjects=subjects_root(record.secret, record.subjects),
        record=record.digest,
        budget=budget,
        nonce=nonce,
        deadline=deadline,
    )


def columns_digest(secret: bytes, columns: Iterable[str]) -> bytes:
    """Keyed digest of a set of column names: HMAC-SHA256(secret, "columns" || JCS(sorted names))."""
    return hmac.digest(secret, b"columns" + canonical(sorted(columns)), "sha256")


def subject_salt(secret: bytes, subject: str) -> bytes:
    """One subject's own salt, which tells nothing of the others: HMAC-SHA256(secret, "subject salt" || subject)."""
    return hmac.digest(secret, b"subject salt" + subject.encode(), "sha256")


def subject_tag(secret: bytes, subject: str) -> bytes:
    """Salted tag of one subject; without the secret it says nothing about the subject."""
    return salted_tag(subject_salt(secret, subject), subject)


def salted_tag(salt: bytes, subject: str) -> bytes:
    """The tag again from a salt that was shown: HMAC-SHA256(salt, "subject" || subject)."""
    return hmac.digest(salt, b"subject" + subject.encode(), "sha256")


def subjects_root(secret: bytes, subjects: Iterable[str]) -> bytes:
    """Merkle root over the sorted subject tags, so that membership of one can be shown alone."""
    return root_of_leaves(subject_leaves(secret, subjects))


def subject_leaves(secret: bytes, subjects: Iterable[str]) -> list[bytes]:
    """Leaves of that tree: hashes of the tags in their order, which is not the order of the subjects."""
    return [leaf_hash(tag) for tag in sorted(subject_tag(secret, subject) for subject in subjects)]


def changed_subjects(record: ConsentRecord, add: Collection[str], remove: Collection[str], now_s: int) -> ConsentRecord:
    """The record after subjects joined or left; the root they leave behind goes into its history.

    Raises:
        ConsentError: somebody to be removed is not there, somebody to be added is, or nothing would change.

    >>> before = ConsentRecord(bytes(32), bytes(32), (), ("a", "b"))
    >>> after = changed_subjects(before, ["c"], ["a"], 7)
    >>> after.subjects, after.history[0].count, after.history[0].root == subjects_root(bytes(32), "ab")
    (('b', 'c'), 2, True)
    """
    present = set(record.subjects)
    absent, there = len(set(remove) - present), len(set(add) & present)
    if absent or there or not (add or remove):
        raise ConsentError(
            f"{absent} of {len(remove)} subjects to remove are not in the record, {there} of {len(add)} to add are;"
            " nothing was changed: correct the list"
        )
    past = PastSubjects(subjects_root(record.secret, record.subjects), now_s, len(present))
    subjects = (*(subject for subject in record.subjects if subject not in set(remove)), *dict.fromkeys(add))
    return replace(record, subjects=subjects, history=(*record.history, past))


def require_live(grant: GrantState, silo: str, purposes: int, now_s: int, until_s: int) -> None:
    """Refuse a use that the grant does not cover, in the order in which the contract checks it.

    Raises:
        ConsentError: another silo's grant, withdrawn, not yet valid, expiring too early, or other purposes.
    """
    name = f"grant 0x{grant.grant_id.hex()[:12]}"
    if grant.silo.lower() != silo.lower():
        raise ConsentError(f"{name} was given to {grant.silo}, not to {silo}; name a grant of this silo")
    if grant.withdrawn_at:
        raise ConsentError(
            f"{name} was withdrawn at chain time {grant.withdrawn_at}; ask the data holder for a new one"
        )
    if now_s < grant.valid_from:
        raise ConsentError(f"{name} is valid from {grant.valid_from}, chain time is {now_s}; wait or ask for another")
    if grant.expiry <= until_s:
        raise ConsentError(
            f"{name} expires at {grant.expiry}, the round may read data until {until_s}; ask for a renewal"
        )
    if purposes & ~grant.purposes:
        raise ConsentError(
            f"{name} covers purposes {purpose_codes(grant.purposes)}, the task asks for {purpose_codes(purposes)}:"
            f" it lacks {lacking(grant.purposes, purposes)}; ask the data holder for a grant that covers them"
        )


def require_record(grant: GrantState, record: ConsentRecord) -> None:
    """Refuse a local record that is not the one behind the digests on chain.

    Raises:
        ConsentError: columns, subjects, words or terms differ from what the data holder signed.
    """
    for what, local, chain in (
        ("columns", columns_digest(record.secret, record.columns), grant.columns),
        ("subjects", subjects_root(record.secret, record.subjects), grant.subjects),
        ("words", record.digest, grant.record),
    ):
        if local != chain:
            raise ConsentError(
                f"the {what} in this silo's consent record hash to 0x{local.hex()[:12]}, the grant on"
                f" chain says 0x{chain.hex()[:12]}; fetch the current record from the data holder"
            )
    if record.document and record.document.terms.bits != grant.purposes:
        raise ConsentError(
            f"this silo's consent record says {', '.join(record.document.terms.codes)}, the grant on chain covers"
            f" {purpose_codes(grant.purposes)}; fetch the current record from the data holder"
        )


def require_covered(grant: GrantState, record: ConsentRecord, use: Use) -> None:
    """Refuse a use that the values in the record do not cover: another disease, place, person or time.

    Raises:
        ConsentError: naming the DUO code that refuses, and both values.
    """
    if record.document and (refusal := covers(record.document.terms, use, grant.valid_from)):
        raise ConsentError(
            f"grant 0x{grant.grant_id.hex()[:12]} does not cover this use ({refusal.code}): {refusal.why};"
            " ask the data holder for a grant that does, or stay out"
        )
