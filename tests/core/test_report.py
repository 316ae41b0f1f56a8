"""The report's names are a promise to programs that read it."""

import pytest
from pydantic import ValidationError

from prefect_federated.core.report import ExclusionRow, Report, RoundRow


def test_round_has_the_names_that_were_promised() -> None:
    promised = """round_id status expected validated committed revealed aggregated excluded model_hash parent_hash
        model_version mlflow_version metrics gas wall_s"""
    assert set(promised.split()) <= set(RoundRow.model_fields)
    assert set(ExclusionRow.model_fields) == {"participant", "stage", "reason"}


def test_report_has_the_names_that_were_promised() -> None:
    assert {"rounds", "balances", "baselines", "links"} <= set(Report.model_fields)


def test_every_field_of_a_round_that_needs_words_has_them() -> None:
    for name in ("status", "model_hash", "parent_hash", "metrics", "gas", "wall_s"):
        assert RoundRow.model_fields[name].description


def test_misspelled_field_is_refused_and_not_dropped() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        ExclusionRow(participant="hospital-a", stage="commit", reason="late", resaon="x")  # type: ignore[call-arg]
