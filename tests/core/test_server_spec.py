"""The server optimiser of a task: named in the spec, hashed with it, and the same in the enforced parameters."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from prefect_federated.core.errors import SpecError
from prefect_federated.core.server_spec import FedAdam, FedAvg
from prefect_federated.core.spec import TaskSpec, parse_spec

Bent = Callable[[dict[str, Any]], TaskSpec]
ADAM = {"server": {"name": "fedadam", "learning_rate": 0.05}, "enforced.step": 1}


def test_task_without_a_word_on_it_is_plain_averaging(task: TaskSpec) -> None:
    assert task.server == FedAvg() and task.enforced.step == 0


def test_settings_are_hashed_and_read_back(bent: Bent) -> None:
    adam = bent(ADAM)
    assert parse_spec(adam.canonical(), adam.spec_hash) == adam and adam.server == FedAdam(learning_rate=0.05)
    assert bent({"server.learning_rate": 0.06}).spec_hash != adam.spec_hash


def test_words_and_numbers_must_agree_both_ways(bent: Bent) -> None:
    with pytest.raises(SpecError, match=r"step is 1 \(a server optimiser, re-executed\) by the spec's words, 0 \(base"):
        bent({"server": {"name": "fedyogi"}})
    with pytest.raises(SpecError, match=r"step is 0 \(base \+ aggregate\) by the spec's words, 1"):
        bent({"server": {"name": "fedavg"}, "enforced.step": 1})


@pytest.mark.parametrize(
    ("server", "message"),
    [
        (
            {"name": "fedfoo"},
            "'fedfoo' found using 'name' does not match any of the expected tags: 'fedavg', 'fedavgm'",
        ),
        ({"learning_rate": 1}, "Unable to extract tag using discriminator 'name'"),
        ({"name": "fedavg", "learning_rate": 0.1}, "server.fedavg.learning_rate\n  Extra inputs are not permitted"),
        ({"name": "fedavgm", "beta2": 0.9}, "server.fedavgm.beta2\n  Extra inputs are not permitted"),
        ({"name": "fedadam", "beta1": 1}, "server.fedadam.beta1\n  Input should be less than 1"),
        ({"name": "fedadam", "beta2": -0.1}, "server.fedadam.beta2\n  Input should be greater than or equal to 0"),
        ({"name": "fedyogi", "tau": 0}, "server.fedyogi.tau\n  Input should be greater than or equal to 0.000000001"),
        ({"name": "fedadagrad", "learning_rate": 0}, "server.fedadagrad.learning_rate\n  Input should be greater"),
        ({"name": "fedadagrad", "learning_rate": float("nan")}, "server.fedadagrad.learning_rate\n  Input should be"),
    ],
)
def test_unknown_optimiser_setting_or_value_is_named(bent: Bent, server: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        bent({"server": server, "enforced.step": 1})
    assert message in str(caught.value)
