"""A data holder at work on a record: signing its grant, changing its subjects, on the ledger and in the file alike.

record --sign--> the record with its grant's id        subjects --setSubjects--> ledger --then--> record with history
"""

import secrets
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from prefect_federated.adapters.evm.consent import grant_id, sign_grant
from prefect_federated.adapters.evm.federation import Federation
from prefect_federated.adapters.keys import SealingKey
from prefect_federated.adapters.record_file import read_record, write_record
from prefect_federated.core.consent import ConsentRecord, changed_subjects, grant_of, subjects_root
from prefect_federated.core.errors import ConsentError
from prefect_federated.core.signed_consent import SignedGrant

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

UNSIGNED = bytes(32)  # grant id of a record that was drafted only


def sign_record(
    federation: Federation, account: "LocalAccount", path: Path, key: SealingKey, relay_within_s: int, budget: int = 0
) -> tuple[SignedGrant, bytes]:
    """Sign the grant of a drafted record, and note its id in the record; returns the id too.

    Args:
        budget: most privacy loss under it, a vector of `core.privacy`; 0 is no limit.

    Raises:
        ConsentError: the record has a grant already that is on chain.
    """
    record = read_record(path, key)
    if record.grant_id != UNSIGNED and _is_on_chain(federation, record.grant_id):
        raise ConsentError(f"this record has grant 0x{record.grant_id.hex()} already; draft another for a new grant")
    ledger, chain_id = federation.addresses.consent, federation.chain_id
    grant = grant_of(record, secrets.randbits(256), federation.chain_time() + relay_within_s, budget)
    signed = SignedGrant(chain_id, ledger, grant, sign_grant(account, ledger, chain_id, grant))
    granted = grant_id(ledger, chain_id, grant)
    write_record(path, replace(record, grant_id=granted), key.public_bytes)
    return signed, granted


def change_subjects(
    federation: Federation, path: Path, key: SealingKey, add: Collection[str], remove: Collection[str]
) -> ConsentRecord:
    """Let subjects join or leave: first on the ledger, then in the record; a repeat after a crash finishes it.

    Raises:
        ConsentError: the change does not fit the record, or the record is not the one behind the ledger's root.
    """
    record = read_record(path, key)
    after = changed_subjects(record, add, remove, federation.chain_time())
    state, fresh = federation.grant_state(record.grant_id), subjects_root(after.secret, after.subjects)
    if state.subjects not in (fresh, after.history[-1].root):
        raise ConsentError(
            f"the ledger's subjects have root 0x{state.subjects.hex()[:12]}, this record's"
            f" 0x{after.history[-1].root.hex()[:12]}; fetch the current record first"
        )
    if state.subjects != fresh:
        federation.set_subjects(record.grant_id, fresh)
    write_record(path, after, key.public_bytes)
    return after


def _is_on_chain(federation: Federation, granted: bytes) -> bool:
    try:
        federation.grant_state(granted)
    except ConsentError:
        return False
    return True
