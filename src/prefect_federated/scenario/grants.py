"""Grants of the scenario: each data holder registers a dataset and signs what its silo may do with it."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from prefect_federated.adapters.data.root import frame_root
from prefect_federated.adapters.evm.consent import sign_grant
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.silo import write_record
from prefect_federated.core.consent import ConsentRecord, Grant, columns_digest, subjects_root
from prefect_federated.scenario.breast_cancer import SUBJECT
from prefect_federated.scenario.plot import Consent

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from pandas import DataFrame


def give_consent(
    holder: Federation,
    signer: "LocalAccount",
    silo: str,
    table: "DataFrame",
    *,
    secret: bytes,
    consent: Consent,
    purposes: int,
    record: Path,
    subject_column: str = SUBJECT,
) -> bytes:
    """Register the dataset, sign and record the grant, hand the silo its record; returns the grant's id.

    Args:
        holder: the data holder's connection; it pays for its own registration.
        secret: 32 bytes that key every digest of this grant.
    """
    dataset = hashlib.sha256(secret + b"dataset").digest()
    holder.register_dataset(dataset, frame_root(table, subject_column, secret))
    grant = Grant(
        dataset=dataset,
        silo=silo,
        purposes=purposes,
        valid_from=holder.chain_time() - 1,
        expiry=consent.expiry,
        columns=columns_digest(secret, consent.columns),
        subjects=subjects_root(secret, consent.subjects),
        nonce=int.from_bytes(dataset[:8], "big"),
        deadline=holder.chain_time() + 86_400,
    )
    signature = sign_grant(signer, holder.addresses.consent, holder.chain_id, grant)
    granted = holder.grant(grant, signature)
    write_record(record, ConsentRecord(granted, secret, consent.columns, consent.subjects))
    return granted
