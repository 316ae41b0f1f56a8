// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CommitteeRound, vm} from "./CommitteeRound.sol";

/// What a member's silence costs, and when it costs nothing.
contract CommitteeAbsencesTest is CommitteeRound {
    function _stake(address who) internal view returns (uint256) {
        return registry.participant(who).stake;
    }

    /// The third seat promises and never shows; the round goes on without it.
    function _withAnAbsentMember() internal returns (address absent) {
        Vote[] memory votes = _toVoteReveal(3);
        absent = _member(2);
        _show(0, votes[0]);
        _show(1, votes[1]);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        _assertPhase(Phase.Aggregate);
    }

    function _validatorAt(address who) internal view returns (Validator memory) {
        Validator[] memory all = committee.validatorsOf(task);
        for (uint256 i; i < all.length; ++i) {
            if (all[i].account == who) return all[i];
        }
        revert("no validator");
    }

    function test_an_absent_member_loses_a_tenth_and_is_not_drawn_next() public {
        address absent = _withAnAbsentMember();
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        _open();
        vm.assertEq(_stake(absent), VALIDATOR_BOND * 9 / 10, "a tenth");
        vm.assertEq(_validatorAt(absent).bonded, VALIDATOR_BOND * 9 / 10, "bond");
        vm.assertEq(_validatorAt(absent).weight, VALIDATOR_BOND * 9 / 10, "weight");
        for (uint256 i; i < 20; ++i) {
            uint256 start = vm.snapshotState();
            committee.draw(task, _header(keccak256(abi.encode(i))));
            for (uint8 k; k < SIZE; ++k) {
                vm.assertTrue(_member(k) != absent, "not in this round");
            }
            vm.revertToState(start);
        }
    }

    function test_an_absent_member_may_be_drawn_again_one_round_later() public {
        address absent = _withAnAbsentMember();
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        _open();
        vm.warp(block.timestamp + COMMIT + 1);
        _open();
        uint256 seen;
        for (uint256 i; i < 20; ++i) {
            uint256 start = vm.snapshotState();
            committee.draw(task, _header(keccak256(abi.encode(i))));
            for (uint8 k; k < SIZE; ++k) {
                if (_member(k) == absent) ++seen;
            }
            vm.revertToState(start);
        }
        vm.assertGe(seen, 1, "among the drawn");
    }

    function test_who_was_absent_serves_all_the_same_where_too_few_others_are_left() public {
        _open();
        for (uint256 i = 3; i < VALIDATORS; ++i) {
            vm.prank(_validator(i));
            committee.resign(task);
        }
        vm.warp(block.timestamp + COMMIT + 1);
        address absent = _withAnAbsentMember();
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        _open();
        _draw();
        bool there;
        for (uint8 k; k < SIZE; ++k) {
            if (_member(k) == absent) there = true;
        }
        vm.assertTrue(there, "one of the only three");
    }

    function test_who_had_no_full_window_to_vote_loses_nothing() public {
        _open();
        _commitAll();
        _revealAll();
        _draw(); // in Vote already
        address member = _member(0);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + GAP + 2 * VOTE_REVEAL + 1);
        committee.closeBallot(task);
        vm.assertEq(_stake(member), VALIDATOR_BOND, "unharmed");
        vm.assertEq(_validatorAt(member).skipped, round + 1, "though it waits a round");
    }

    function test_nobody_escapes_by_asking_its_bond_back_first() public {
        Vote[] memory votes = _toVoteReveal(3);
        address absent = _member(2);
        _show(0, votes[0]);
        vm.prank(absent);
        committee.resign(task);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + VOTE_REVEAL + 1);
        committee.releaseBond(task, absent);
        vm.assertEq(_stake(absent), VALIDATOR_BOND * 9 / 10, "a tenth");
        vm.assertEq(registry.participant(absent).locked, 0, "the rest is free");
    }

    function test_closeBallot_is_refused_while_a_vote_may_still_come_and_twice() public {
        bytes memory refused = abi.encodeWithSelector(NothingToClose.selector, task, 0);
        vm.expectRevert(refused);
        committee.closeBallot(task);
        Vote[] memory votes = _toVoteReveal(3);
        refused = abi.encodeWithSelector(NothingToClose.selector, task, round);
        _show(0, votes[0]);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1); // extended
        vm.expectRevert(refused);
        committee.closeBallot(task);
        vm.warp(block.timestamp + VOTE_REVEAL);
        committee.closeBallot(task);
        vm.expectRevert(refused);
        committee.closeBallot(task);
    }

    function test_a_round_that_voids_before_the_votes_costs_nobody_anything() public {
        _open();
        _draw();
        address member = _member(0);
        vm.warp(block.timestamp + COMMIT + 1);
        vm.expectRevert(abi.encodeWithSelector(NothingToClose.selector, task, round));
        committee.closeBallot(task);
        _open();
        vm.assertEq(_stake(member), VALIDATOR_BOND, "unharmed");
        vm.assertEq(_validatorAt(member).skipped, 0, "may be drawn");
    }
}
