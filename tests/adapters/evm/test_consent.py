"""Grants: the id and signature that Python makes are those of EIP-712 and of the contract."""

from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount

from prefect_federated.adapters.evm.consent import grant_id, sign_grant, sign_withdrawal
from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.adapters.evm.structs import grant_tuple
from prefect_federated.core.consent import Grant
from prefect_federated.core.errors import ConsentError
from tests.adapters.evm.consortium import Consortium

LEDGER = "0x" + "ab" * 20
GRANT = Grant(bytes([1] * 32), "0x" + "cd" * 20, 5, 10, 20, bytes([2] * 32), bytes([3] * 32), bytes([4] * 32), 0, 7, 99)
FIELDS = [
    ("bytes32", "dataset"), ("address", "silo"), ("uint64", "purposes"), ("uint40", "validFrom"), ("uint40", "expiry"),
    ("bytes32", "columns"), ("bytes32", "subjects"), ("bytes32", "record"), ("uint256", "budget"),
    ("uint256", "nonce"), ("uint40", "deadline"),
]  # fmt: skip


def test_the_signature_is_the_one_that_a_wallet_makes_of_the_typed_data() -> None:
    holder: LocalAccount = Account.create()
    typed = encode_typed_data(
        {"name": "prefect-federated consent", "version": "1", "chainId": 31337, "verifyingContract": LEDGER},
        {"Grant": [{"type": kind, "name": name} for kind, name in FIELDS]},
        dict(zip([name for _, name in FIELDS], grant_tuple(GRANT), strict=True)),
    )
    assert sign_grant(holder, LEDGER, 31337, GRANT) == bytes(holder.sign_message(typed).signature)
    assert Account.recover_message(typed, signature=sign_grant(holder, LEDGER, 31337, GRANT)) == holder.address


def test_a_grant_for_one_chain_or_ledger_is_another_grant_elsewhere() -> None:
    ids = {grant_id(LEDGER, 1, GRANT), grant_id(LEDGER, 2, GRANT), grant_id("0x" + "00" * 20, 1, GRANT)}
    assert len(ids) == 3


def test_the_ledger_names_grants_as_python_does_and_takes_relayed_withdrawals(devnet: Devnet, tmp_path: Path) -> None:
    consortium = Consortium(devnet, tmp_path, silos=2)
    (holder, relayer), sponsor = consortium.silos, consortium.sponsor
    ledger = sponsor.addresses.consent
    assert sponsor.call("ConsentLedger", "hashGrant", grant_tuple(GRANT)) == grant_id(ledger, sponsor.chain_id, GRANT)
    deadline = sponsor.chain_time() + 100
    forged = sign_withdrawal(relayer.account, ledger, sponsor.chain_id, holder.grant, deadline)
    with pytest.raises(ConsentError, match=holder.address):
        relayer.federation.withdraw_and_retract_by_signature(holder.grant, deadline, forged)
    signed = sign_withdrawal(holder.account, ledger, sponsor.chain_id, holder.grant, deadline)
    relayer.federation.withdraw_and_retract_by_signature(holder.grant, deadline, signed)
    assert sponsor.grant_state(holder.grant).withdrawn_at > 0


def test_a_grant_that_somebody_else_signed_is_refused(devnet: Devnet, tmp_path: Path) -> None:
    consortium = Consortium(devnet, tmp_path, silos=2)
    owner, thief = consortium.silos
    state = consortium.sponsor.grant_state(owner.grant)
    now = consortium.sponsor.chain_time()
    stolen = Grant(state.dataset, thief.address, 5, now, now + 99, bytes(32), bytes(32), bytes(32), 0, 77, now + 99)
    ledger = consortium.sponsor.addresses.consent
    with pytest.raises(ConsentError, match=f"not by the data holder {owner.address}"):
        thief.federation.grant(stolen, sign_grant(thief.account, ledger, consortium.sponsor.chain_id, stolen))
