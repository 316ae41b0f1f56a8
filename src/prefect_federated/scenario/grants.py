"""Grants of the scenario: each data holder registers a dataset and signs what its silo may do with it."""

import hashlib
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prefect_federated.adapters.data.root import frame_root
from prefect_federated.adapters.evm.consent import grant_id, sign_grant
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.record_file import write_record
from prefect_federated.core.consent import ConsentRecord, Grant, columns_digest, subjects_root
from prefect_federated.core.consent_template import EXAMPLE, GrantDraft, draft_document
from prefect_federated.core.data_use import Terms
from prefect_federated.scenario.breast_cancer import SUBJECT
from prefect_federated.scenario.plot import Consent

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from pandas import DataFrame

TERMS = Terms(codes=("HMB", "NPUNCU", "IRB"))


@dataclass(frozen=True, slots=True)
class SignedConsent:
    """A dataset's name and root, the signed grant of its use, and the silo's part of it; nothing is on chain yet."""

    dataset: bytes
    root: bytes
    grant: Grant
    signature: bytes
    record: ConsentRecord


def give_consent(
    holder: Federation,
    signer: "LocalAccount",
    silo: str,
    table: "DataFrame",
    *,
    secret: bytes,
    consent: Consent,
    record: Path,
    reader: bytes,
    subject_column: str = SUBJECT,
) -> bytes:
    """Register the dataset, sign and record the grant, hand the silo its record; returns the grant's id.

    Args:
        holder: the data holder's connection; it pays for its own registration.
        secret: 32 bytes that key every digest of this grant.
        reader: the silo's public sealing key, which the record is encrypted to.
    """
    place = (holder.addresses.consent, holder.chain_id, holder.chain_time())
    signed = sign_consent(place, signer, silo, table, secret=secret, consent=consent, subject_column=subject_column)
    holder.register_dataset(signed.dataset, signed.root)
    granted = holder.grant(signed.grant, signed.signature)
    write_record(record, signed.record, reader)
    return granted


def sign_consent(
    place: tuple[str, int, int],
    signer: "LocalAccount",
    silo: str,
    table: "DataFrame",
    *,
    secret: bytes,
    consent: Consent,
    subject_column: str = SUBJECT,
) -> SignedConsent:
    """Draw the grant up and sign it.

    Args:
        place: the ledger's address, the chain's id, and its time now.
        signer: the data holder.
    """
    ledger, chain_id, now_s = place
    dataset = hashlib.sha256(secret + b"dataset").digest()
    record_id = str(uuid.UUID(bytes=dataset[:16], version=4))
    draft = GrantDraft(dataset, str(signer.address), silo, consent.columns, TERMS, now_s - 1, consent.expiry)
    document = draft_document(EXAMPLE, draft, now_s, record_id)
    grant = Grant(
        dataset=dataset,
        silo=silo,
        purposes=TERMS.bits,
        valid_from=draft.valid_from,
        expiry=consent.expiry,
        columns=columns_digest(secret, consent.columns),
        subjects=subjects_root(secret, consent.subjects),
        record=document.digest(secret),
        budget=consent.budget,
        nonce=int.from_bytes(dataset[:8], "big"),
        deadline=now_s + 86_400,
    )
    granted = ConsentRecord(grant_id(ledger, chain_id, grant), secret, consent.columns, consent.subjects, document)
    root = frame_root(table, subject_column, secret)
    return SignedConsent(dataset, root, grant, sign_grant(signer, ledger, chain_id, grant), granted)
