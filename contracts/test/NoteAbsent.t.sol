// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RoundBase, vm} from "./RoundBase.sol";

contract NoteAbsentTest is RoundBase {
    /// A round in which nobody but silo 0 commits: it is void for want of a quorum.
    function _thinRound() internal {
        _open();
        _commit(_silo(0));
        vm.warp(block.timestamp + COMMIT + 1);
    }

    function _note(uint256 i) internal {
        uint16[] memory indices = new uint16[](1);
        indices[0] = uint16(i);
        vm.prank(stranger);
        coordinator.noteAbsent(task, round, indices);
    }

    function _misses(uint256 i) internal view returns (uint16) {
        return coordinator.enrolmentOf(task, _silo(i)).misses;
    }

    function _enrolled(uint256 i) internal view returns (bool) {
        return coordinator.enrolmentOf(task, _silo(i)).enrolled;
    }

    function _locked(uint256 i) internal view returns (uint256) {
        return registry.participant(_silo(i)).locked;
    }

    function test_noteAbsent_unenrols_who_missed_two_rounds_in_a_row() public {
        _thinRound();
        _note(1);
        vm.assertEq(_misses(1), 1, "one");
        vm.assertTrue(_enrolled(1), "still there");
        _thinRound();
        vm.expectEmit(address(coordinator));
        emit Missed(task, 2, _silo(1), 2);
        vm.expectEmit(address(coordinator));
        emit Left(task, _silo(1), 1, 2);
        vm.expectEmit(address(coordinator));
        emit Lapsed(task, _silo(1), 2);
        _note(1);
        vm.assertFalse(_enrolled(1), "out");
        coordinator.releaseBond(task, _silo(1));
        vm.assertEq(_locked(1), 0, "bond back");
        vm.assertEq(coordinator.taskOf(task).enrolled, SILOS - 1, "one less");
    }

    function test_noteAbsent_passes_over_who_committed() public {
        _thinRound();
        _note(0);
        vm.assertEq(_misses(0), 0, "was there");
    }

    function test_noteAbsent_counts_a_round_once() public {
        _thinRound();
        _note(1);
        _note(1);
        vm.assertEq(_misses(1), 1, "once");
    }

    function test_noteAbsent_forgives_what_lies_before_a_round_that_was_not_missed() public {
        _thinRound();
        _note(1);
        _open();
        _commit(_silo(1));
        vm.warp(block.timestamp + COMMIT + 1);
        _note(1);
        _thinRound();
        _note(1);
        vm.assertEq(_misses(1), 1, "one again");
        vm.assertTrue(_enrolled(1), "still there");
    }

    function test_noteAbsent_passes_over_who_joins_with_the_next_round() public {
        _open();
        _join(9);
        vm.warp(block.timestamp + COMMIT + 1);
        _note(SILOS);
        vm.assertEq(_misses(9), 0, "not of this cohort");
    }

    function test_noteAbsent_passes_over_an_index_that_nobody_has() public {
        _thinRound();
        _note(77);
        vm.assertEq(coordinator.taskOf(task).enrolled, SILOS, "nobody out");
    }

    function test_noteAbsent_waits_for_the_end_of_Commit() public {
        _open();
        uint16[] memory indices = new uint16[](1);
        vm.expectRevert(abi.encodeWithSelector(StillCommitting.selector, task, round));
        coordinator.noteAbsent(task, round, indices);
    }

    function test_noteAbsent_is_for_the_current_round_alone() public {
        _thinRound();
        _open();
        uint16[] memory indices = new uint16[](1);
        vm.expectRevert(abi.encodeWithSelector(WrongRound.selector, task, 1, 2));
        coordinator.noteAbsent(task, 1, indices);
    }

    function test_noteAbsent_does_nothing_where_the_task_allows_any_number_of_misses() public {
        TaskParams memory p = _params();
        p.maxMisses = 0;
        vm.prank(sponsor);
        task = coordinator.createTask(p, "");
        _fund(task, 10 * REWARD);
        _deposit(aggregator, DUTY_BOND);
        vm.prank(aggregator);
        coordinator.acceptDuty(task);
        for (uint256 i; i < SILOS; ++i) {
            _deposit(_silo(i), BOND);
            vm.prank(_silo(i));
            coordinator.enrol(task);
        }
        _thinRound();
        _note(1);
        vm.assertEq(_misses(1), 0, "not counted");
        vm.assertTrue(_enrolled(1), "still there");
    }

    function test_noteAbsent_of_somebody_who_left_stops_nobody_elses_note() public {
        _thinRound();
        _note(1);
        _open();
        vm.prank(_silo(1));
        coordinator.leave(task); // still of this round's cohort
        _commit(_silo(0));
        vm.warp(block.timestamp + COMMIT + 1);
        uint16[] memory indices = new uint16[](2);
        (indices[0], indices[1]) = (1, 2);
        coordinator.noteAbsent(task, round, indices);
        vm.assertEq(_misses(1), 2, "missed");
        vm.assertEq(_misses(2), 1, "noted too");
    }

    /// A round that goes on keeps the bond until it is over.
    function test_noteAbsent_in_a_running_round_keeps_the_bond() public {
        _thinRound();
        _note(3);
        _open();
        for (uint256 i; i < SILOS - 1; ++i) {
            _commit(_silo(i));
        }
        vm.warp(block.timestamp + COMMIT + 1);
        _note(3);
        vm.assertFalse(_enrolled(3), "out");
        vm.assertEq(_locked(3), BOND, "held");
        vm.warp(block.timestamp + GAP + REVEAL + 1);
        coordinator.releaseBond(task, _silo(3));
        vm.assertEq(_locked(3), 0, "free");
    }
}
