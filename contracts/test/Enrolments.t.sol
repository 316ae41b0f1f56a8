// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {RoundBase, vm} from "./RoundBase.sol";

contract EnrolmentsTest is RoundBase {
    function _locked(address who) internal view returns (uint256) {
        return registry.participant(who).locked;
    }

    function _leave(address who) internal {
        vm.prank(who);
        coordinator.leave(task);
    }

    function _enrol(address who) internal {
        vm.prank(who);
        coordinator.enrol(task);
    }

    function test_enrol_needs_admission() public {
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(NotAdmitted.selector, stranger));
        coordinator.enrol(task);
    }

    /// Otherwise one stake, split among many accounts, would be paid many times.
    function test_where_pay_goes_by_heads_an_open_door_is_not_enough() public {
        registry.setOpenAdmission(true);
        vm.prank(stranger);
        registry.register(keccak256("key"), address(0));
        _deposit(stranger, 3 * BOND);
        TaskParams memory p = _params();
        p.rewardBy = 1;
        uint32 equally = coordinator.createTask(p, "");
        (p.rewardBy, p.shareCapBps) = (0, 5000);
        uint32 capped = coordinator.createTask(p, "");
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(NotAdmitted.selector, stranger));
        coordinator.enrol(equally);
        vm.expectRevert(abi.encodeWithSelector(NotAdmitted.selector, stranger));
        coordinator.enrol(capped);
        coordinator.enrol(task); // by weight
        vm.stopPrank();
        registry.setAdmission(stranger, true);
        vm.startPrank(stranger);
        coordinator.enrol(equally);
        coordinator.enrol(capped);
    }

    function test_enrol_without_the_stake_names_both_amounts() public {
        _register(stranger);
        vm.prank(stranger);
        vm.expectRevert(
            abi.encodeWithSelector(IParticipantRegistry.InsufficientStake.selector, stranger, 0, BOND)
        );
        coordinator.enrol(task);
    }

    function test_enrol_twice_is_refused() public {
        vm.prank(_silo(0));
        vm.expectRevert(abi.encodeWithSelector(AlreadyEnrolled.selector, task, _silo(0)));
        coordinator.enrol(task);
    }

    function test_a_full_task_takes_nobody() public {
        TaskParams memory p = _params();
        p.maxParticipants = 2;
        task = coordinator.createTask(p, "");
        for (uint256 i; i < 3; ++i) {
            _deposit(_silo(i), BOND);
        }
        _enrol(_silo(0));
        _enrol(_silo(1));
        vm.prank(_silo(2));
        vm.expectRevert(abi.encodeWithSelector(TaskFull.selector, task, 2));
        coordinator.enrol(task);
        _leave(_silo(0));
        _enrol(_silo(2));
    }

    function test_an_index_is_dense_and_kept_for_good() public {
        vm.assertEq(coordinator.participantAt(task, 3), _silo(3), "dense");
        _leave(_silo(1));
        address late = _join(9);
        vm.assertEq(coordinator.participantAt(task, 4), late, "not reused");
        _enrol(_silo(1));
        vm.assertEq(coordinator.enrolmentOf(task, _silo(1)).index, 1, "kept");
        vm.assertEq(coordinator.participantAt(task, 1), _silo(1), "kept");
    }

    /// All indices but one are written as given: 65,530 more enrolments would show nothing else.
    function test_the_last_index_is_given_once_and_who_has_one_comes_back() public {
        bytes32 tasks = bytes32(0x2a3323ecafd46d19727651cc413113faa199c5f7f78323fe821e5353c5afa000 + uint256(6));
        bytes32 slot = bytes32(uint256(keccak256(abi.encode(task, tasks))) + 1);
        uint256 word = uint256(vm.load(address(coordinator), slot));
        vm.assertEq(uint16(word >> 176), SILOS, "the task's indices");
        word += (type(uint16).max - 1 - SILOS) << 176;
        vm.store(address(coordinator), slot, bytes32(word));
        address last = _join(9);
        vm.assertEq(coordinator.participantAt(task, type(uint16).max - 1), last, "the last");
        vm.expectRevert(abi.encodeWithSelector(TaskFull.selector, task, type(uint16).max));
        this.join(10);
        _leave(_silo(1));
        _enrol(_silo(1));
    }

    function join(uint256 i) external {
        _join(i);
    }

    function test_who_enrols_in_a_running_round_takes_part_from_the_next() public {
        _open();
        address late = _join(9);
        vm.assertEq(coordinator.roundOf(task).cohort, SILOS, "snapshot");
        Opening memory o = _opening(late);
        bytes32 commitment = _digest(late, o);
        vm.prank(late);
        vm.expectRevert(abi.encodeWithSelector(NotInCohort.selector, task, 1, late));
        coordinator.commit(task, round, commitment, grants[late], _evidence(late));
        vm.warp(block.timestamp + COMMIT + 1);
        _open();
        vm.assertEq(coordinator.roundOf(task).cohort, SILOS + 1, "next round");
        _commit(late);
    }

    function test_leave_between_rounds_gives_the_bond_back_at_once() public {
        _leave(_silo(0));
        vm.assertEq(_locked(_silo(0)), 0, "free");
        vm.prank(_silo(0));
        vm.expectRevert(abi.encodeWithSelector(NotEnrolled.selector, task, _silo(0)));
        coordinator.leave(task);
    }

    function test_leave_in_a_round_keeps_the_bond_until_the_round_is_over() public {
        _open();
        _leave(_silo(0));
        vm.assertEq(_locked(_silo(0)), BOND, "held");
        vm.expectRevert(abi.encodeWithSelector(BondHeld.selector, task, _silo(0), 1));
        coordinator.releaseBond(task, _silo(0));
        _commit(_silo(0)); // still in this cohort
        vm.warp(block.timestamp + COMMIT + 1); // quorum missed: void
        coordinator.releaseBond(task, _silo(0));
        vm.assertEq(_locked(_silo(0)), 0, "free");
        vm.expectRevert(abi.encodeWithSelector(NotEnrolled.selector, task, _silo(0)));
        coordinator.releaseBond(task, _silo(0));
    }

    function test_leaving_does_not_save_the_bond_of_who_stays_silent() public {
        _open();
        _commitAll();
        _leave(_silo(0));
        for (uint256 i = 1; i < SILOS; ++i) {
            _reveal(_silo(i));
        }
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        _propose(_proposal());
        _settle(_proposal());
        vm.expectRevert(abi.encodeWithSelector(BondHeld.selector, task, _silo(0), 1));
        coordinator.releaseBond(task, _silo(0));
        uint16[] memory silent = new uint16[](1);
        coordinator.slashSilent(task, 1, silent);
        vm.assertEq(registry.participant(_silo(0)).stake, 0, "slashed");
        vm.expectRevert(abi.encodeWithSelector(NotEnrolled.selector, task, _silo(0)));
        coordinator.releaseBond(task, _silo(0));
    }

    function test_the_bond_of_somebody_enrolled_cannot_be_released_by_others() public {
        vm.expectRevert(abi.encodeWithSelector(BondHeld.selector, task, _silo(0), 0));
        coordinator.releaseBond(task, _silo(0));
    }

    function test_enrolling_again_in_the_same_round_takes_the_leave_back() public {
        _open();
        _leave(_silo(0));
        _enrol(_silo(0));
        vm.assertEq(_locked(_silo(0)), BOND, "one bond");
        vm.assertEq(coordinator.taskOf(task).enrolled, SILOS, "counted once");
        _commit(_silo(0));
        vm.warp(block.timestamp + COMMIT + 1);
        _open();
        _commit(_silo(0));
    }

    function test_who_left_and_comes_back_later_is_not_in_the_rounds_between() public {
        _open();
        _leave(_silo(0));
        vm.warp(block.timestamp + COMMIT + 1);
        _open();
        _enrol(_silo(0)); // its old bond was still held: none is locked twice
        vm.assertEq(_locked(_silo(0)), BOND, "one bond");
        vm.prank(_silo(0));
        vm.expectRevert(abi.encodeWithSelector(NotInCohort.selector, task, 2, _silo(0)));
        coordinator.commit(task, round, keccak256("c"), grants[_silo(0)], _evidence(_silo(0)));
    }
}
