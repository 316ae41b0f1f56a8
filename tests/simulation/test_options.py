"""Options that cannot be simulated are refused with both values before anything starts."""

from typing import Any

import pytest
from typer.testing import CliRunner

from prefect_federated.cli.main import app
from prefect_federated.core.errors import ConfigurationError
from prefect_federated.scenario.simulation.options import (
    Options,
    Partition,
    algorithm,
    algorithm_names,
    partition_of,
    rule_names,
    rule_spec,
)

MASKED: dict[str, Any] = {"mode": "masked", "committee": 0}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"attackers": 20, "attack": "alie"}, "20 attackers of 20 participants leave nobody honest"),
        ({"attackers": 2}, r"--attackers 2 and --attack \(none\) do not go together"),
        ({"attack": "alie"}, "--attackers 0 and --attack alie do not go together"),
        ({"cohort": 21}, "a cohort of 21 cannot be drawn from 20 participants"),
        ({"rule": "maen"}, "no rule 'maen'; --rule takes one of mean, median"),
        ({"committee": 32}, "a committee has 0 to 31 seats, --committee asks for 32"),
        ({"committee": -1}, "a committee has 0 to 31 seats, --committee asks for -1"),
        ({"scores": "lose"}, "no scores 'lose'; --scores takes one of improvement, loss"),
        ({"ray_address": "head:6379"}, "--ray-address head:6379 goes with --runner ray, the runner is threads"),
        ({"drop": 2}, "--drop 2 goes with --mode masked, the mode is clear"),
        ({**MASKED, "rule": "median"}, "--rule median with --mode masked: nobody sees a single update"),
        ({**MASKED, "committee": 3}, "--committee 3 with --mode masked"),
        ({**MASKED, "norm_rule": True}, "--norm-rule with --mode masked"),
        ({**MASKED, "attackers": 2, "attack": "alie"}, "--attackers 2 with --mode masked"),
        ({**MASKED, "runner": "ray"}, "--runner ray with --mode masked"),
        ({**MASKED, "participants": 2}, "2 participants in a masked round; give 3 of them or more"),
        ({**MASKED, "rule": "median"}, "--rule median with --mode masked.*rules by rank go with --group"),
        ({**MASKED, "rule": "bulyan", "group": 3}, "--rule bulyan with --mode masked"),
        ({**MASKED, "group": 2}, "--group 2 of 20 participants; give 3 to 11"),
        ({**MASKED, "group": 12}, "--group 12 of 20 participants; give 3 to 11"),
        ({"group": 3}, "--group 3 goes with --mode masked, the mode is clear"),
        ({**MASKED, "drop": 10}, "--drop 10 of 20 leaves 10, a masked sum needs 11"),
        ({"algorithm": "fedsgd"}, "no algorithm 'fedsgd'; --algorithm takes one of fedavg"),
        (
            {"rule": "multi_krum", "attackers": 9, "attack": "alie"},
            "rule multi_krum against 9 attackers needs 21 updates, a round has 20",
        ),
    ],
)
def test_options_that_contradict_each_other_are_refused(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        Options(**changes)


@pytest.mark.parametrize(
    "text",
    [
        "dirichlet",
        "dirichlet:",
        "dirichlet:x",
        "dirichlet:0",
        "dirichlet:-1",
        "by-column:",
        "dirichlet:inf",
        "dirichlet:nan",
        "iid:3",
        "",
    ],
)
def test_malformed_partition_is_refused_with_what_it_should_be(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is none of iid, dirichlet:ALPHA"):
        partition_of(text)


def test_partitions_are_read() -> None:
    assert partition_of("iid") == Partition("iid")
    assert partition_of("dirichlet:0.1") == Partition("dirichlet", alpha=0.1)
    assert partition_of("by-column:ward:a") == Partition("by-column", column="ward:a")
    for text in ("iid", "dirichlet:0.1", "by-column:ward:a"):
        assert str(partition_of(text)) == text


def test_every_rule_and_algorithm_of_the_spec_can_be_named() -> None:
    for name in rule_names():
        rule = rule_spec(name, attackers=2, radius=5, root="0x" + 40 * "1")
        assert rule.name == name and rule.fewest <= 20
    for name in algorithm_names():
        assert name in {side.name for side in algorithm(name)}


def test_trimmed_mean_and_krum_are_set_to_stand_the_attackers() -> None:
    assert rule_spec("trimmed_mean", 3).trim == 3
    assert rule_spec("multi_krum", 3).byzantine == rule_spec("bulyan", 3).byzantine == 3


def test_unknown_attack_is_named_with_those_there_are() -> None:
    done = CliRunner().invoke(app, ["simulate", "--attackers", "1", "--attack", "signflip"])
    assert done.exit_code == 2
    assert "no attack 'signflip'" in done.output and "sign-flip" in done.output
