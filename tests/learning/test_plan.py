"""Plans: named by source hash, loaded only when asked, refused when changed."""

import sys
from pathlib import Path

import pytest

from prefect_federated.core.errors import ConfigurationError, PlanNotApproved
from prefect_federated.learning.plan import TrainingPlan, code_hash, load_plan, manifest

TABULAR = "prefect_federated.learning.tabular:TabularClassifier"
SETTINGS = {"means": [0.0, 0.0], "scales": [1.0, 1.0]}
SOURCE = """
from prefect_federated.learning.tabular import TabularClassifier


class Mine(TabularClassifier):
    pass
"""


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(SOURCE)
    return path


def test_one_changed_character_asks_for_a_new_approval(written: Path) -> None:
    approved = code_hash(f"{written}:Mine")
    written.write_text(SOURCE.replace("pass", "pass "))
    with pytest.raises(PlanNotApproved, match=f"approved was 0x{approved.hex()}"):
        load_plan(f"{written}:Mine", SETTINGS, approved)


def test_unapproved_source_is_not_executed(tmp_path: Path) -> None:
    path, mark = tmp_path / "evil.py", tmp_path / "executed"
    path.write_text(f"open({str(mark)!r}, 'w')\nclass Mine: pass\n")
    code_hash(f"{path}:Mine")
    with pytest.raises(PlanNotApproved):
        load_plan(f"{path}:Mine", {}, bytes(32))
    assert not mark.exists()


def test_hashing_a_module_does_not_import_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "never_imported_plan.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert len(code_hash("never_imported_plan:Mine")) == 32
    assert "never_imported_plan" not in sys.modules


def test_line_ends_do_not_change_the_hash(tmp_path: Path) -> None:
    for name, end in (("a.py", b"\n"), ("b.py", b"\r\n")):
        (tmp_path / name).write_bytes(SOURCE.encode().replace(b"\n", end))
    assert code_hash(f"{tmp_path}/a.py:Mine") == code_hash(f"{tmp_path}/b.py:Mine")


def test_plan_from_a_file_and_from_a_module_follow_the_protocol(written: Path) -> None:
    for ref in (f"{written}:Mine", TABULAR):
        plan = load_plan(ref, SETTINGS, code_hash(ref))
        assert isinstance(plan, TrainingPlan)
        assert [(t.name, t.shape) for t in manifest(plan)] == [("0.weight", (2, 2)), ("0.bias", (2,))]


@pytest.mark.parametrize("ref", ["", "module", ":Class", "module:", "module:not a name"])
def test_malformed_reference_is_refused(ref: str) -> None:
    with pytest.raises(ConfigurationError, match="is not of the form"):
        code_hash(ref)


@pytest.mark.parametrize("ref", ["no.such.module:Plan", "nosuchmodule:Plan", "absent.py:Plan", "sys:Plan"])
def test_absent_source_is_refused_by_name(ref: str) -> None:
    with pytest.raises(ConfigurationError, match=r"cannot be found"):
        code_hash(ref)


def test_absent_class_is_refused_by_name(written: Path) -> None:
    with pytest.raises(ConfigurationError, match="defines no Other"):
        load_plan(f"{written}:Other", {})


def test_unknown_hyperparameter_is_refused_by_name() -> None:
    with pytest.raises(ConfigurationError, match="depth"):
        load_plan(TABULAR, {**SETTINGS, "depth": 3})


def test_class_without_the_methods_is_refused(tmp_path: Path) -> None:
    (tmp_path / "half.py").write_text("class Half:\n    def train(self, model, data, seed): ...\n")
    with pytest.raises(ConfigurationError, match="lacks a method"):
        load_plan(f"{tmp_path}/half.py:Half", {})


@pytest.mark.parametrize(
    "changes", [{"scales": [1.0]}, {"scales": [1.0, 0.0]}, {"labels": 1}, {"lr": 0}, {"optimizer": "x"}]
)
def test_impossible_settings_are_refused(changes: dict) -> None:
    with pytest.raises(ConfigurationError):
        load_plan(TABULAR, {**SETTINGS, **changes})
