// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentLedger} from "../src/interfaces/IConsentLedger.sol";
import {RoundBase, bound, vm} from "./RoundBase.sol";

/// What a pause does to a round that runs: everything moves by its length, nobody loses by it, and nothing
/// that gives back or finishes is stopped.
contract PausedRoundTest is RoundBase {
    uint256 internal constant LONGEST = UNBONDING / 4;

    /// Leads a round, in which everybody of importance stays silent as long as it may, into a phase.
    function _enter(Phase phase) internal {
        _open();
        if (phase == Phase.Commit) return _commit2();
        _commitAll();
        if (phase == Phase.Reveal) return _reveal2();
        _revealAll();
        if (phase == Phase.Aggregate) return;
        _propose(_proposal());
    }

    function _commit2() internal {
        _commit(_silo(0));
        _commit(_silo(1));
    }

    function _reveal2() internal {
        _reveal(_silo(0));
        _reveal(_silo(1));
    }

    /// Pauses after `wait` seconds of the phase for `length`.
    function _pauseWithin(uint256 wait, uint256 length) internal returns (uint256) {
        RoundState memory r = coordinator.roundOf(task);
        wait = bound(wait, block.timestamp, r.deadline);
        length = bound(length, 0, LONGEST);
        vm.warp(wait);
        coordinator.pause(uint40(block.timestamp + length));
        return length;
    }

    function _four() internal pure returns (Phase[4] memory) {
        return [Phase.Commit, Phase.Reveal, Phase.Aggregate, Phase.Challenge];
    }

    // --- deadlines move by the pause's length

    function test_pause_moves_the_deadline_of_each_phase_by_its_length(
        uint256 which,
        uint256 wait,
        uint256 length
    ) public {
        Phase phase = _four()[which % 4];
        _enter(phase);
        uint256 deadline = coordinator.roundOf(task).deadline;
        length = _pauseWithin(wait, length);
        vm.assertEq(coordinator.roundOf(task).deadline, deadline + length, "as told");
        vm.warp(deadline + length);
        coordinator.tick(task);
        _assertPhase(phase);
        if (phase == Phase.Challenge) return _settledOnlyAfter(deadline + length);
        vm.warp(deadline + length + 1);
        coordinator.tick(task);
        vm.assertTrue(_phase() != phase, "over");
    }

    function _settledOnlyAfter(uint256 last) internal {
        Proposal memory p = _proposal();
        vm.expectRevert(abi.encodeWithSelector(TooEarly.selector, last + 1, last));
        coordinator.settle(task, round, p);
        vm.warp(last + 1);
        coordinator.settle(task, round, p);
    }

    function test_pause_in_the_gap_moves_the_first_second_of_reveal(uint256 wait, uint256 length) public {
        _open();
        for (uint256 i; i < SILOS; ++i) {
            _commit(_silo(i));
        }
        uint256 opensAt = coordinator.roundOf(task).opensAt;
        vm.warp(bound(wait, block.timestamp, opensAt - 1));
        length = bound(length, 0, LONGEST);
        coordinator.pause(uint40(block.timestamp + length));
        vm.assertEq(coordinator.roundOf(task).opensAt, opensAt + length, "as told");
        vm.warp(opensAt + length - 1);
        Opening memory o = _opening(_silo(0));
        vm.prank(_silo(0));
        vm.expectRevert(abi.encodeWithSelector(TooEarly.selector, opensAt + length, opensAt + length - 1));
        coordinator.reveal(task, round, o, "");
        vm.warp(opensAt + length);
        _reveal(_silo(0));
    }

    function test_pause_moves_the_standbys_turn(uint256 length) public {
        _enter(Phase.Aggregate);
        uint256 turn = uint256(coordinator.roundOf(task).opensAt) + AGGREGATE / 2;
        length = _pauseWithin(block.timestamp + 1, length);
        Proposal memory p = _proposal();
        vm.warp(turn + length - 1);
        vm.prank(standby);
        vm.expectRevert(abi.encodeWithSelector(TooEarly.selector, turn + length, turn + length - 1));
        coordinator.propose(task, round, p);
        vm.warp(turn + length);
        vm.prank(standby);
        coordinator.propose(task, round, p);
    }

    function test_pause_in_the_second_in_which_a_round_opened_still_moves_its_end() public {
        _open();
        uint256 at = block.timestamp;
        coordinator.pause(uint40(at + 60));
        RoundState memory r = coordinator.roundOf(task);
        vm.assertEq(r.opensAt, at, "opened before");
        vm.assertEq(r.deadline, at + COMMIT + 60, "moved");
        vm.assertEq(coordinator.consentUntil(task), at + COMMIT + GAP + REVEAL + GRACE, "no longer a grant");
    }

    function test_pause_in_the_last_second_of_a_phase_still_moves_its_end() public {
        _enter(Phase.Commit);
        uint256 deadline = coordinator.roundOf(task).deadline;
        vm.warp(deadline);
        coordinator.pause(uint40(deadline + 60));
        vm.assertEq(coordinator.roundOf(task).deadline, deadline + 60, "as told");
        vm.warp(deadline + 60);
        coordinator.tick(task);
        _assertPhase(Phase.Commit);
    }

    function test_pause_made_longer_moves_the_deadline_by_its_whole_length() public {
        _enter(Phase.Commit);
        uint256 deadline = coordinator.roundOf(task).deadline;
        uint256 at = block.timestamp;
        coordinator.pause(uint40(at + 60));
        vm.warp(at + 40);
        coordinator.pause(uint40(at + 300));
        vm.assertEq(coordinator.roundOf(task).deadline, deadline + 300, "as told");
        vm.warp(deadline + 301);
        vm.expectEmit(address(coordinator));
        emit PhaseChanged(
            task, round, Phase.Reveal, uint40(deadline + 300 + GAP), uint40(deadline + 300 + GAP + REVEAL)
        );
        coordinator.tick(task);
    }

    function test_tick_tells_the_moved_deadline_in_its_event() public {
        _enter(Phase.Commit);
        uint40 deadline = coordinator.roundOf(task).deadline;
        coordinator.pause(uint40(block.timestamp + 30));
        vm.warp(uint256(deadline) + 31);
        vm.expectEmit(address(coordinator));
        emit PhaseChanged(task, round, Phase.Reveal, deadline + 30 + GAP, deadline + 30 + GAP + REVEAL);
        coordinator.tick(task);
    }

    function test_roundOf_tells_in_a_pause_what_a_call_would_find(uint256 seed) public {
        _enter(Phase.Commit);
        _pauseWithin(block.timestamp + seed % COMMIT, seed % 997);
        for (uint256 step; step < 60; ++step) {
            vm.warp(block.timestamp + seed % 31);
            RoundState memory seen = coordinator.roundOf(task);
            coordinator.tick(task);
            vm.assertEq(keccak256(abi.encode(seen)), keccak256(abi.encode(coordinator.roundOf(task))), "same");
        }
    }

    // --- nobody honest loses

    function test_slashSilent_waits_for_the_moved_end_of_the_grace(uint256 wait, uint256 length) public {
        _enter(Phase.Reveal);
        uint256 graceEnd = uint256(coordinator.roundOf(task).revealDeadline) + GRACE;
        vm.warp(bound(wait, block.timestamp, graceEnd)); // in Reveal or in the grace
        length = bound(length, 0, LONGEST);
        coordinator.pause(uint40(block.timestamp + length));
        vm.assertEq(coordinator.roundOf(task).revealDeadline + GRACE, graceEnd + length, "as told");
        vm.warp(graceEnd + length);
        uint16[] memory all = new uint16[](2);
        (all[0], all[1]) = (2, 3);
        vm.expectRevert(abi.encodeWithSelector(TooEarly.selector, graceEnd + length + 1, graceEnd + length));
        coordinator.slashSilent(task, round, all);
        _reveal(_silo(2)); // postponed to the last second: the bond is safe
        vm.warp(graceEnd + length + 1);
        coordinator.slashSilent(task, round, all);
        vm.assertEq(registry.participant(_silo(2)).stake, BOND, "saved");
        vm.assertEq(registry.participant(_silo(3)).stake, 0, "silent");
    }

    function test_tick_slashes_no_aggregator_that_postponed_its_proposal() public {
        _enter(Phase.Aggregate);
        _pauseWithin(block.timestamp + 1, LONGEST);
        vm.warp(block.timestamp + LONGEST);
        coordinator.tick(task);
        _propose(_proposal());
        vm.assertEq(registry.participant(aggregator).stake, DUTY_BOND, "kept");
    }

    function test_commit_after_a_pause_needs_no_longer_grant_than_before_it(uint256 length) public {
        _open();
        IConsentLedger.Grant memory g = _grantFor(_silo(0), 7);
        g.expiry = uint40(block.timestamp + COMMIT + GAP + REVEAL + GRACE + 1); // what the schedule needs
        grants[_silo(0)] = _bringGrant(g);
        g = _grantFor(_silo(1), 8);
        g.expiry = uint40(block.timestamp + COMMIT + GAP + REVEAL + GRACE); // a second too little
        grants[_silo(1)] = _bringGrant(g);
        vm.assertEq(coordinator.consentUntil(task), g.expiry, "as told");
        length = _pauseWithin(block.timestamp + COMMIT / 2, length);
        vm.warp(block.timestamp + length + 1);
        vm.assertEq(coordinator.consentUntil(task), g.expiry, "as told before");
        _commit(_silo(0));
        vm.prank(_silo(1));
        vm.expectRevert(
            abi.encodeWithSelector(IConsentLedger.GrantExpires.selector, grants[_silo(1)], g.expiry, g.expiry)
        );
        coordinator.commit(task, round, keccak256("c"), grants[_silo(1)], keccak256("e"));
    }

    function test_commit_gains_nothing_for_its_grant_from_a_pause_before_the_round(uint256 length) public {
        IConsentLedger.Grant memory g = _grantFor(_silo(0), 7);
        length = bound(length, 0, LONGEST);
        coordinator.pause(uint40(block.timestamp + length));
        vm.warp(block.timestamp + length + 1); // the first second after it
        _open();
        uint256 until = block.timestamp + COMMIT + GAP + REVEAL + GRACE;
        g.expiry = uint40(until);
        g.deadline = uint40(block.timestamp);
        vm.assertEq(coordinator.consentUntil(task), until, "as told");
        bytes32 tooShort = _bringGrant(g);
        vm.prank(_silo(0));
        vm.expectRevert(abi.encodeWithSelector(IConsentLedger.GrantExpires.selector, tooShort, until, until));
        coordinator.commit(task, round, keccak256("c"), tooShort, keccak256("e"));
    }

    // --- nothing that gives back or finishes is stopped

    function test_withdraw_and_requestUnbond_go_on_in_a_pause() public {
        vm.startPrank(_silo(0));
        coordinator.leave(task);
        registry.requestUnbond(BOND);
        vm.stopPrank();
        vm.warp(block.timestamp + UNBONDING);
        coordinator.pause(uint40(block.timestamp + 60));
        vm.prank(_silo(0));
        registry.withdraw();
        vm.assertEq(_balance(stakeToken, _silo(0)), BOND, "paid");
        vm.startPrank(_silo(1));
        coordinator.leave(task);
        registry.requestUnbond(BOND);
        vm.assertEq(
            registry.participant(_silo(1)).unbondAt, block.timestamp + UNBONDING, "no longer than ever"
        );
    }

    function test_reveal_propose_and_consent_withdrawal_go_on_in_a_pause() public {
        _open();
        _commitAll();
        coordinator.pause(uint40(block.timestamp + LONGEST));
        vm.prank(holder);
        consent.withdraw(grants[_silo(3)]);
        _revealAll();
        _propose(_proposal());
        _assertPhase(Phase.Challenge);
    }

    function test_settle_claim_and_slashSilent_that_were_due_go_on_in_a_pause() public {
        _enter(Phase.Reveal);
        vm.warp(uint256(coordinator.roundOf(task).revealDeadline) + 1);
        Proposal memory p = _proposal();
        _propose(p);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.pause(uint40(block.timestamp + LONGEST));
        coordinator.settle(task, round, p);
        for (uint256 i; i < SILOS; ++i) {
            earned[_silo(i)] += REWARD / SILOS;
        }
        _claim(_silo(0));
        uint16[] memory silent = new uint16[](1);
        silent[0] = 3;
        coordinator.slashSilent(task, round, silent);
        vm.assertEq(registry.participant(_silo(3)).stake, 0, "it was over before the pause");
        vm.prank(_silo(0));
        coordinator.leave(task);
        vm.prank(aggregator);
        coordinator.resignDuty(task);
    }

    function test_tick_that_was_due_goes_on_in_a_pause_and_frees_the_escrow() public {
        _open();
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.pause(uint40(block.timestamp + LONGEST));
        coordinator.tick(task);
        _assertPhase(Phase.Voided);
        vm.prank(sponsor);
        treasury.refundEscrow(task, 10 * REWARD);
    }
}
