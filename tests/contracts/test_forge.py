"""A Solidity test that fails fails the build: forge's exit code arrives."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONTRACTS = Path(__file__).parents[2] / "contracts"
TEST = "pragma solidity 0.8.37;\ncontract ATest {{ function test_it() public pure {{ require({}); }} }}\n"


@pytest.mark.skipif(shutil.which("node") is None, reason="forge and solc come from npm; no Node on this machine")
@pytest.mark.parametrize(("condition", "code"), [("true", 0), ("false", 1)])
def test_forge_ends_as_its_tests_do(tmp_path: Path, condition: str, code: int) -> None:
    (tmp_path / "foundry.toml").write_text(f'[profile.default]\nsolc = "{CONTRACTS / "solc"}"\noffline = true\n')
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "A.t.sol").write_text(TEST.format(condition))
    command = [sys.executable, str(CONTRACTS / "checks" / "forge.py"), "test"]
    done = subprocess.run(command, env={**os.environ, "FORGE_ROOT": str(tmp_path)}, capture_output=True, text=True)
    assert "1 tests passed" in done.stdout or "1 failed" in done.stdout, done.stdout + done.stderr
    assert done.returncode == code
