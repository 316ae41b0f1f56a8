"""A plan that counts wrongly ends in its silo: neither rows nor numbers of it are in what is told of the failure."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.cli.draft import complete
from prefect_federated.cli.stats_draft import draft_of
from prefect_federated.core.errors import ConfigurationError, TrainingFailed
from prefect_federated.core.round_spec import RoundSpec
from prefect_federated.core.spec import PlanSpec
from prefect_federated.core.statistics.coding import Coding
from prefect_federated.core.statistics.layout import Layout
from prefect_federated.core.statistics.query import Query
from prefect_federated.learning.counting import Counting
from prefect_federated.learning.plan import TrainingData, code_hash, load_counting
from prefect_federated.learning.update import counted

AGE = {"name": "age", "minimum": 20, "maximum": 80, "bins": 2}
QUERY = Query.model_validate({"columns": [AGE]})
DATA = TrainingData(pd.DataFrame({"age": [30.0] * 41}), QUERY.names, "")

PLANS = """
from prefect_federated.core.statistics.layout import Counts
from prefect_federated.learning.counting import Counting


class Wide(Counting):
    def count(self, query, frame):
        counts = super().count(query, frame)
        return Counts(counts.rows + 2**31, counts.columns)


class Short(Counting):
    def count(self, query, frame):
        return Counts(len(frame), ())


class Quoting(Counting):
    def count(self, query, frame):
        raise ValueError(f"no count of {frame['age'].tolist()}")
"""


@pytest.fixture
def spec(tmp_path: Path) -> RoundSpec:
    aggregator = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
    draft = draft_of(QUERY, name="survey", purposes=["HMB"], aggregator=aggregator, participants=4)
    task = complete(draft, LocalStore(tmp_path))
    return RoundSpec(31337, "0x" + "cc" * 20, 1, 1, bytes(32), task, 0, bytes(32), bytes(32), "", (), 3, 0)


def with_plan(spec: RoundSpec, path: Path, name: str) -> RoundSpec:
    (path / "plans.py").write_text(PLANS)
    ref = f"{path / 'plans.py'}:{name}"
    return replace(spec, spec=spec.spec.model_copy(update={"plan": PlanSpec(ref=ref, code_hash=code_hash(ref))}))


def test_a_plan_that_counts_for_noise_is_not_taken_for_one_that_counts_exactly() -> None:
    with pytest.raises(ConfigurationError, match=r"lacks count or place; name\s+prefect_federated\.learning\.counting"):
        load_counting("prefect_federated.learning.private_counting:PrivateCounting", {})


def test_what_a_silo_sends_are_the_words_of_its_counts(spec: RoundSpec) -> None:
    sent, layout = counted(spec, QUERY, DATA), Layout(QUERY)
    numbers = layout.numbers(Counting().count(QUERY, DATA.frame))
    assert (sent.words == Coding(4, masked=True).encode(numbers, layout.widths)).all() and sent.weight == 1


@pytest.mark.parametrize(("name", "kind"), [("Wide", "SpecError"), ("Short", "ValueError"), ("Quoting", "ValueError")])
def test_of_a_plan_that_counts_wrongly_the_kind_of_its_error_is_told_alone(
    spec: RoundSpec, tmp_path: Path, name: str, kind: str
) -> None:
    with pytest.raises(TrainingFailed, match=f"^counting ended with {kind} on 41 rows of this silo") as failed:
        counted(with_plan(spec, tmp_path, name), QUERY, DATA)
    assert failed.value.__context__ is None and "2147483689" not in str(failed.value) and "30" not in str(failed.value)
