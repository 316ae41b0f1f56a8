"""The wheel: one top-level name, everything it needs inside, nothing that only developers need."""

import json
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("src", "blocks", "contracts", "flows", "tasks", "pyproject.toml", "README.md", "LICENSE")
LEFT = ("__pycache__", "node_modules", "out", "cache", "*.egg-info")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as `pip install` would build it, from a copy of the tree."""
    tree, dist = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("dist")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns(*LEFT), symlinks=True)
        else:
            shutil.copy(ROOT / part, tree / part)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--wheel-dir", dist, tree], check=True, capture_output=True, text=True)
    (built,) = dist.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel alone in an empty folder."""
    target = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", target, wheel]
    subprocess.run(pip, check=True, capture_output=True, text=True)
    return target


def run(installed: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run Python with the installed wheel before everything else, and no Node on the PATH."""
    environment = {"HOME": str(installed), "PATH": str(installed / "bin"), "PYTHONPATH": str(installed)}
    quiet = {"DO_NOT_TRACK": "1", "PREFECT_SERVER_ANALYTICS_ENABLED": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    return subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, cwd=installed, env=environment | quiet, check=False
    )


def test_wheel_claims_one_top_level_name(names: list[str]) -> None:
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"prefect_federated"}


def test_wheel_holds_every_module_of_the_listed_packages(names: list[str]) -> None:
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    for package in setuptools["packages"]:
        inside = package.replace(".", "/")
        folder = ROOT / setuptools["package-dir"].get(package, f"src/{inside}")
        assert {f"{inside}/{path.name}" for path in folder.glob("*.py")} <= set(names)


def test_wheel_says_that_it_is_typed_and_brings_the_compiled_contracts(names: list[str]) -> None:
    assert {"prefect_federated/py.typed", "prefect_federated/core/consent_record.schema.json"} <= set(names)
    shipped = {Path(name).stem for name in names if name.startswith("prefect_federated/contracts/abi/")}
    assert shipped == {path.stem for path in (ROOT / "contracts" / "abi").glob("*.json")}
    assert {"Coordinator", "ParticipantRegistry", "ConsentLedger", "ModelRegistry", "Treasury"} <= shipped


def test_wheel_holds_nothing_that_only_developers_need(names: list[str]) -> None:
    unwanted = [name for name in names if name.endswith((".sol", ".t.sol", ".pyc")) or "node_modules" in name]
    unwanted += [name for name in names if name.startswith("tests/") or "/test/" in name]
    assert not unwanted


def test_wheel_registers_its_blocks_and_its_command(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (name for name in archive.namelist() if name.endswith("entry_points.txt"))
        points = archive.read(path).decode()
    assert "[prefect.collections]\nprefect_federated = prefect_federated.blocks" in points
    assert "[console_scripts]\nfederated = prefect_federated.cli.main:app" in points


def test_command_runs_from_the_installed_wheel_without_node(installed: Path) -> None:
    assert (installed / "bin" / "federated").is_file()
    found = run(installed, str(installed / "bin" / "federated"), "--help")
    assert found.returncode == 0, found.stderr
    for word in ("demo", "doctor", "devnet", "task", "round", "participant", "registry"):
        assert word in found.stdout


def test_installed_wheel_and_not_the_checkout_is_what_runs(installed: Path) -> None:
    code = "import prefect_federated.blocks as b, prefect_federated.core as c; print(b.__file__, c.__file__)"
    found = run(installed, "-c", code)
    assert found.returncode == 0, found.stderr
    for path in found.stdout.split():
        assert Path(path).is_relative_to(installed), path


def test_contracts_deploy_from_the_artifacts_in_the_wheel(installed: Path) -> None:
    code = (
        "import json; from importlib.resources import files;"
        "found = json.loads(files('prefect_federated.contracts').joinpath('abi/Coordinator.json').read_text());"
        "print(len(found['abi']) > 10, len(found['bytecode']) > 1000)"
    )
    assert run(installed, "-c", code).stdout.split() == ["True", "True"]


@pytest.mark.slow
def test_installed_wheel_passes_the_demo_without_node_or_anvil(installed: Path, tmp_path: Path) -> None:
    out = tmp_path / "demo"
    script = "import sys; from prefect_federated.cli.main import app; sys.argv[0] = 'federated'; app()"
    done = run(installed, "-c", script, "demo", "--rounds", "1", "--out", str(out))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    report = json.loads((out / "report.json").read_text())
    assert report["rounds"][0]["aggregated"] and report["balances"]["difference_wei"] == "0"
