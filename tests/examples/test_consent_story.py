"""The story of a consent, run as its first line says: what a data-protection officer reads at each point."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

SCRIPT = Path(__file__).parents[2] / "examples" / "consent_story.py"


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("story") / "out"


@pytest.fixture(scope="module")
def story(out: Path) -> dict[str, str]:
    """What stood under each heading."""
    command = [sys.executable, str(SCRIPT), "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1100)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    parts = re.split(r"^─+ (.+?) ─+$", done.stdout, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def chapter(story: dict[str, str], start: str) -> str:
    return next(text for title, text in story.items() if title.startswith(start))


def test_grant_that_ended_between_two_rounds_keeps_its_hospital_out(story: dict[str, str]) -> None:
    assert "hospital-d" in chapter(story, "Round 2").split("aggregated")[1]
    assert "hospital-d is out (validate)" in chapter(story, "Round 3") and "expires" in chapter(story, "Round 3")


def test_subject_who_leaves_is_named_nowhere(story: dict[str, str], out: Path) -> None:
    assert not any(re.search(r"subject-\d{6}", text) for text in story.values())
    for page in (out / "before.html", out / "lineage.html"):
        assert not re.search(r"subject-\d{6}", page.read_text())


def test_withdrawal_opens_remedies_until_the_steward_answers(story: dict[str, str]) -> None:
    told = chapter(story, "The data holder of hospital-b")
    assert "is withdrawn" in told and told.count("remedy answer") >= 3


def test_audit_says_how_the_grants_stand_before_and_after(story: dict[str, str]) -> None:
    before, after = chapter(story, "Where does the model come from"), chapter(story, "The audit after it")
    assert "withdrawn" not in before.split("remedies")[0] and "expired" in before
    assert "withdrawn" in after and "retrain" in after


def test_erasure_leaves_the_audit_as_it_was_and_the_record_nowhere(story: dict[str, str], out: Path) -> None:
    assert "withdrawn" in chapter(story, "hospital-b erases")
    assert not list(out.rglob("silos/hospital-b/consent.json"))


def test_mlflow_comes_back_from_chain_and_store(story: dict[str, str], out: Path) -> None:
    assert "differs in" in chapter(story, "MLflow's database is gone")
    assert (out / "mlflow" / "mlflow.db").exists()


def test_bundle_verifies_without_us_and_names_an_edited_byte(story: dict[str, str]) -> None:
    told = chapter(story, "A bundle for an auditor")
    assert "receipts.jsonl" in told.rsplit("verify.py", 1)[1]


def test_story_ends_with_the_page(story: dict[str, str], out: Path) -> None:
    page = (out / "lineage.html").read_text()
    assert "<svg" in page and "http://" not in page.replace("http://www.w3.org", "")
