"""A Solidity test that fails fails the build, in whichever half of the tests: forge's exit code arrives."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CONTRACTS = Path(__file__).parents[2] / "contracts"
TEST = "pragma solidity 0.8.37;\ncontract {}Test {{ function test_it() public pure {{ require({}); }} }}\n"
PLACES = "A.t.sol", "M.t.sol", "gas/A.t.sol"


@pytest.mark.skipif(shutil.which("node") is None, reason="forge and solc come from npm; no Node on this machine")
@pytest.mark.parametrize("failing", [None, *PLACES])
def test_forge_ends_as_its_tests_do(tmp_path: Path, failing: str | None) -> None:
    (tmp_path / "foundry.toml").write_text(f'[profile.default]\nsolc = "{CONTRACTS / "solc"}"\noffline = true\n')
    for number, place in enumerate(PLACES):
        (tmp_path / "test" / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "test" / place).write_text(TEST.format("ABC"[number], str(place != failing).lower()))
    command = [sys.executable, str(CONTRACTS / "checks" / "forge.py"), "test"]
    done = subprocess.run(command, env={**os.environ, "FORGE_ROOT": str(tmp_path)}, capture_output=True, text=True)
    passed = sum(int(count) for count in re.findall(r"(\d+) tests passed", done.stdout))
    assert done.returncode == (0 if failing is None else 1)
    assert passed == len(PLACES) - (failing is not None), done.stdout + done.stderr
