// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITreasury} from "../../src/interfaces/ITreasury.sol";
import {RoundBase, vm} from "../RoundBase.sol";
import {SumTreeBuilder} from "../SumTreeBuilder.sol";

/// What whole rounds of `n` participants cost: every transaction of every participant is sent and counted (21,000
/// and calldata included, nothing warm), none is sampled. The first round of a task writes fresh storage; the second
/// is the steady state. A way to commit is a contract that says how its participants commit and reveal. The figures
/// land in snapshots/rounds.json under "mode, n, which round, step".
abstract contract RoundCost is RoundBase {
    string internal constant URI =
        "s3://federated/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    uint256 internal n;

    function _mode() internal pure virtual returns (string memory);
    function _commitEverybody() internal virtual returns (uint256 gas);

    /// Each sends its own opening, and names where its payload lies.
    function _revealEverybody() internal virtual returns (uint256 gas) {
        for (uint256 i; i < n; ++i) {
            Opening memory o = _opening(_silo(i));
            vm.prank(_silo(i));
            coordinator.reveal(task, round, o, URI);
            gas += _gas();
        }
    }

    /// What a mode has in front of Commit, noted by its step.
    function _share(string memory) internal virtual returns (uint256 gas) {}

    /// What a mode has after Reveal, noted by its step.
    function _unmask(string memory) internal virtual returns (uint256 gas) {}

    /// forge-config: default.isolate = true
    function test_round_of_3() public {
        vm.prank(_silo(3));
        coordinator.leave(task);
        _measure(3);
    }

    /// forge-config: default.isolate = true
    function test_round_of_10() public {
        _measure(10);
    }

    /// forge-config: default.isolate = true
    function test_round_of_40() public {
        _measure(40);
    }

    /// forge-config: default.isolate = true
    function test_round_of_100() public {
        _measure(100);
    }

    /// forge-config: default.isolate = true
    function test_round_of_1000() public {
        _measure(1000);
    }

    // --- internal

    function _params() internal view virtual override returns (TaskParams memory p) {
        p = super._params();
        p.maxParticipants = 1000;
    }

    function _measure(uint256 n_) internal {
        n = n_;
        for (uint256 i = SILOS; i < n; ++i) {
            _join(i);
        }
        _round(1, "first");
        _round(2, "steady");
    }

    function _round(uint256 which, string memory name) internal {
        vm.prank(sponsor);
        coordinator.openRound(task);
        uint256 sum = _note(name, "open", _gas());
        round = coordinator.roundOf(task).round;
        vm.assertEq(round, which, "round");
        sum += _share(name);
        sum += _note(name, "commit", _commitEverybody());
        vm.warp(coordinator.roundOf(task).opensAt);
        sum += _note(name, "reveal", _revealEverybody());
        vm.assertEq(coordinator.roundOf(task).revealed, n, "everybody revealed");
        sum += _unmask(name);
        sum += _finish(which, name);
        _note(name, "whole round", sum);
    }

    /// Propose, settle, and everybody's claim, each with what it has earned so far.
    function _finish(uint256 which, string memory name) internal returns (uint256 sum) {
        (address[] memory accounts, uint256[] memory amounts) = _awards(which);
        ITreasury.SumNode[][] memory levels = SumTreeBuilder.levels(accounts, amounts);
        Proposal memory p = _proposal();
        p.rewardRoot = levels[levels.length - 1][0].hash;
        p.rewardTotal = uint128(levels[levels.length - 1][0].sum);
        _propose(p);
        sum += _note(name, "propose", _gas());
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.settle(task, round, p);
        sum += _note(name, "settle", _gas());
        uint256 claims;
        for (uint256 i; i < n; ++i) {
            treasury.claim(task, accounts[i], amounts[i], SumTreeBuilder.pathIn(levels, i));
            claims += _gas();
        }
        sum += _note(name, "claim", claims);
    }

    function _awards(uint256 rounds)
        internal
        view
        returns (address[] memory accounts, uint256[] memory amounts)
    {
        (accounts, amounts) = (new address[](n), new uint256[](n));
        for (uint256 i; i < n; ++i) {
            (accounts[i], amounts[i]) = (_silo(i), rounds * (REWARD / n));
        }
    }

    function _note(string memory name, string memory step, uint256 gas) internal returns (uint256) {
        string memory key = string.concat(_mode(), ", ", _decimal(n), ", ", name, ", ", step);
        vm.snapshotValue("rounds", key, gas);
        return gas;
    }

    function _gas() internal view returns (uint256) {
        return vm.lastCallGas().gasTotalUsed;
    }

    function _decimal(uint256 x) internal pure returns (string memory text) {
        for (; x != 0; x /= 10) {
            text = string.concat(string(abi.encodePacked(bytes1(uint8(48 + x % 10)))), text);
        }
    }
}
