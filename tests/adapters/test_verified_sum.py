"""What a reader says of a sum that the task's rule cannot make at all."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from prefect_federated.adapters.gathering import Gathered
from prefect_federated.adapters.sum_check import sum_findings
from prefect_federated.core.combine import Update
from prefect_federated.core.findings import Wrong
from prefect_federated.core.result import IncludedUpdate
from prefect_federated.core.rule_spec import RuleSpec

SILOS = ["0x" + f"{number}{number}" * 20 for number in (1, 2)]


def findings(rule: RuleSpec, weight: int, aggregate: list[int]) -> list[Any]:
    """Of two included updates, whose proposer left everybody else out."""
    enforced = SimpleNamespace(chunk_bytes=1024, rule=0, trim=rule.trimmed, masked=False)
    spec: Any = SimpleNamespace(spec=SimpleNamespace(rule=rule, enforced=enforced, summed=False))
    included = [IncludedUpdate(participant=silo, payload_root=bytes(32), weight=weight) for silo in SILOS]
    claimed: Any = SimpleNamespace(document=SimpleNamespace(included=included))
    updates = tuple(Update(silo, 7, np.array([4, 6], np.int32)) for silo in SILOS)
    return list(sum_findings(spec, claimed, Gathered(updates, {}, {}), np.array(aggregate, np.int32)))


@pytest.mark.parametrize("rule", [RuleSpec(name="trimmed_mean", trim=1), RuleSpec(name="bulyan", byzantine=1)], ids=str)
def test_fewer_included_than_the_rule_takes_is_a_finding_and_no_crash(rule: RuleSpec) -> None:
    (finding,) = findings(rule, 7, [4, 6])
    assert finding.wrong is Wrong.RULE
    assert "no aggregate of the 2 included updates: trimmed mean of n=2" in finding.detail


def test_sum_is_checked_under_the_weights_that_the_proposal_binds() -> None:
    rule = RuleSpec(name="geometric_median")
    assert not findings(rule, 2**15, [2, 3])
    (finding,) = findings(rule, 2**15, [2, 4])
    assert (finding.wrong, finding.detail) == (
        Wrong.SUM,
        "aggregate word 1 is 4, geometric_median of the 2 included updates is 3",
    )
    (finding,) = findings(rule, 2**16 + 1, [4, 6])
    assert finding.wrong is Wrong.RULE and "sum to 131074, the rule gives at most 131072" in finding.detail
