// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IUpkeep} from "../src/interfaces/IUpkeep.sol";
import {RoundBase, bound, vm} from "./RoundBase.sol";

contract UpkeepTest is RoundBase {
    function _due() internal view returns (bool needed) {
        bytes memory data;
        (needed, data) = coordinator.checkUpkeep(abi.encode(task));
        vm.assertEq(keccak256(data), keccak256(abi.encode(task)), "perform data");
    }

    function _perform() internal {
        vm.prank(stranger);
        coordinator.performUpkeep(abi.encode(task));
    }

    function test_checkUpkeep_says_yes_exactly_when_a_tick_changes_something(uint256 seed) public {
        _open();
        _commit(_silo(0));
        _commit(_silo(1));
        for (uint256 step; step < 12; ++step) {
            vm.warp(block.timestamp + bound(seed >> step, 1, 60));
            bool due = _due();
            vm.recordLogs();
            coordinator.tick(task);
            vm.assertTrue(due == (vm.getRecordedLogs().length != 0), "due = something happened");
        }
    }

    function test_performUpkeep_ticks_once() public {
        _open();
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        vm.assertTrue(_due(), "due");
        vm.expectEmit(address(coordinator));
        emit RoundVoided(task, round, Phase.Commit);
        _perform();
        vm.assertFalse(_due(), "done");
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IUpkeep.NothingDue.selector, task));
        coordinator.performUpkeep(abi.encode(task));
    }

    function test_checkUpkeep_says_no_in_the_last_second_of_a_phase_and_in_a_pause() public {
        _open();
        uint256 deadline = coordinator.roundOf(task).deadline;
        vm.warp(deadline);
        vm.assertFalse(_due(), "last second");
        coordinator.pause(uint40(deadline + 100));
        vm.warp(deadline + 100);
        vm.assertFalse(_due(), "pause");
        vm.warp(deadline + 101);
        vm.assertTrue(_due(), "after it");
    }

    function test_checkUpkeep_says_no_for_a_task_that_is_not_there_or_has_no_round() public view {
        vm.assertFalse(_due(), "no round");
        (bool needed,) = coordinator.checkUpkeep(abi.encode(uint32(99)));
        vm.assertFalse(needed, "no task");
    }

    function test_upkeep_refuses_data_that_names_no_task() public {
        vm.expectRevert();
        coordinator.checkUpkeep("");
        vm.expectRevert();
        coordinator.performUpkeep(abi.encode(type(uint256).max));
    }
}
