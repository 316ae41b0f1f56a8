"""The rules of the house that a program can check."""

import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MAPPED = ("blocks", "contracts", "flows", "tasks")
FLAT = ("blocks", "flows", "tasks")
OUTSIDE = {"node_modules", "out", "cache", "__pycache__", ".venv", ".types", "build", "dist", ".git"}
MOST_LINES = 300


def files(*patterns: str, under: Path = ROOT) -> list[Path]:
    found = (path for pattern in patterns for path in under.rglob(pattern))
    return sorted(path for path in found if not OUTSIDE & set(path.relative_to(ROOT).parts))


def test_no_file_is_longer_than_a_reader_can_hold() -> None:
    lines = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in files("*.py", "*.sol")}
    assert not {str(path): count for path, count in lines.items() if count > MOST_LINES}


def test_no_file_is_a_drawer_for_everything() -> None:
    names = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py"}
    assert not [str(path) for path in files("*.py") if path.name in names]


@pytest.mark.parametrize("folder", FLAT)
def test_flows_tasks_and_blocks_are_flat(folder: str) -> None:
    nested = [path for path in files("*.py", under=ROOT / folder) if path.parent != ROOT / folder]
    assert not nested


@pytest.mark.parametrize("folder", FLAT)
def test_no_file_takes_the_name_of_a_library_that_prefect_could_then_shadow(folder: str) -> None:
    """Prefect puts the folder of a flow given by path first on sys.path."""
    taken = set(sys.stdlib_module_names) | set(packages_distributions()) | {"flows", "tasks", "blocks", "contracts"}
    assert not {path.name for path in (ROOT / folder).glob("*.py") if path.stem in taken}


def test_packages_listed_are_the_folders_that_hold_python() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    source = ROOT / "src"
    folders = {".".join(path.parent.relative_to(source).parts) for path in files("*.py", under=source)}
    folders |= {f"prefect_federated.{name}" for name in MAPPED}
    assert set(project["tool"]["setuptools"]["packages"]) == folders


def test_every_package_folder_has_an_init_or_the_editable_install_cannot_find_it() -> None:
    places = {path.parent for path in files("*.py", under=ROOT / "src" / "prefect_federated")}
    places |= {ROOT / name for name in MAPPED}
    assert not [str(place) for place in places if not (place / "__init__.py").is_file()]


def test_root_folders_are_mapped_into_the_one_import_name() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    mapping = project["tool"]["setuptools"]["package-dir"]
    assert mapping == {"": "src"} | {f"prefect_federated.{name}": name for name in MAPPED}


def test_every_module_says_its_idea_first() -> None:
    code = [path for folder in ("src", *MAPPED) for path in files("*.py", under=ROOT / folder)]
    assert not [str(path.relative_to(ROOT)) for path in code if not path.read_text().lstrip().startswith(('"""', "#!"))]
