"""Reports on disk are believed only as the silo wrote them."""

from pathlib import Path

import pytest

from prefect_federated.adapters.data.report_cache import ReportCache

KEY = b"k" * 32
ASKED, ANSWER = {"view": "ab", "suite": "cd"}, [{"success": False, "checked": 3}]


@pytest.fixture
def cache(tmp_path: Path) -> ReportCache:
    made = ReportCache(tmp_path / "checks", KEY)
    made.keep(ASKED, ANSWER)
    return made


def test_what_was_kept_is_found_by_another_process(cache: ReportCache, tmp_path: Path) -> None:
    assert ReportCache(tmp_path / "checks", KEY).recall(ASKED) == ANSWER
    assert cache.recall({**ASKED, "suite": "ce"}) is None


def test_edited_cut_or_empty_file_is_taken_for_none(cache: ReportCache, tmp_path: Path) -> None:
    (file,) = (tmp_path / "checks").iterdir()
    content = file.read_bytes()
    for other in (content.replace(b"false", b"true"), content[:-1], b"", bytes([content[0] ^ 1]) + content[1:]):
        file.write_bytes(other)
        assert cache.recall(ASKED) is None
    cache.keep(ASKED, ANSWER)
    assert cache.recall(ASKED) == ANSWER


def test_report_of_one_view_does_not_pass_for_anothers(cache: ReportCache, tmp_path: Path) -> None:
    good = {**ASKED, "view": "ef"}
    cache.keep(good, [{"success": True}])
    bad, fine = ASKED, good
    names = {path: path.read_bytes() for path in (tmp_path / "checks").iterdir()}
    passing = next(content for content in names.values() if b"true" in content)
    for path in names:
        path.write_bytes(passing)
    assert cache.recall(bad) is None and cache.recall(fine) == [{"success": True}]


def test_report_written_without_the_silos_key_is_taken_for_none(cache: ReportCache, tmp_path: Path) -> None:
    ReportCache(tmp_path / "checks", b"x" * 32).keep(ASKED, [{"success": True}])
    assert cache.recall(ASKED) is None
