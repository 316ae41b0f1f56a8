"""One forge test for each mutant, which runs test contracts inside the EVM: no process, no compile for each.

mutant --> coinbase = its number --> each suite: deploy, setUp, each test from that state --> the first failure kills it

A fuzz test is called with four sets of arguments of its own. A forge test here passes where the mutant survives. Few
tests cannot be called from a contract: what fails on the unchanged code too kills nobody, and is a twentieth at most.
"""

import json
import random
from collections.abc import Iterable
from pathlib import Path

FUZZED = 4
HEAD = """// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";
"""
BODY = """
interface Coinbase {
    function coinbase(address who) external;
}

/// A test that ends within a prank would leave it to the next: called at the depth of a test, it ends it.
contract Sober {
    function stopPrank() external {
        vm.stopPrank();
    }
}

contract MutantsTest {
    error Killed(uint256 suite, uint256 test);
    error TooManyFail(uint256 failing, uint256 tests);

    bytes32 private constant ASSUMED = keccak256("FOUNDRY::ASSUME");
    uint256 private constant MOST_GAS = 2e9; // of a test: a mutant that never ends is killed, and not waited for

    Sober private immutable SOBER = new Sober();

    function _meet(uint256 id, uint256[] memory suites) private {
        uint256 tests;
        uint256 failing; // on the unchanged code, called from here
        for (uint256 i; i < suites.length; ++i) {
            (address suite, bool ok) = _begin(id, suites[i]);
            if (!ok) revert Killed(suites[i], type(uint256).max);
            uint256 state = vm.snapshotState();
            bytes[] memory calls = _calls(suites[i]);
            for (uint256 k; k < calls.length; ++k) {
                ++tests;
                if (!_passes(suite, calls[k])) {
                    (address unchanged,) = _begin(0, suites[i]);
                    if (_passes(unchanged, calls[k])) revert Killed(suites[i], k);
                    ++failing;
                }
                vm.revertToState(state);
            }
        }
        if (failing * 20 > tests) revert TooManyFail(failing, tests);
    }

    function _begin(uint256 id, uint256 k) private returns (address suite, bool ok) {
        Coinbase(address(vm)).coinbase(address(uint160(id)));
        suite = _deploy(k);
        (ok,) = suite.call{gas: MOST_GAS}(abi.encodeWithSignature("setUp()"));
    }

    function _passes(address suite, bytes memory call) private returns (bool) {
        (bool ok, bytes memory answer) = suite.call{gas: MOST_GAS}(call);
        SOBER.stopPrank();
        return ok || keccak256(answer) == ASSUMED;
    }
"""


def write(scratch: Path, suites: tuple[str, ...], mutants: Iterable[tuple[int, tuple[str, ...]]]) -> Path:
    """Write test/Mutants.t.sol into the copy.

    Args:
        scratch: The copy, in which the test contracts have been compiled.
        suites: All test files (without .t.sol) that mutants may meet.
        mutants: Their numbers, and the suites that each meets. Number 0 is the unchanged code.

    Returns:
        The file.

    Raises:
        FileNotFoundError: a suite has no compiled tests: its mutants would all survive.
    """
    contracts = [(file, path) for file in suites for path in _contracts(scratch, file)]
    missing = sorted({*suites} - {file for file, _ in contracts})
    if missing:
        raise FileNotFoundError(f"no compiled tests of {', '.join(missing)} in {scratch / 'out'}; were they renamed?")
    imports = [f'import {{{path.stem}}} from "./{file}.t.sol";\n' for file, path in contracts]
    lines = [HEAD, *imports, BODY, _branches("_deploy", "address", [f"address(new {p.stem}())" for _, p in contracts])]
    lines.append(_calls([_calldata(path) for _, path in contracts]))
    for number, met in mutants:
        numbers = [k for k, (file, _) in enumerate(contracts) if file in met]
        lines.append(f"    function test_mutant_{number}() public {{ _meet({number}, _list({_packed(numbers)})); }}\n")
    lines.append(LIST + "}\n")
    target = scratch / "test" / "Mutants.t.sol"
    target.write_text("".join(lines), encoding="utf-8")
    return target


LIST = """
    function _list(bytes memory packed) private pure returns (uint256[] memory list) {
        list = new uint256[](packed.length);
        for (uint256 i; i < list.length; ++i) {
            list[i] = uint8(packed[i]);
        }
    }
"""


def _contracts(scratch: Path, file: str) -> list[Path]:
    """Return the artifacts of the contracts in a test file that have tests."""
    paths = sorted((scratch / "out" / f"{file}.t.sol").glob("*.json"))
    return [path for path in paths if any(name.startswith("test") for name in _methods(path))]


def _methods(path: Path) -> dict[str, str]:
    methods: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["methodIdentifiers"]
    return methods


def _calldata(path: Path) -> list[str]:
    """Return the calls of all tests of a contract, as hex."""
    calls = []
    for signature, selector in sorted(_methods(path).items()):
        name, _, rest = signature.partition("(")
        types = [kind for kind in rest[:-1].split(",") if kind]
        if name.startswith("test"):
            dice = random.Random(signature)
            calls += [selector + "".join(_word(kind, dice) for kind in types) for _ in range(FUZZED if types else 1)]
    return calls


def _word(kind: str, dice: random.Random) -> str:
    """Return a value of a static type in 32 bytes: small or large with equal chance."""
    size = {"address": 160, "bool": 1, "bytes32": 256}.get(kind) or int(kind.removeprefix("u").removeprefix("int"))
    bits = size if dice.random() < 0.5 else min(size, 12)
    value = dice.getrandbits(bits)
    if kind.startswith("int") and value >> (size - 1):
        value += 2**256 - 2**size
    return f"{value:064x}"


def _packed(numbers: list[int]) -> str:
    return f'hex"{bytes(numbers).hex()}"'


def _branches(name: str, kind: str, values: list[str]) -> str:
    rows = [f"        if (k == {k}) return {value};\n" for k, value in enumerate(values)]
    return f"\n    function {name}(uint256 k) private returns ({kind}) {{\n{''.join(rows)}        revert();\n    }}\n\n"


def _calls(of_suites: list[list[str]]) -> str:
    text = "    function _calls(uint256 k) private pure returns (bytes[] memory calls) {\n"
    for k, calls in enumerate(of_suites):
        text += f"        if (k == {k}) {{\n            calls = new bytes[]({len(calls)});\n"
        text += "".join(f'            calls[{i}] = hex"{call}";\n' for i, call in enumerate(calls)) + "        }\n"
    return text + "    }\n\n"
