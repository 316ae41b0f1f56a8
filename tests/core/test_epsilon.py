"""An epsilon that nothing bounds is one word in every document: never `null`, which says that none counts."""

import json
import math
from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from prefect_federated.adapters.evm.records import Event
from prefect_federated.adapters.lineage.losses import Losses
from prefect_federated.cli.budgets import budget_record
from prefect_federated.cli.console import print_json
from prefect_federated.core.audit import Audit, ContributorRow, DeedRow, GrantRow
from prefect_federated.core.epsilon import epsilon_text
from prefect_federated.core.epsilon_field import Epsilon
from prefect_federated.core.privacy import pack
from prefect_federated.core.statistics.telling import as_json, metrics_of
from tests.core.statistics.test_noisy import answer

FULL = 2**256 - 1  # every lane says that nothing bounds it
TENTH = pack([0.1] * 8)
SILO, GRANT = "0x" + "a1" * 20, b"\x09" * 32


def refuse(constant: str) -> Any:
    raise AssertionError(f"{constant} is no JSON")


def read(text: str) -> Any:
    """JSON as RFC 8259 has it: Python alone would take Infinity and NaN too."""
    return json.loads(text, parse_constant=refuse)


def spent(cost: int) -> Event:
    args = {"task": 1, "round": 2, "silo": SILO, "grantId": GRANT, "cost": cost}
    return Event("PrivacySpent", args, 7, b"\x01" * 32, 0, 0, "0x" + "c0" * 20)


def deed(cost: int) -> DeedRow:
    losses = Losses.of([spent(cost)] if cost else [])
    stages = {"validated": True, "committed": True, "revealed": True, "aggregated": True}
    return DeedRow(account=SILO, epsilon=losses.of_commit(1, 2, SILO), **stages)


@pytest.mark.parametrize(("cost", "told"), [(FULL, "unbounded"), (TENTH, 0.201), (0, None)])
def test_a_commit_in_an_audit_tells_a_number_a_word_or_null(cost: int, told: object) -> None:
    row = deed(cost)
    document = read(row.model_dump_json())
    assert document["epsilon"] == (pytest.approx(told, abs=1e-3) if isinstance(told, float) else told)
    assert DeedRow.model_validate_json(row.model_dump_json()) == row


def test_a_grants_budget_says_unbounded_to_people_and_programs() -> None:
    row = GrantRow(
        grant="0x09",
        dataset="0x08",
        holder=SILO,
        silo=SILO,
        purposes=["HMB"],
        valid_from=0,
        expiry=1,
        status="live",
        withdrawn_at=None,
        subjects_changed=0,
        rounds=[2],
        versions=[1],
        inherited=True,
        epsilon_limit=3.0,
        epsilon_spent=Losses.of([spent(FULL)]).of_grant(GRANT),
    )
    assert read(row.model_dump_json())["epsilon_spent"] == "unbounded"
    assert row.privacy == "unbounded of 3"


def test_the_schema_of_an_audit_names_the_word() -> None:
    rows = Audit.model_json_schema(mode="serialization")["$defs"]
    kinds = [{"type": "number", "minimum": 0}, {"const": "unbounded"}, {"type": "null"}]
    for row, field in ((DeedRow, "epsilon"), (ContributorRow, "epsilon"), (GrantRow, "epsilon_spent")):
        told = rows[row.__name__]["properties"][field]
        assert len(told["anyOf"]) == 3 and all(kind in told["anyOf"] for kind in kinds)
        assert '"unbounded"' in told["description"] and "null" in told["description"]


@pytest.mark.parametrize("value", [-1.0, math.nan, "endless"])
def test_what_is_no_epsilon_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Epsilon).validate_python(value)


def test_a_silos_own_budget_is_json_when_nothing_bounds_it(capsys: pytest.CaptureFixture[str]) -> None:
    print_json(budget_record(limit=FULL, spent=FULL, delta=1e-5))
    told = read(capsys.readouterr().out)
    assert told == {"epsilon_limit": "unbounded", "epsilon_spent": "unbounded", "delta": 1e-5}
    assert epsilon_text(told["epsilon_spent"]) == "unbounded"


@pytest.mark.parametrize("value", [math.inf, math.nan])
def test_no_command_prints_a_number_that_json_does_not_have(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        print_json({"figure": value})


def test_statistics_under_next_to_no_noise_say_so_and_give_mlflow_no_infinity() -> None:
    summary = answer(None)
    assert summary.noise is not None and metrics_of(summary)["epsilon"] == summary.noise.epsilon
    loud = replace(summary, noise=replace(summary.noise, epsilon=math.inf))
    assert read(json.dumps(as_json(loud)))["noise"]["epsilon"] == "unbounded"
    assert "epsilon" not in metrics_of(loud)
