// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {CommitteeRound, vm} from "./CommitteeRound.sol";

/// Votes, promised and shown; what breaks their rules is refused.
contract CommitteeVotesTest is CommitteeRound {
    // --- promising

    function test_castVote_is_refused_to_who_has_no_seat_or_another() public {
        _toVote();
        bytes32 c = keccak256("c");
        address other = _member(1);
        vm.prank(other);
        vm.expectRevert(abi.encodeWithSelector(NotTheMember.selector, task, round, 0, other));
        committee.castVote(task, round, 0, c);
        vm.prank(aggregator);
        vm.expectRevert(abi.encodeWithSelector(NotTheMember.selector, task, round, 0, aggregator));
        committee.castVote(task, round, 0, c);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.UnknownParticipant.selector, stranger));
        committee.castVote(task, round, 0, c);
    }

    function test_castVote_is_refused_beyond_the_last_seat() public {
        _toVote();
        address member = _member(0);
        vm.prank(member);
        vm.expectRevert(abi.encodeWithSelector(NotTheMember.selector, task, round, SIZE, member));
        committee.castVote(task, round, SIZE, keccak256("c"));
    }

    function test_castVote_is_refused_before_the_committee_is_drawn_even_to_the_last_rounds_member() public {
        _playRejected();
        address before = _member(0);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        _open();
        _commitAll();
        _revealAll();
        vm.prank(before);
        vm.expectRevert(abi.encodeWithSelector(NotTheMember.selector, task, round, 0, before));
        committee.castVote(task, round, 0, keccak256("c"));
    }

    function test_castVote_is_refused_twice_and_empty() public {
        _toVote();
        address member = _member(0);
        vm.startPrank(member);
        vm.expectRevert(abi.encodeWithSelector(MissingVote.selector, task, round, member));
        committee.castVote(task, round, 0, 0);
        committee.castVote(task, round, 0, keccak256("c"));
        vm.expectRevert(abi.encodeWithSelector(AlreadyVoted.selector, task, round, member));
        committee.castVote(task, round, 0, keccak256("d"));
    }

    function test_castVote_is_refused_in_another_phase_or_round() public {
        _open();
        _draw();
        address member = _member(0);
        vm.startPrank(member);
        vm.expectRevert(abi.encodeWithSelector(WrongVotePhase.selector, task, round, Phase.Commit));
        committee.castVote(task, round, 0, keccak256("c"));
        vm.expectRevert(abi.encodeWithSelector(WrongBallot.selector, task, round + 1, round));
        committee.castVote(task, round + 1, 0, keccak256("c"));
        vm.stopPrank();
        _commitAll();
        _revealAll();
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        vm.prank(member);
        vm.expectRevert(abi.encodeWithSelector(WrongVotePhase.selector, task, round, Phase.VoteReveal));
        committee.castVote(task, round, 0, keccak256("c"));
    }

    function test_a_delegate_votes_for_its_master() public {
        _toVote();
        address member = _member(0);
        address delegate = vm.addr(0xde1e);
        vm.prank(member);
        registry.setDelegate(delegate);
        Vote memory v = _vote(0, true, 5);
        bytes32 c = _promise(member, v);
        vm.prank(delegate);
        committee.castVote(task, round, 0, c);
        vm.assertEq(uint256(committee.seatsOf(task)[0].state), uint256(VoteState.Cast), "cast");
    }

    function test_attest_brings_a_members_vote_and_refuses_one_it_did_not_sign() public {
        _toVote();
        address member = _member(0);
        bytes32 c = _promise(member, _vote(0, true, 5));
        bytes memory signature = _attestation(member, c);
        bytes memory refused = abi.encodeWithSelector(NotAttested.selector, task, round, member, keccak256("d"));
        vm.startPrank(stranger);
        vm.expectRevert(refused);
        committee.attest(task, round, 0, keccak256("d"), signature);
        bytes memory foreign = _attestationBy(_keyOf(_member(1)), member, c);
        vm.expectRevert(abi.encodeWithSelector(NotAttested.selector, task, round, member, c));
        committee.attest(task, round, 0, c, foreign);
        committee.attest(task, round, 0, c, signature);
        vm.assertEq(committee.seatsOf(task)[0].commitment, c, "kept");
    }

    function test_attest_takes_the_delegates_signature() public {
        _toVote();
        address member = _member(0);
        vm.prank(member);
        registry.setDelegate(vm.addr(0xde1e));
        bytes32 c = keccak256("c");
        committee.attest(task, round, 0, c, _attestationBy(0xde1e, member, c));
        vm.assertEq(committee.seatsOf(task)[0].commitment, c, "kept");
    }

    function test_vote_ends_as_soon_as_everybody_has_promised() public {
        _toVoteReveal(3);
        vm.assertEq(committee.ballotOf(task).cast, SIZE, "all");
    }

    // --- showing

    function test_revealVote_is_refused_before_the_finality_gap() public {
        _toVoteReveal(3);
        uint256 opensAt = coordinator.roundOf(task).opensAt;
        vm.warp(opensAt - 1);
        vm.expectRevert(abi.encodeWithSelector(TooEarlyToReveal.selector, opensAt, opensAt - 1));
        _show(0, _vote(0, true, 10));
        vm.warp(opensAt);
        _show(0, _vote(0, true, 10));
    }

    function test_revealVote_refuses_each_changed_field() public {
        Vote[] memory votes = _toVoteReveal(3);
        Vote memory v = votes[0];
        bytes memory refused = abi.encodeWithSelector(VoteMismatch.selector, task, round, _member(0));
        v.accept = false;
        vm.expectRevert(refused);
        committee.revealVote(task, round, 0, v, "");
        (v.accept, v.metric) = (true, 11);
        vm.expectRevert(refused);
        committee.revealVote(task, round, 0, v, "");
        (v.metric, v.scoresHash) = (10, 0);
        vm.expectRevert(refused);
        committee.revealVote(task, round, 0, v, "");
        (v.scoresHash, v.salt) = (_vote(0, true, 10).scoresHash, 0);
        vm.expectRevert(refused);
        committee.revealVote(task, round, 0, v, "");
    }

    function test_a_copied_vote_cannot_be_shown_by_the_copier() public {
        _toVote();
        Vote memory v = _vote(0, true, 10);
        bytes32 c = _promise(_member(0), v);
        for (uint8 k; k < SIZE; ++k) {
            vm.prank(_member(k));
            committee.castVote(task, round, k, c);
        }
        vm.warp(coordinator.roundOf(task).opensAt);
        committee.revealVote(task, round, 0, v, "");
        vm.expectRevert(abi.encodeWithSelector(VoteMismatch.selector, task, round, _member(1)));
        committee.revealVote(task, round, 1, v, "");
    }

    function test_revealVote_is_refused_twice_without_a_promise_and_beyond_the_last_seat() public {
        _toVote();
        _cast(0, _vote(0, true, 10));
        vm.warp(uint256(coordinator.roundOf(task).deadline) + GAP + 1);
        _show(0, _vote(0, true, 10));
        vm.expectRevert(abi.encodeWithSelector(NoVoteToShow.selector, task, round, _member(0)));
        _show(0, _vote(0, true, 10));
        vm.expectRevert(abi.encodeWithSelector(NoVoteToShow.selector, task, round, _member(1)));
        _show(1, _vote(1, true, 20));
        vm.expectRevert(abi.encodeWithSelector(NoVoteToShow.selector, task, round, address(0)));
        _show(SIZE, _vote(SIZE, true, 20));
    }

    function test_revealVote_is_refused_in_another_phase() public {
        _toVote();
        Vote memory v = _vote(0, true, 10);
        _cast(0, v);
        vm.expectRevert(abi.encodeWithSelector(WrongVotePhase.selector, task, round, Phase.Vote));
        _show(0, v);
    }
}
