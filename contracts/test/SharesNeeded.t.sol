// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MaskedBase} from "./MaskedBase.sol";
import {vm} from "./Base.sol";

/// A cohort of three in a group of three: its members' threshold is three, whatever the task's.
contract SharesNeededTest is MaskedBase {
    uint16 internal group = 3;

    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        p.group = group;
    }

    function _opened() internal {
        super.setUp();
        vm.prank(_silo(3));
        coordinator.leave(task);
        _open();
    }

    function setUp() public override {}

    function test_a_group_asks_for_three_shares_though_the_task_asks_for_two() public {
        _opened();
        vm.assertEq(coordinator.roundOf(task).cohort, 3, "cohort");
        vm.assertEq(coordinator.sharesNeeded(task, round), 3, "needed");
    }

    function test_without_groups_the_tasks_number_counts() public {
        group = 0;
        _opened();
        vm.assertEq(coordinator.sharesNeeded(task, round), 2, "needed");
    }
}
