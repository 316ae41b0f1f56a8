// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITreasury} from "../src/interfaces/ITreasury.sol";
import {RoundBase, vm} from "./RoundBase.sol";

contract OpenRoundTest is RoundBase {
    function _refused(bytes memory error) internal {
        vm.prank(sponsor);
        vm.expectRevert(error);
        coordinator.openRound(task);
    }

    function test_a_round_cannot_open_while_one_runs() public {
        _open();
        _refused(abi.encodeWithSelector(RoundRunning.selector, task, 1, Phase.Commit));
    }

    function test_a_round_is_not_opened_without_money_for_its_reward() public {
        vm.prank(sponsor);
        treasury.refundEscrow(task, 10 * REWARD - REWARD + 1);
        _refused(abi.encodeWithSelector(ITreasury.InsufficientEscrow.selector, task, REWARD - 1, REWARD));
    }

    function test_a_round_is_not_opened_with_fewer_than_the_quorum() public {
        for (uint256 i = 1; i < SILOS; ++i) {
            vm.prank(_silo(i));
            coordinator.leave(task);
        }
        _refused(abi.encodeWithSelector(TooFewEnrolled.selector, task, 1, 2));
    }

    function test_a_task_has_no_more_rounds_than_agreed() public {
        TaskParams memory p = _params();
        p.maxRounds = 1;
        vm.startPrank(sponsor);
        task = coordinator.createTask(p, "");
        vm.stopPrank();
        _fund(task, 2 * REWARD);
        _deposit(aggregator, DUTY_BOND);
        vm.prank(aggregator);
        coordinator.acceptDuty(task);
        for (uint256 i; i < 2; ++i) {
            _deposit(_silo(i), BOND);
            vm.prank(_silo(i));
            coordinator.enrol(task);
        }
        _open();
        vm.warp(block.timestamp + COMMIT + 1);
        _refused(abi.encodeWithSelector(RoundsExhausted.selector, task, 1));
    }

    function test_a_round_needs_a_bonded_aggregator_and_promotes_a_bonded_standby() public {
        vm.prank(aggregator);
        coordinator.resignDuty(task);
        _open();
        TaskState memory t = coordinator.taskOf(task);
        vm.assertEq(t.aggregator, standby, "promoted");
        vm.assertEq(t.standby, address(0), "no standby left");
        vm.warp(block.timestamp + COMMIT + 1);
        vm.prank(standby);
        coordinator.resignDuty(task);
        _refused(abi.encodeWithSelector(NoBondedAggregator.selector, task, standby));
    }

    function test_a_round_waits_until_everybody_silent_is_slashed() public {
        _open();
        _commitAll();
        _reveal(_silo(0));
        vm.warp(uint256(coordinator.roundOf(task).revealDeadline) + 1); // void: one of two needed
        _refused(abi.encodeWithSelector(UnslashedSilence.selector, task, 1, 3));
        vm.warp(block.timestamp + GRACE);
        uint16[] memory silent = new uint16[](4);
        (silent[0], silent[1], silent[2], silent[3]) = (1, 2, 3, 3);
        vm.prank(stranger);
        coordinator.slashSilent(task, 1, silent);
        _refused(abi.encodeWithSelector(TooFewEnrolled.selector, task, 1, 2));
        vm.assertEq(coordinator.roundOf(task).slashed, 3, "once each");
    }

    function test_nobody_owes_an_opening_when_the_round_died_before_reveal() public {
        _open();
        _commit(_silo(0)); // one of two needed
        vm.warp(block.timestamp + COMMIT + REVEAL + GAP + GRACE + 1);
        vm.expectRevert(abi.encodeWithSelector(WrongPhase.selector, task, 1, Phase.Reveal, Phase.Voided));
        coordinator.slashSilent(task, 1, new uint16[](1));
        vm.assertFalse(coordinator.owesOpening(task, 1, 0), "owes nothing");
        _open();
        vm.assertEq(round, 2, "next");
    }

    function test_a_new_round_starts_clean() public {
        _runRound();
        _open();
        RoundState memory r = coordinator.roundOf(task);
        vm.assertEq(r.committed + r.revealed + r.late + r.slashed, 0, "counters");
        vm.assertEq(r.proposalHash, 0, "proposal");
        vm.assertEq(r.proposer, address(0), "proposer");
        vm.assertEq(r.revealDeadline, 0, "reveal deadline");
        vm.assertEq(uint256(r.status), 0, "status");
    }
}
