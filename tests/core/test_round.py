"""Rounds: names and numbers are the contract's, and nothing short of everybody is a success."""

import re
from dataclasses import replace
from enum import IntEnum
from pathlib import Path

import numpy as np
import pytest

from prefect_federated.core.round import Phase, Reason, Status, status_of
from prefect_federated.core.round_spec import Reader, RoundSpec
from prefect_federated.core.spec import TaskSpec

CONTRACTS = Path(__file__).parents[2] / "contracts/src"


@pytest.mark.parametrize("kind", [Phase, Status])
def test_numbers_are_those_of_the_contract(kind: type[IntEnum]) -> None:
    source = "".join(path.read_text() for path in sorted(CONTRACTS.rglob("*.sol")))
    (body,) = re.findall(rf"enum {kind.__name__} \{{(.*?)\}}", source, re.DOTALL)
    theirs = [name.strip().upper() for name in body.split(",")]
    assert [member.name.replace("_", "") for member in kind] == theirs
    assert [int(member) for member in kind] == list(range(len(theirs)))


def test_reasons_are_a_closed_list_from_one() -> None:
    assert [int(reason) for reason in Reason] == list(range(1, 8))


def test_round_is_over_only_when_settled_or_voided() -> None:
    assert [phase for phase in Phase if phase.over] == [Phase.SETTLED, Phase.VOIDED]


def test_missing_participant_makes_the_round_degraded() -> None:
    assert status_of(5, 5) is Status.SUCCESS
    assert status_of(5, 4) is status_of(5, 0) is Status.DEGRADED


@pytest.fixture
def spec(task: TaskSpec) -> RoundSpec:
    return RoundSpec(
        chain_id=31337,
        coordinator="0x5FbDB2315678afecb367f032d93F642f64180aa3",
        task=1,
        round=3,
        task_id=bytes(32),
        spec=task,
        base_number=2,
        base_version=b"\x07" * 32,
        base_root=bytes(32),
        base_uri="",
        readers=(Reader("0x" + "11" * 20, bytes(32)),),
        cohort=4,
        reads_until=0,
    )


def test_context_binds_chain_contract_round_base_and_participant(spec: RoundSpec) -> None:
    context = spec.context("0x" + "22" * 20)
    assert (context.chain_id, context.task, context.round) == (31337, 1, 3)
    assert (context.coordinator, context.base_version) == (spec.coordinator, spec.base_version)
    assert context.participant == "0x" + "22" * 20


def test_slots_of_different_rounds_participants_and_documents_never_meet(spec: RoundSpec) -> None:
    slots = {spec.slot(what, who) for what in ("opening", "update") for who in ("0xaa", "0xbb")}
    slots |= {replace(spec, round=13).slot("opening", "0xaa"), replace(spec, task=11).slot("opening", "0xaa")}
    assert len(slots) == 6
    assert spec.slot("opening", "0xAA") == spec.slot("opening", "0xaa")


def test_only_updates_are_limited_below_int32(spec: RoundSpec) -> None:
    limits = {kind: spec.header(kind).parts[0].encoding.limit for kind in ("update", "aggregate", "model")}
    assert limits == {"update": 2**20, "aggregate": np.iinfo(np.int32).max, "model": np.iinfo(np.int32).max}
