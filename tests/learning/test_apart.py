"""Private folders for trainings in processes of their own: whose they are, and when they go."""

import os
import stat
from pathlib import Path

import pytest

from prefect_federated.core.errors import ConfigurationError
from prefect_federated.learning.apart import PREFIX, private_folder, run_apart


@pytest.fixture(autouse=True)
def _apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


def test_folder_is_for_its_user_alone_and_goes_whatever_happens(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), private_folder() as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700 and folder.parent == tmp_path
        raise KeyboardInterrupt
    assert not list(tmp_path.iterdir())


def test_rows_that_lie_sealed_are_handed_on_in_memory_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with private_folder(in_memory=True) as folder:
        kinds = {line.split()[1]: line.split()[2] for line in Path("/proc/mounts").read_text().splitlines()}
        assert kinds[str(folder.parent)] == "tmpfs"
    for elsewhere in (tmp_path / "none", tmp_path):  # nothing is there, or a folder on the disk
        monkeypatch.setattr("prefect_federated.learning.apart.MEMORY", elsewhere)
        with pytest.raises(ConfigurationError, match="in memory alone"), private_folder(in_memory=True):
            pass


def test_folder_in_use_is_not_swept_however_old_it_is(tmp_path: Path) -> None:
    with private_folder() as long_training:
        os.utime(long_training, (0, 0))
        with private_folder():
            assert long_training.is_dir()


def test_folders_left_behind_are_swept_once_a_minute_has_passed(tmp_path: Path) -> None:
    old, fresh = tmp_path / f"{PREFIX}old", tmp_path / f"{PREFIX}fresh"
    for left in (old, fresh):
        left.mkdir()
        (left / "view.csv").write_text("1,2")
    os.utime(old, (0, 0))
    with private_folder():
        assert not old.exists() and fresh.exists()


def test_what_a_command_prints_stays_in_its_folder_and_what_it_starts_ends_with_it(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    late = tmp_path / "late"
    with private_folder() as folder:
        script = f"echo a row; (sleep 1; touch {late}) &"
        assert run_apart(["sh", "-c", script], folder, os.environ, 0, "the script") == 0
        assert (folder / "printed").read_text() == "a row\n"
        assert run_apart(["sleep", "1.5"], folder, os.environ, 0, "the wait") == 0
    assert not late.exists() and capfd.readouterr() == ("", "")
