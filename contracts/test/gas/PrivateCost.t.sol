// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BudgetBase} from "../BudgetBase.sol";
import {vm} from "../Vm.sol";

/// What a commit costs that spends of a privacy budget, as a whole transaction. In snapshots/calls.json.
contract PrivateCostTest is BudgetBase {
    /// forge-config: default.isolate = true
    function test_gas_of_a_private_commit() public {
        _open();
        _spend(task, _silo(0), grants[_silo(0)], COST);
        vm.snapshotValue(
            "calls", "participant: commit with a privacy cost, the first", vm.lastCallGas().gasTotalUsed
        );
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.tick(task);
        _open();
        _spend(task, _silo(0), grants[_silo(0)], COST);
        vm.snapshotValue(
            "calls", "participant: commit with a privacy cost, later ones", vm.lastCallGas().gasTotalUsed
        );
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.tick(task);
        consent.refund(task, 1, grants[_silo(0)], _silo(0));
        vm.snapshotValue("calls", "anybody: refund of a privacy cost", vm.lastCallGas().gasTotalUsed);
    }
}
