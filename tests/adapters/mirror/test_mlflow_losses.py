"""What MLflow shows of privacy: figures where there are some, a word where nothing bounds a loss, ids as on chain."""

import math
from dataclasses import replace
from typing import Any

from prefect_federated.adapters.mlflow.drift import run_drifts
from prefect_federated.adapters.mlflow.losses import of_participant, of_round
from prefect_federated.adapters.mlflow.mirror import Mirror
from prefect_federated.adapters.mlflow.records import RoundRecord
from prefect_federated.adapters.spending import GrantSpent, SiloSpent, Spending, Spent

FIRST, SECOND, NEW = ("0x" + letter * 40 for letter in "123")
GRANT, ENDLESS = b"\x0a" * 32, b"\x0b" * 32
SPENDING = Spending(
    delta=1e-5,
    unit="participant",
    silos={
        FIRST: SiloSpent(0.25, Spent(0.5, 8.0), GRANT),
        SECOND: SiloSpent(math.inf, Spent(math.inf, None), ENDLESS),
        NEW: SiloSpent(0.0, Spent(0.0, None), None),
    },
    grants={GRANT: GrantSpent(FIRST, Spent(0.75, 3.0)), ENDLESS: GrantSpent(SECOND, Spent(math.inf, None))},
)


def test_a_silos_run_has_its_own_loss_and_its_grants_with_their_limits() -> None:
    metrics, tags = of_participant(SPENDING, FIRST)
    assert metrics == {
        "epsilon/silo_in_task": 0.25,
        "epsilon/silo": 0.5,
        "epsilon/silo_limit": 8.0,
        "epsilon/grant": 0.75,
        "epsilon/grant_limit": 3.0,
    }
    assert tags == {
        "federated.epsilon.silo": "0.5 of 8",
        "federated.epsilon.grant": "0.75 of 3",
        "federated.grant": "0x" + "0a" * 32,
    }


def test_what_nothing_bounds_is_a_word_and_no_metric() -> None:
    metrics, tags = of_participant(SPENDING, SECOND)
    assert metrics == {}
    assert tags["federated.epsilon.silo"] == tags["federated.epsilon.grant"] == "unbounded of no limit"
    assert of_round(SPENDING) == ({}, {"federated.privacy": "each participant hidden, epsilon at delta 1e-05"})
    bounded = replace(SPENDING, silos={FIRST: SPENDING.silos[FIRST]}, grants={GRANT: SPENDING.grants[GRANT]})
    assert of_round(bounded)[0] == {"epsilon/silo_most": 0.5, "epsilon/grant_most": 0.75}


def test_who_spent_nothing_has_a_zero_and_a_task_without_noise_nothing() -> None:
    assert of_participant(SPENDING, NEW) == (
        {"epsilon/silo_in_task": 0.0, "epsilon/silo": 0.0},
        {"federated.epsilon.silo": "0 of no limit"},
    )
    assert of_participant(None, FIRST) == of_round(None) == ({}, {})


def test_a_loss_that_was_changed_in_mlflow_is_named_with_the_participant(
    mirror: Mirror, client: Any, record: RoundRecord
) -> None:
    metrics, tags = of_participant(SPENDING, FIRST)
    one = replace(record.participants[0], told=metrics, tags=tags)
    spent = replace(record, participants=(one, *record.participants[1:]))
    ids = mirror.record_round(spent)
    experiment = client.get_experiment_by_name("federated").experiment_id

    def found() -> list[tuple[str, str, str]]:
        drifts = run_drifts(client, experiment, [spent], spent.key.federation)
        return [(one.kind, one.what.split()[0], one.slot) for one in drifts]

    assert found() == []
    run = ids.participants[one.account]
    assert client.get_run(run).data.metrics["epsilon/grant"] == 0.75
    client.log_metric(run, "loss", 9.0, step=9)  # known to who mirrored it live, and to nobody else
    assert found() == []
    client.log_metric(run, "epsilon/grant", 0.1, step=9)
    client.set_tag(run, "federated.epsilon.silo", "0 of 8")
    slot = one.account.lower()
    assert found() == [("changed tag", "federated.epsilon.silo", slot), ("changed metric", "epsilon/grant", slot)]
