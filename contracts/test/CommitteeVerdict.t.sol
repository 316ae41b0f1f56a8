// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CommitteeRound, vm} from "./CommitteeRound.sol";

/// What a round makes of its committee's votes.
contract CommitteeVerdictTest is CommitteeRound {
    function test_a_majority_that_accepts_lets_the_round_go_on_at_once() public {
        _showAll(_toVoteReveal(2));
        _assertPhase(Phase.Aggregate);
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        vm.assertEq(uint256(coordinator.roundOf(task).status), uint256(Status.SUCCESS), "success");
        (, uint32 number) = models.head(task);
        vm.assertEq(number, 1, "a new version");
    }

    function test_a_majority_that_rejects_leaves_the_model_and_pays_floors() public {
        (bytes32 head,) = models.head(task);
        _playRejected();
        RoundState memory r = coordinator.roundOf(task);
        vm.assertEq(uint256(r.status), uint256(Status.REJECTED), "rejected");
        vm.assertEq(r.proposalHash, 0, "nobody proposed");
        (bytes32 after_, uint32 number) = models.head(task);
        vm.assertEq(after_, head, "head");
        vm.assertEq(number, 0, "no version");
        uint256 floor = uint256(REWARD) / 2 / SILOS;
        for (uint16 i; i < SILOS; ++i) {
            uint256 before = _silo(i).balance;
            coordinator.claimFloor(task, round, i);
            vm.assertEq(_silo(i).balance - before, floor, "floor");
        }
        vm.assertEq(treasury.accountOf(task).escrow, 10 * REWARD - SILOS * floor, "the rest is back");
        vm.assertEq(treasury.accountOf(task).reserved, 0, "nothing reserved");
    }

    function test_after_a_rejection_the_next_round_waits_for_the_floors_and_starts_from_the_same_model() public {
        _playRejected();
        bytes32 base = coordinator.roundOf(task).baseVersion;
        uint256 end = coordinator.roundOf(task).deadline;
        vm.warp(end);
        vm.prank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(TooEarly.selector, end + 1, end));
        coordinator.openRound(task);
        vm.warp(end + 1);
        _open();
        vm.assertEq(coordinator.roundOf(task).baseVersion, base, "same base");
        vm.expectRevert(abi.encodeWithSelector(NoFloor.selector, task, round, _silo(0)));
        coordinator.claimFloor(task, round, 0);
    }

    function test_a_tie_rejects() public {
        Vote[] memory votes = _toVoteReveal(1);
        _show(0, votes[0]);
        _show(1, votes[1]); // one accepts, one rejects, the third stays away
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.tick(task);
        vm.assertEq(uint256(coordinator.roundOf(task).status), uint256(Status.REJECTED), "rejected");
    }

    function test_two_thirds_decide_when_the_third_never_promised() public {
        _toVote();
        _cast(0, _vote(0, true, 10));
        _cast(1, _vote(1, true, 20));
        vm.warp(uint256(coordinator.roundOf(task).deadline) + GAP + 1);
        _show(0, _vote(0, true, 10));
        _assertPhase(Phase.VoteReveal);
        _show(1, _vote(1, true, 20)); // nobody else can show anything
        _assertPhase(Phase.Aggregate);
    }

    function test_the_verdict_waits_for_the_last_vote_that_may_still_turn_it() public {
        Vote[] memory votes = _toVoteReveal(1);
        _show(0, votes[0]);
        _show(2, votes[2]); // 1 of 2: rejected as it stands
        _assertPhase(Phase.VoteReveal);
        (uint32 r, Phase phase,) = coordinator.standingOf(task);
        vm.assertEq(r, round, "round");
        vm.assertEq(uint256(phase), uint256(Phase.VoteReveal), "still open");
    }

    function test_too_few_votes_get_one_more_window_and_can_still_decide() public {
        Vote[] memory votes = _toVoteReveal(3);
        _show(0, votes[0]);
        uint256 first = coordinator.roundOf(task).deadline;
        vm.warp(first + 1);
        coordinator.tick(task);
        _assertPhase(Phase.VoteReveal);
        vm.assertEq(coordinator.roundOf(task).deadline, first + VOTE_REVEAL, "one window more");
        _show(1, votes[1]);
        vm.warp(first + VOTE_REVEAL + 1);
        _assertPhase(Phase.Aggregate);
    }

    function test_too_few_votes_even_then_void_the_round_and_pay_floors() public {
        Vote[] memory votes = _toVoteReveal(3);
        _show(0, votes[0]);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + VOTE_REVEAL + 1);
        coordinator.tick(task);
        _assertPhase(Phase.Voided);
        uint256 before = _silo(2).balance;
        coordinator.claimFloor(task, round, 2);
        vm.assertEq(_silo(2).balance - before, uint256(REWARD) / 2 / SILOS, "floor");
        vm.assertEq(registry.participant(aggregator).stake, DUTY_BOND, "no fault of the aggregator's");
        uint256 end = coordinator.roundOf(task).deadline;
        vm.prank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(TooEarly.selector, end + 1, block.timestamp));
        coordinator.openRound(task);
    }

    function test_a_round_whose_committee_nobody_drew_voids_with_floors_and_costs_no_validator() public {
        _open();
        _commitAll();
        _revealAll();
        vm.warp(uint256(coordinator.roundOf(task).deadline) + GAP + 2 * VOTE_REVEAL + 1);
        coordinator.tick(task);
        _assertPhase(Phase.Voided);
        coordinator.claimFloor(task, round, 0);
        committee.closeBallot(task);
        for (uint256 i; i < VALIDATORS; ++i) {
            vm.assertEq(registry.participant(_validator(i)).stake, VALIDATOR_BOND, "unharmed");
        }
    }

    function test_deadlines_move_a_round_through_both_votes_without_a_call_in_between() public {
        _toVote();
        RoundState memory r = coordinator.roundOf(task);
        vm.warp(uint256(r.deadline) + 1);
        r = coordinator.roundOf(task);
        vm.assertEq(uint256(r.phase), uint256(Phase.VoteReveal), "by the view");
        vm.assertEq(r.opensAt + VOTE_REVEAL, r.deadline, "its window");
        vm.warp(uint256(r.deadline) + 1);
        vm.assertEq(coordinator.roundOf(task).deadline, r.deadline + VOTE_REVEAL, "extended by the view");
        (bool due,) = coordinator.checkUpkeep(abi.encode(task));
        vm.assertTrue(due, "an upkeep would move it");
    }

    function test_voteOver_speaks_of_the_current_round_alone() public {
        _toVote();
        vm.assertFalse(coordinator.voteOver(task, round), "votes may come");
        vm.expectRevert(abi.encodeWithSelector(WrongRound.selector, task, round + 1, round));
        coordinator.voteOver(task, round + 1);
    }

    // --- who reports votes

    function test_nobody_but_the_committee_reports_votes_or_moves_validators_bonds() public {
        _toVote();
        bytes memory only = abi.encodeWithSelector(OnlyCommittee.selector, address(this));
        vm.expectRevert(only);
        coordinator.endVote(task, round);
        vm.expectRevert(only);
        coordinator.tally(task, round, Verdict.ACCEPTED, true);
        vm.expectRevert(only);
        coordinator.undecided(task);
        vm.expectRevert(only);
        coordinator.lockValidator(_silo(0), 1);
        vm.expectRevert(only);
        coordinator.unlockValidator(_silo(0), 1);
        vm.expectRevert(only);
        coordinator.slashValidator(_silo(0), 1, 0, address(this));
    }

    function test_nobody_but_the_coordinator_opens_ballots_or_publishes() public {
        bytes memory only = abi.encodeWithSelector(OnlyCoordinator.selector, address(this));
        vm.expectRevert(only);
        committee.openBallot(task, 1, SIZE);
        vm.expectRevert(only);
        committee.publish(task, 1);
    }
}
