"""What a statistics task must say beside its query, field by field: each other value is refused with both."""

from pathlib import Path
from typing import Any

import pytest

from prefect_federated.adapters.stores.local import LocalStore
from prefect_federated.cli.draft import complete
from prefect_federated.cli.stats_draft import draft_of
from prefect_federated.core.errors import SpecError
from prefect_federated.core.spec import TaskSpec
from prefect_federated.core.statistics.agreed import check_statistics
from prefect_federated.core.statistics.query import Query

QUERY = Query.model_validate({"columns": [{"name": "age", "minimum": 20, "maximum": 80, "bins": 2}]})


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> TaskSpec:
    aggregator = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
    draft = draft_of(QUERY, name="survey", purposes=["HMB"], aggregator=aggregator, participants=4, masked=False)
    return complete(draft, LocalStore(Path(tmp_path_factory.mktemp("store"))))


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("model.tensors", (), "0 tensors of 0 words in a statistics task, where its query needs 5 tensors of"),
        ("model.frac_bits", 16, "16 in a statistics task, where its query needs 0;"),
        ("update.limit", 7, "7 in a statistics task, where its query needs"),
        ("enforced.max_weight", 2, "2 in a statistics task, where its query needs 1;"),
        ("rule.name", "median", "'median' in a statistics task, where its query needs 'mean'"),
        ("rule.norm_bound", 5, "5 in a statistics task, where its query needs None"),
        ("server.name", "fedadam", "'fedadam' in a statistics task, where its query needs 'fedavg'"),
        ("local.name", "fedprox", "'fedprox' in a statistics task, where its query needs 'sgd'"),
        ("schedule.name", "buffered", "'buffered' in a statistics task, where its query needs 'synchronous'"),
        ("regions", ("north",), "1 in a statistics task, where its query needs 0;"),
        ("detection", "cluster", "'cluster' in a statistics task, where its query needs None"),
        ("enforced.committee", 3, "3 in a statistics task, where its query needs 0;"),
    ],
)
def test_what_does_not_follow_from_the_query_is_refused(spec: TaskSpec, part: str, value: Any, said: str) -> None:
    check_statistics(spec)
    whole, _, name = part.partition(".")
    bent = getattr(spec, whole).model_copy(update={name: value}) if name else value
    with pytest.raises(SpecError, match=f"{part} is {said}"):
        check_statistics(spec.model_copy(update={whole: bent}))
