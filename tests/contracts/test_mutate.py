"""The mutants are what they say, each can be switched on alone, and what runs them reads every answer."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from prefect_federated.contracts.build import HERE, forge
from prefect_federated.contracts.checks import driver
from prefect_federated.contracts.checks.mutants import _alive
from prefect_federated.contracts.checks.mutate import SWITCH, Mutation

SOURCE = """// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

contract Till {
    modifier onlyOwner() {
        _;
    }

    modifier onlyCoordinator() {
        if (msg.sender != coordinator) revert Only(msg.sender);
        _;
    }

    // if (false) x = 1; a comment is no code
    function pay(uint256 amount) external onlyCoordinator {
        if (amount > left) revert TooMuch(amount);
        left -= amount;
        total = left + amount;
    }
}
"""


def test_each_change_of_a_function_is_one_mutant() -> None:
    mutation = Mutation(SOURCE, 10)
    mutation.run()
    assert [(m.number, m.line, m.was, m.now) for m in mutation.mutants] == [
        (10, 15, "onlyCoordinator", "(left out)"),
        (11, 16, "amount > left", "false"),
        (12, 16, "amount > left", "amount >= left"),
        (13, 17, "left -= amount;", "(left out)"),
        (14, 17, "left -= amount;", "left += amount;"),
        (15, 18, "left + amount", "left - amount"),
        (16, 18, "total = left + amount;", "(left out)"),
    ]


def test_the_text_asks_for_every_number_and_keeps_the_original_where_none_is_on() -> None:
    text = Mutation(SOURCE, 10).run()
    assert all(f"on({number})" in text for number in range(10, 17))
    assert "if ((on(11) ? (false) : on(12) ? (amount >= left) : (amount > left))) revert TooMuch(amount);" in text
    assert "if (on(13)) {  } else if (on(14)) { left += amount; } else { left -= amount; }" in text
    assert "modifier onlyCoordinatorUnless10() { if (on(10)) { _; } else" in text
    assert "// if (false) x = 1; a comment is no code" in text


def test_a_mutant_that_was_not_tried_ends_the_run() -> None:
    output = "[PASS] test_mutant_0() (gas: 1)\n[FAIL: killed] test_mutant_1() (gas: 1)\n"
    assert _alive(output, {0, 1}) == {0}
    with pytest.raises(SystemExit, match="tried 2 of 3"):
        _alive(output, {0, 1, 2})


def test_every_test_of_a_suite_is_called_and_a_fuzz_test_with_several_arguments(tmp_path: Path) -> None:
    artifact = tmp_path / "out" / "Till.t.sol" / "TillTest.json"
    artifact.parent.mkdir(parents=True)
    (tmp_path / "test").mkdir()
    methods = {"setUp()": "0a9254e4", "test_plain()": "aaaaaaaa", "test_fuzz(uint256,int32,address)": "bbbbbbbb"}
    artifact.write_text(json.dumps({"methodIdentifiers": methods}))
    text = driver.write(tmp_path, ("Till",), [(0, ("Till",)), (7, ("Till",))]).read_text()
    assert text.count('hex"aaaaaaaa"') == 1
    assert text.count('hex"bbbbbbbb') == driver.FUZZED
    assert "function test_mutant_0()" in text
    assert "function test_mutant_7()" in text


LOOP = """// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

contract Loop {
    function count(uint256 n) external pure returns (uint256 steps) {
        while (n > 0) {
            --n;
            ++steps;
        }
    }
}
"""
LOOP_TEST = """pragma solidity 0.8.37;
import {Loop} from "../src/Loop.sol";
contract LoopTest {
    Loop private loop;
    function setUp() public { loop = new Loop(); }
    function test_count() public view { require(loop.count(3) == 3); }
}
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="forge and solc come from npm; no Node on this machine")
def test_a_mutant_that_never_ends_is_killed_and_not_waited_for(tmp_path: Path) -> None:
    """A loop without its step went on until a test's trillion of gas was burnt, which is most of an hour."""
    for folder in ("src", "test"):
        (tmp_path / folder).mkdir()
    config = f'[profile.default]\nsolc = "{HERE / "solc"}"\noffline = true\ngas_limit = 1_000_000_000_000\n'
    (tmp_path / "foundry.toml").write_text(config)
    mutation = Mutation(LOOP, 1)
    (tmp_path / "src" / "Loop.sol").write_text(mutation.run())
    (tmp_path / "src" / "Mutants.sol").write_text(SWITCH)
    (tmp_path / "test" / "Loop.t.sol").write_text(LOOP_TEST)
    shutil.copy(HERE / "test" / "Vm.sol", tmp_path / "test")
    subprocess.run([str(forge()), "build"], cwd=tmp_path, check=True, capture_output=True, timeout=120)
    numbers = [0, *(mutant.number for mutant in mutation.mutants)]
    driver.write(tmp_path, ("Loop",), [(number, ("Loop",)) for number in numbers])
    command = [str(forge()), "test", "--match-path", "test/Mutants.t.sol"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=240)
    assert "--n; -> (left out)" in [f"{mutant.was} -> {mutant.now or '(left out)'}" for mutant in mutation.mutants]
    assert _alive(done.stdout, set(numbers)) == {0}
