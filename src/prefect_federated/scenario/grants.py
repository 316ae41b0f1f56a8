"""Grants of the scenario: each data holder registers a dataset and signs what its silo may do with it."""

import hashlib
import hmac
from pathlib import Path
from typing import TYPE_CHECKING

from prefect_federated.adapters.evm.consent import sign_grant
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.silo import write_record
from prefect_federated.core.canonical import canonical
from prefect_federated.core.consent import ConsentRecord, Grant, columns_digest, subjects_root
from prefect_federated.core.merkle import leaf_hash, root_of_leaves
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
) -> bytes:
    """Register the dataset, sign and record the grant, hand the silo its record; returns the grant's id.

    Args:
        holder: the data holder's connection; it pays for its own registration.
        secret: 32 bytes that key every digest of this grant.
    """
    dataset = hashlib.sha256(secret + b"dataset").digest()
    holder.register_dataset(dataset, _dataset_root(secret, table))
    grant = Grant(
        dataset=dataset,
        silo=silo,
        purposes=purposes,
        valid_from=holder.chain_time() - 1,
        expiry=consent.expiry,
        columns=columns_digest(secret, consent.columns),
        subjects=subjects_root(secret, consent.subjects),
        record=_record_digest(secret, consent),
        budget=0,
        nonce=int.from_bytes(dataset[:8], "big"),
        deadline=holder.chain_time() + 86_400,
    )
    signature = sign_grant(signer, holder.addresses.consent, holder.chain_id, grant)
    granted = holder.grant(grant, signature)
    write_record(record, ConsentRecord(granted, secret, consent.columns, consent.subjects))
    return granted


def _record_digest(secret: bytes, consent: Consent) -> bytes:
    """Keyed digest of what the record file will say."""
    body = {"columns": list(consent.columns), "subjects": list(consent.subjects)}
    return hmac.digest(secret, b"record" + canonical(body), "sha256")


def _dataset_root(secret: bytes, table: "DataFrame") -> bytes:
    """Merkle root over salted rows in their order."""
    rows = (secret + repr(tuple(row)).encode() for row in table.itertuples(index=False))
    return root_of_leaves([leaf_hash(row) for row in rows])
