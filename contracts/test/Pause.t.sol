// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IPausing} from "../src/interfaces/IPausing.sol";
import {RoundBase, bound, vm} from "./RoundBase.sol";

/// Who may pause for how long, and what a pause stops. What it does to a round: PausedRound.t.sol.
contract PauseTest is RoundBase {
    uint256 internal constant LONGEST = UNBONDING / 4;
    uint256 internal constant COOLDOWN = UNBONDING / 2;

    function _pause(uint256 length) internal returns (uint40 until) {
        until = uint40(block.timestamp + length);
        coordinator.pause(until);
    }

    function _refused(uint256 until, bytes memory error) internal {
        vm.expectRevert(error);
        coordinator.pause(uint40(until));
    }

    function _stopped(uint256 until) internal {
        vm.expectRevert(abi.encodeWithSelector(WhilePaused.selector, until));
    }

    // --- who, for how long, how often

    function test_pause_is_refused_to_a_stranger() public {
        vm.prank(stranger);
        _refused(
            block.timestamp + 1,
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger)
        );
    }

    function test_pause_ends_by_itself_after_its_last_second() public {
        vm.expectEmit(address(coordinator));
        emit IPausing.Paused(uint40(block.timestamp), uint40(block.timestamp + 60));
        uint40 until = _pause(60);
        vm.warp(until);
        vm.assertEq(coordinator.pausedUntil(), until, "on");
        vm.warp(uint256(until) + 1);
        vm.assertEq(coordinator.pausedUntil(), 0, "over");
        _open();
    }

    function test_pause_is_refused_beyond_a_quarter_of_the_unbonding_period() public {
        uint256 latest = block.timestamp + LONGEST;
        _refused(latest + 1, abi.encodeWithSelector(IPausing.PauseTooLong.selector, latest + 1, latest));
        coordinator.pause(uint40(latest));
    }

    function test_pause_is_refused_beyond_thirty_days_however_long_stake_unbonds() public {
        vm.store(address(registry), _unbondingSlot(), _withUnbonding(400 days));
        (, uint256 longest) = coordinator.pauseLimits();
        vm.assertEq(longest, 30 days, "longest");
        _refused(
            block.timestamp + 30 days + 1,
            abi.encodeWithSelector(
                IPausing.PauseTooLong.selector, block.timestamp + 30 days + 1, block.timestamp + 30 days
            )
        );
    }

    function test_pause_is_refused_when_it_would_end_in_the_past() public {
        _refused(
            block.timestamp - 1,
            abi.encodeWithSelector(IPausing.PauseTooShort.selector, block.timestamp - 1, block.timestamp)
        );
    }

    function test_pause_that_is_on_is_made_longer_up_to_the_longest_from_its_start() public {
        uint256 at = block.timestamp;
        _pause(60);
        vm.warp(at + 50);
        coordinator.pause(uint40(at + 200));
        vm.warp(at + 150);
        _refused(
            at + LONGEST + 1,
            abi.encodeWithSelector(IPausing.PauseTooLong.selector, at + LONGEST + 1, at + LONGEST)
        );
        coordinator.pause(uint40(at + LONGEST));
        vm.assertEq(coordinator.pausedUntil(), at + LONGEST, "longer");
    }

    function test_pause_is_never_cut_short() public {
        uint256 until = _pause(600);
        _refused(until - 1, abi.encodeWithSelector(IPausing.PauseTooShort.selector, until - 1, until + 1));
        _refused(until, abi.encodeWithSelector(IPausing.PauseTooShort.selector, until, until + 1));
    }

    function test_pause_is_refused_until_half_the_unbonding_period_after_the_last() public {
        uint256 last = _pause(60);
        vm.warp(last + COOLDOWN);
        uint256 earliest = last + COOLDOWN + 1;
        _refused(
            last + COOLDOWN, abi.encodeWithSelector(IPausing.PauseTooSoon.selector, earliest, last + COOLDOWN)
        );
        (uint256 told,) = coordinator.pauseLimits();
        vm.assertEq(told, earliest, "told");
        vm.warp(earliest);
        _pause(1);
    }

    /// A key that pauses whenever it may, for as long as it may, holds a round up once.
    function test_pause_as_often_as_allowed_holds_a_round_up_no_longer_than_one_pause(uint256 at) public {
        TaskParams memory p = _params();
        uint32 phases = 1200;
        (p.commitWindow, p.revealWindow, p.aggregateWindow, p.challengeWindow) = (phases, phases, 470, 200);
        vm.prank(sponsor);
        task = coordinator.createTask(p, ""); // as long as a task may be
        _fund(task, REWARD);
        vm.startPrank(aggregator);
        coordinator.resignDuty(1);
        coordinator.acceptDuty(task);
        vm.stopPrank();
        for (uint256 i; i < SILOS; ++i) {
            vm.startPrank(_silo(i));
            coordinator.leave(1);
            coordinator.enrol(task);
            vm.stopPrank();
        }
        _open();
        uint256 opened = block.timestamp;
        uint256 heldUp;
        at = bound(at, 0, phases);
        for (uint256 t; _running(); t += 25) {
            vm.warp(opened + t);
            if (t < at) continue;
            try coordinator.pause(uint40(block.timestamp + LONGEST)) {
                heldUp += LONGEST;
            } catch {}
            _playOn();
        }
        vm.assertEq(heldUp, LONGEST, "once");
        vm.assertLe(block.timestamp, opened + UNBONDING / 2 + LONGEST, "and no longer");
    }

    // --- what it stops

    function test_openRound_is_refused_in_a_pause() public {
        uint40 until = _pause(60);
        vm.prank(sponsor);
        _stopped(until);
        coordinator.openRound(task);
    }

    function test_deposit_is_refused_in_a_pause() public {
        uint40 until = _pause(60);
        vm.deal(_silo(0), 1);
        vm.prank(_silo(0));
        _stopped(until);
        registry.deposit{value: 1}(1);
    }

    function test_enrol_is_refused_in_a_pause() public {
        vm.startPrank(_silo(0));
        coordinator.leave(task);
        vm.stopPrank();
        uint40 until = _pause(60);
        vm.prank(_silo(0));
        _stopped(until);
        coordinator.enrol(task);
    }

    function test_acceptDuty_is_refused_in_a_pause() public {
        vm.prank(standby);
        coordinator.resignDuty(task);
        uint40 until = _pause(60);
        vm.prank(standby);
        _stopped(until);
        coordinator.acceptDuty(task);
    }

    function test_commit_is_refused_in_a_pause_and_possible_after_it() public {
        _open();
        uint40 until = _pause(COMMIT * 2);
        vm.warp(until);
        Opening memory o = _opening(_silo(0));
        bytes32 commitment = _digest(_silo(0), o);
        vm.prank(_silo(0));
        _stopped(until);
        coordinator.commit(task, round, commitment, grants[_silo(0)], _evidence(_silo(0)));
        vm.warp(uint256(until) + 1);
        _commit(_silo(0));
    }

    // --- internal

    function _running() internal view returns (bool) {
        RoundState memory r = coordinator.roundOf(task);
        return r.phase != Phase.Settled && r.phase != Phase.Voided;
    }

    /// Whatever is due is done at the last moment.
    function _playOn() internal {
        RoundState memory r = coordinator.roundOf(task);
        bool last = block.timestamp + 25 > r.deadline;
        if (r.phase == Phase.Challenge && block.timestamp > r.deadline) {
            return coordinator.settle(task, round, _proposal());
        }
        if (!last || coordinator.pausedUntil() != 0) return;
        if (r.phase == Phase.Commit && r.committed == 0) {
            _commit(_silo(0));
            _commit(_silo(1));
        } else if (r.phase == Phase.Reveal && r.revealed == 0 && block.timestamp >= r.opensAt) {
            _reveal(_silo(0));
            _reveal(_silo(1));
        } else if (r.phase == Phase.Aggregate) {
            _propose(_proposal());
        }
    }

    /// The registry's word with stake token, unbonding period and open admission.
    function _unbondingSlot() internal pure returns (bytes32) {
        return bytes32(uint256(0x80dea23591accbdf9363e8fc9480f5133cb72b8fcf15dd5cb099e4f4a0f60000) + 2);
    }

    function _withUnbonding(uint256 seconds_) internal view returns (bytes32) {
        uint256 word = uint256(vm.load(address(registry), _unbondingSlot()));
        return bytes32((word & ~(uint256(type(uint40).max) << 160)) | (seconds_ << 160));
    }
}
