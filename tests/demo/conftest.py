"""Finished demos, each run once a session through the command line, as a user would."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from prefect_federated.adapters.evm.devnet import Devnet
from prefect_federated.core.report import Report


def run_demo(out: Path, *options: str) -> Report:
    """Run `federated demo` in a process of its own and read its report."""
    command = [str(Path(sys.executable).with_name("federated")), "demo", "--out", str(out), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=800, env={**os.environ, "COLUMNS": "160"})
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (out / "console.txt").write_text(done.stdout + done.stderr)
    return Report.model_validate_json((out / "report.json").read_text())


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the session's full demo left everything."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="session")
def demo(demo_folder: Path) -> Report:
    """The demo as it comes."""
    return run_demo(demo_folder)


@pytest.fixture(scope="session")
def demo_elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The same seed on a chain that somebody else started, of the embedded kind."""
    with Devnet.start(prefer="eth-tester") as devnet:
        return run_demo(tmp_path_factory.mktemp("elsewhere"), "--chain", devnet.url)


@pytest.fixture(scope="session")
def demo_without_norm_rule(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """One round in which nobody is left out for the size of its update."""
    return run_demo(tmp_path_factory.mktemp("no-norm-rule"), "--rounds", "1", "--no-norm-rule")
