// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RoundBase, vm} from "./RoundBase.sol";
import {SumTreeBuilder} from "./SumTreeBuilder.sol";

/// What a round costs from the second round on: whole transactions (21,000 and calldata included, nothing
/// warm), through the proxies. The figures land in snapshots/round.json.
/// forge-config: default.isolate = true
contract GasTest is RoundBase {
    /// forge-config: default.isolate = true
    function test_gas_of_a_steady_round() public {
        _runRound();
        _claim(_silo(0));
        _runSteadyRound();
        treasuryClaim();
    }

    function _runSteadyRound() internal {
        vm.prank(sponsor);
        coordinator.openRound(task);
        vm.snapshotGasLastCall("round", "openRound");
        round = 2;
        _commit(_silo(0));
        vm.snapshotGasLastCall("round", "commit");
        for (uint256 i = 1; i < SILOS; ++i) {
            _commit(_silo(i));
        }
        vm.snapshotGasLastCall("round", "commit, last of the cohort");
        vm.warp(coordinator.roundOf(task).opensAt);
        string memory uri = "s3://federated/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
        for (uint256 i; i < SILOS; ++i) {
            Opening memory o = _opening(_silo(i));
            vm.prank(_silo(i));
            coordinator.reveal(task, round, o, i == 0 ? "" : uri);
            if (i == 0) vm.snapshotGasLastCall("round", "reveal, no uri");
            if (i == 1) vm.snapshotGasLastCall("round", "reveal, uri of 79 bytes");
        }
        Proposal memory p = _proposal();
        _propose(p);
        vm.snapshotGasLastCall("round", "propose");
        _settle(p);
    }

    function treasuryClaim() internal {
        vm.snapshotGasLastCall("round", "settle");
        _claim(_silo(0));
        vm.snapshotGasLastCall("round", "claim, 4 accounts");
    }
}
