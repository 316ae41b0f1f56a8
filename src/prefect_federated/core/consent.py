"""Consent as the chain knows it (grants) and as the silo keeps it (records).

grant on chain --digests--> record in the silo --columns, subjects--> consent view of the data
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntFlag

from prefect_federated.core.canonical import canonical
from prefect_federated.core.errors import ConsentError
from prefect_federated.core.merkle import leaf_hash, root_of_leaves


class Purpose(IntFlag):
    """Purposes of use, named after GA4GH DUO codes; a grant covers a task when it has all of its bits.

    Source: GA4GH Data Use Ontology, https://github.com/EBISPOT/DUO
    """

    GRU = 1 << 0  # general research use
    HMB = 1 << 1  # health, medical, biomedical research
    DS = 1 << 2  # disease-specific research
    POA = 1 << 3  # population origins or ancestry research
    NMDS = 1 << 4  # methods development


def purpose_bits(codes: Iterable[str]) -> int:
    """Fold DUO codes into the bit mask that the contract compares.

    Raises:
        ConsentError: a code is unknown.

    >>> purpose_bits(["GRU", "DS"])
    5
    """
    bits = 0
    for code in codes:
        if code not in Purpose.__members__:
            known = ", ".join(Purpose.__members__)
            raise ConsentError(f"unknown purpose {code!r}; known purposes are {known}")
        bits |= Purpose[code]
    return int(bits)


def purpose_codes(bits: int) -> str:
    """DUO codes of a bit mask, for people; bits without a code are shown as a number.

    >>> purpose_codes(5), purpose_codes(0), purpose_codes(64 + 1)
    ('GRU, DS', 'none', 'GRU, 0x40')
    """
    known = [purpose for purpose in Purpose if purpose & bits]
    rest = bits & ~sum(known)
    return ", ".join([str(purpose.name) for purpose in known] + ([hex(rest)] if rest else [])) or "none"


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
    budget: int  # most privacy loss over all commits under it; 0 is no limit
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
    withdrawn_at: int  # unix seconds of chain time; 0 while it stands


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """What the silo alone knows of a grant; secret and subjects stay out of its repr, and so out of logs."""

    grant_id: bytes
    secret: bytes = field(repr=False)
    columns: tuple[str, ...]
    subjects: tuple[str, ...] = field(repr=False)


def columns_digest(secret: bytes, columns: Iterable[str]) -> bytes:
    """Keyed digest of a set of column names: HMAC-SHA256(secret, JCS(sorted names))."""
    return hmac.digest(secret, b"columns" + canonical(sorted(columns)), "sha256")


def subject_tag(secret: bytes, subject: str) -> bytes:
    """Salted tag of one subject; without the secret it says nothing about the subject."""
    return hmac.digest(secret, b"subject" + subject.encode(), "sha256")


def subjects_root(secret: bytes, subjects: Iterable[str]) -> bytes:
    """Merkle root over the sorted subject tags, so that membership of one can be shown alone."""
    tags = sorted(subject_tag(secret, subject) for subject in subjects)
    return root_of_leaves([leaf_hash(tag) for tag in tags])


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
            f"{name} covers purposes {purpose_codes(grant.purposes)}, the task asks for {purpose_codes(purposes)};"
            " ask the data holder for a grant that covers them"
        )


def require_record(grant: GrantState, record: ConsentRecord) -> None:
    """Refuse a local record that is not the one behind the digests on chain.

    Raises:
        ConsentError: columns or subjects differ from what the data holder signed.
    """
    for what, local, chain in (
        ("columns", columns_digest(record.secret, record.columns), grant.columns),
        ("subjects", subjects_root(record.secret, record.subjects), grant.subjects),
    ):
        if local != chain:
            raise ConsentError(
                f"the {what} in this silo's consent record hash to 0x{local.hex()[:12]}, the grant on"
                f" chain says 0x{chain.hex()[:12]}; fetch the current record from the data holder"
            )
