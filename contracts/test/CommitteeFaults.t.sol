// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CommitteeRound, vm} from "./CommitteeRound.sol";

/// Two votes of one member cost its bond; dissent costs nothing.
contract CommitteeFaultsTest is CommitteeRound {
    bytes32 internal constant A = keccak256("a");
    bytes32 internal constant B = keccak256("b");

    function _signed(address member, bytes32 commitment) internal view returns (Attestation memory) {
        return Attestation(commitment, _attestation(member, commitment));
    }

    function _accuse(address member, Attestation memory first, Attestation memory second) internal {
        vm.prank(stranger);
        committee.challengeConflict(task, round, member, first, second);
    }

    function _stake(address who) internal view returns (uint256) {
        return registry.participant(who).stake;
    }

    // --- conflicts

    function test_two_signed_votes_of_one_member_cost_its_bond_and_half_goes_to_the_accuser() public {
        _toVote();
        address member = _member(0);
        _accuse(member, _signed(member, A), _signed(member, B));
        vm.assertEq(_stake(member), 0, "all of it");
        vm.assertEq(_bountyOf(stranger), VALIDATOR_BOND / 2, "half");
        _upholdAll();
        vm.assertEq(registry.bountyOf(stranger), VALIDATOR_BOND / 2, "credited");
        vm.assertEq(registry.forfeited(), VALIDATOR_BOND / 2, "the other half forfeited");
        vm.assertFalse(committee.isReader(task, member), "no reader any more");
    }

    /// EIP-7702: it gives itself code that denies every signature; those of its key count all the same.
    function test_a_member_cannot_disown_its_votes_with_code() public {
        _toVote();
        address member = _member(0);
        Attestation memory a = _signed(member, A);
        Attestation memory b = _signed(member, B);
        vm.etch(member, hex"5f5ffd"); // reverts
        _accuse(member, a, b);
        vm.assertEq(_stake(member), 0, "all of it");
    }

    function test_a_signed_vote_that_differs_from_the_one_cast_costs_the_bond() public {
        _toVote();
        address member = _member(0);
        vm.prank(member);
        committee.castVote(task, round, 0, A);
        _accuse(member, Attestation(A, ""), _signed(member, B));
        vm.assertEq(_stake(member), 0, "all of it");
    }

    function test_a_shown_vote_still_convicts() public {
        Vote[] memory votes = _toVoteReveal(3);
        _show(0, votes[0]);
        address member = _member(0);
        bytes32 cast = committee.seatsOf(task)[0].commitment;
        _accuse(member, _signed(member, B), Attestation(cast, ""));
        vm.assertEq(_stake(member), 0, "all of it");
        vm.assertEq(committee.ballotOf(task).revealed, 1, "what was shown counts");
    }

    function test_two_signed_votes_of_who_was_not_drawn_cost_its_bond_and_no_seat_its_vote() public {
        _toVote();
        address idle;
        for (uint256 i; i < VALIDATORS; ++i) {
            address who = _validator(i);
            if (who != _member(0) && who != _member(1) && who != _member(2)) idle = who;
        }
        vm.prank(_member(0));
        committee.castVote(task, round, 0, A);
        _accuse(idle, _signed(idle, A), _signed(idle, B));
        vm.assertEq(_stake(idle), 0, "all of it");
        vm.assertEq(committee.ballotOf(task).cast, 1, "the seat's vote stands");
    }

    function test_one_vote_said_twice_is_no_conflict() public {
        _toVote();
        address member = _member(0);
        Attestation memory a = _signed(member, A);
        vm.expectRevert(abi.encodeWithSelector(NoConflict.selector, A));
        committee.challengeConflict(task, round, member, a, a);
    }

    function test_nobody_is_framed_with_a_vote_it_neither_signed_nor_cast() public {
        _toVote();
        (address member, address other) = (_member(0), _member(1));
        vm.prank(other);
        committee.castVote(task, round, 1, B);
        Attestation memory a = _signed(member, A);
        bytes memory refused = abi.encodeWithSelector(NotAttested.selector, task, round, member, B);
        Attestation memory forged = Attestation(B, _attestationBy(_keyOf(other), member, B));
        vm.expectRevert(refused);
        committee.challengeConflict(task, round, member, a, forged);
        vm.expectRevert(refused); // another member cast that
        committee.challengeConflict(task, round, member, a, Attestation(B, ""));
        vm.expectRevert(refused); // whichever comes first
        committee.challengeConflict(task, round, member, forged, a);
        vm.prank(member);
        committee.castVote(task, round, 0, A);
        vm.expectRevert(refused); // it cast something else
        committee.challengeConflict(task, round, member, a, Attestation(B, ""));
    }

    function test_votes_of_two_rounds_are_no_conflict() public {
        _showAll(_toVoteReveal(1));
        address member = _member(0);
        Attestation memory old = _signed(member, A);
        bytes32 cast = committee.seatsOf(task)[0].commitment;
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        _open();
        _draw();
        vm.expectRevert(abi.encodeWithSelector(NotAttested.selector, task, round, member, A));
        committee.challengeConflict(task, round, member, old, _signed(member, B));
        vm.expectRevert(abi.encodeWithSelector(NotAttested.selector, task, round, member, cast));
        committee.challengeConflict(task, round, member, Attestation(cast, ""), _signed(member, B));
        round -= 1; // of the last round, with a vote that the chain no longer vouches for
        Attestation memory signed = _signed(member, B);
        vm.expectRevert(abi.encodeWithSelector(NotAttested.selector, task, round, member, cast));
        committee.challengeConflict(task, round, member, signed, Attestation(cast, ""));
    }

    function test_an_old_conflict_still_costs_the_bond_while_it_is_locked() public {
        _showAll(_toVoteReveal(1));
        address member = _member(0);
        (Attestation memory a, Attestation memory b) = (_signed(member, A), _signed(member, B));
        uint32 then = round;
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        _open();
        round = then;
        _accuse(member, a, b);
        vm.assertEq(_stake(member), 0, "all of it");
    }

    /// Its old promise lies in its seat until the next draw, and says nothing about the round that has opened since.
    function test_before_the_draw_a_vote_of_the_last_round_frames_nobody() public {
        Vote[] memory votes = _toVoteReveal(3);
        _show(0, votes[0]);
        _show(1, votes[1]);
        (address member, bytes32 cast) = (_member(2), committee.seatsOf(task)[2].commitment);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        _open();
        Attestation memory signed = _signed(member, B);
        vm.expectRevert(abi.encodeWithSelector(NotAttested.selector, task, round, member, cast));
        committee.challengeConflict(task, round, member, signed, Attestation(cast, ""));
    }

    function test_a_closed_ballot_keeps_the_count_it_was_closed_with() public {
        Vote[] memory votes = _toVoteReveal(3);
        _show(0, votes[0]);
        _show(1, votes[1]);
        address member = _member(2);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        committee.closeBallot(task);
        _accuse(member, _signed(member, A), _signed(member, B));
        vm.assertEq(_stake(member), 0, "all that was left");
        vm.assertEq(committee.ballotOf(task).cast, SIZE, "as it was");
        vm.assertEq(uint256(committee.seatsOf(task)[2].state), uint256(VoteState.Cast), "promised, never shown");
    }

    function test_a_bond_is_taken_once() public {
        _toVote();
        address member = _member(0);
        (Attestation memory a, Attestation memory b) = (_signed(member, A), _signed(member, B));
        _accuse(member, a, b);
        _deposit(member, VALIDATOR_BOND);
        vm.expectRevert(abi.encodeWithSelector(NotEnlisted.selector, task, member));
        committee.challengeConflict(task, round, member, b, a);
        vm.expectRevert(abi.encodeWithSelector(NotEnlisted.selector, task, stranger));
        committee.challengeConflict(task, round, stranger, _of(stranger, A), _of(stranger, B));
    }

    function _of(address who, bytes32 c) internal view returns (Attestation memory) {
        return Attestation(c, _attestationBy(0x5e05, who, c));
    }

    function test_who_accuses_itself_still_loses_half() public {
        _toVote();
        address member = _member(0);
        (Attestation memory a, Attestation memory b) = (_signed(member, A), _signed(member, B));
        vm.prank(member);
        committee.challengeConflict(task, round, member, a, b);
        vm.assertEq(_bountyOf(member), VALIDATOR_BOND / 2, "half is gone");
    }

    function test_a_member_that_fell_can_neither_cast_nor_show_a_vote_nor_come_back_unasked() public {
        _toVote();
        (address member, address other) = (_member(0), _member(1));
        Vote memory v = _vote(0, true, 10);
        _cast(0, v);
        _accuse(member, _signed(member, A), _signed(member, B));
        vm.assertEq(committee.ballotOf(task).cast, 0, "its promise counts no more");
        _accuse(other, _signed(other, A), _signed(other, B));
        vm.prank(other);
        vm.expectRevert(abi.encodeWithSelector(NotTheMember.selector, task, round, 1, other));
        committee.castVote(task, round, 1, A);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + GAP + 1);
        vm.expectRevert(abi.encodeWithSelector(NoVoteToShow.selector, task, round, member));
        _show(0, v);
        vm.warp(block.timestamp + 2 * VOTE_REVEAL + 1);
        committee.releaseBond(task, member);
        vm.prank(member);
        vm.expectRevert(abi.encodeWithSelector(NotAReader.selector, task, member));
        committee.enlist(task, VALIDATOR_BOND);
        vm.assertEq(registry.participant(member).locked, 0, "nothing left to hold");
    }

    function test_the_others_decide_as_soon_as_a_fallen_members_vote_is_void() public {
        Vote[] memory votes = _toVoteReveal(3);
        address member = _member(2);
        _accuse(member, _signed(member, A), _signed(member, B));
        _show(0, votes[0]);
        _show(1, votes[1]);
        _assertPhase(Phase.Aggregate);
    }

    // --- dissent

    function test_dissent_costs_nothing_however_far_off() public {
        _toVote();
        int64[3] memory metrics = [int64(10), type(int64).min, type(int64).max];
        for (uint8 k; k < SIZE; ++k) {
            _cast(k, _vote(k, k != 1, metrics[k]));
        }
        vm.warp(coordinator.roundOf(task).opensAt);
        for (uint8 k; k < SIZE; ++k) {
            _show(k, _vote(k, k != 1, metrics[k]));
        }
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        committee.closeBallot(task);
        _open();
        for (uint256 i; i < VALIDATORS; ++i) {
            vm.assertEq(_stake(_validator(i)), VALIDATOR_BOND, "unharmed");
            vm.assertEq(committee.validatorsOf(task)[i].skipped, 0, "may be drawn again");
        }
    }
}
