"""Commitments: nothing made for one participant, round, chain or contract opens another's."""

from dataclasses import fields, replace

import eth_abi
import pytest
from eth_utils.crypto import keccak
from hypothesis import given
from hypothesis import strategies as st

from prefect_federated.core.commitment import TYPEHASH, Opening, RoundContext, check
from prefect_federated.core.errors import CommitmentMismatch

MALLORY = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
OPENING = Opening(b"\x01" * 32, b"\x02" * 32, b"\x03" * 32, 120, b"\x04" * 32, b"\x05" * 32)

ELSEWHERE = {
    "chain_id": 1,
    "coordinator": MALLORY,
    "task": 2,
    "round": 4,
    "base_version": b"\x08" * 32,
    "participant": MALLORY,
}
OTHERWISE = {field.name: b"\x09" * 32 for field in fields(Opening)} | {"weight": 121}


def test_digest_equals_an_independent_abi_encoding(context: RoundContext) -> None:
    types = ["bytes32", "uint256", "address", "uint32", "uint32", "bytes32", "address"]
    types += ["bytes32", "bytes32", "bytes32", "uint32", "bytes32", "bytes32"]
    where = [getattr(context, field.name) for field in fields(RoundContext)]
    what = [getattr(OPENING, field.name) for field in fields(Opening)]
    assert OPENING.digest(context) == keccak(eth_abi.encode(types, [TYPEHASH, *where, *what]))


def test_copied_commitment_cannot_be_opened_by_the_copier(context: RoundContext) -> None:
    commitment = OPENING.digest(context)
    check(commitment, OPENING, context)
    with pytest.raises(CommitmentMismatch, match=MALLORY):
        check(commitment, OPENING, replace(context, participant=MALLORY))


@pytest.mark.parametrize("name", ELSEWHERE)
def test_commitment_of_another_place_is_refused(name: str, context: RoundContext) -> None:
    with pytest.raises(CommitmentMismatch, match="recall the opening"):
        check(OPENING.digest(replace(context, **{name: ELSEWHERE[name]})), OPENING, context)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", OTHERWISE)
def test_no_field_of_the_opening_can_be_changed_after_the_commit(name: str, context: RoundContext) -> None:
    changed = replace(OPENING, **{name: OTHERWISE[name]})  # type: ignore[arg-type]
    with pytest.raises(CommitmentMismatch):
        check(OPENING.digest(context), changed, context)


def test_message_names_round_participant_and_both_digests(context: RoundContext) -> None:
    with pytest.raises(CommitmentMismatch) as caught:
        check(bytes(32), OPENING, context)
    message = str(caught.value)
    for part in ("round 1/3", context.participant, "0x" + "00" * 32, "0x" + OPENING.digest(context).hex()):
        assert part in message


def test_salt_stays_out_of_logs_while_the_commitment_is_hidden() -> None:
    assert "salt" not in repr(OPENING)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_same_update_under_two_salts_gives_two_commitments(one: bytes, other: bytes) -> None:
    here = RoundContext(1, MALLORY, 1, 1, bytes(32), MALLORY)
    same = replace(OPENING, salt=one).digest(here) == replace(OPENING, salt=other).digest(here)
    assert same == (one == other)


def test_fractional_weight_is_refused_and_not_rounded_into_the_commitment(context: RoundContext) -> None:
    with pytest.raises(TypeError):
        replace(OPENING, weight=1.5).digest(context)  # type: ignore[arg-type]
