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
MEASURES = """pragma solidity 0.8.37;
interface Vm { function snapshotValue(string calldata group, string calldata name, uint256 value) external; }
contract ZTest { function test_it() public {
    Vm(address(uint160(uint256(keccak256("hevm cheat code"))))).snapshotValue("calls", "a call", 1);
} }
"""
PLACES = "A.t.sol", "M.t.sol", "gas/A.t.sol"


pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="forge and solc come from npm; no Node here")


def forge(folder: Path, tests: dict[str, str]) -> subprocess.CompletedProcess[str]:
    (folder / "foundry.toml").write_text(f'[profile.default]\nsolc = "{CONTRACTS / "solc"}"\noffline = true\n')
    for place, text in tests.items():
        (folder / "test" / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / "test" / place).write_text(text)
    command = [sys.executable, str(CONTRACTS / "checks" / "forge.py"), "test"]
    return subprocess.run(command, env={**os.environ, "FORGE_ROOT": str(folder)}, capture_output=True, text=True)


@pytest.mark.parametrize("failing", [None, *PLACES])
def test_forge_ends_as_its_tests_do(tmp_path: Path, failing: str | None) -> None:
    tests = {place: TEST.format("ABC"[n], str(place != failing).lower()) for n, place in enumerate(PLACES)}
    done = forge(tmp_path, tests)
    passed = sum(int(count) for count in re.findall(r"(\d+) tests passed", done.stdout))
    assert done.returncode == (0 if failing is None else 1)
    assert passed == len(PLACES) - (failing is not None), done.stdout + done.stderr


def test_gas_that_the_second_half_measures_is_not_lost_in_silence(tmp_path: Path) -> None:
    done = forge(tmp_path, {"A.t.sol": TEST.format("A", "true"), "Z.t.sol": MEASURES})
    assert done.returncode == 1 and "calls.json of the second half would be lost" in done.stderr
    assert not (tmp_path / "snapshots").exists()
