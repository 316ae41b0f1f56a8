// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CommitteeRound, vm} from "./CommitteeRound.sol";
import {Vm} from "./Vm.sol";

/// Scores are shown with the vote that bound them, whole and for everybody to read.
contract CommitteeScoresTest is CommitteeRound {
    uint8 internal rewardBy = 2;
    bytes internal scores = abi.encodePacked(uint32(1), uint32(2), uint32(3), uint32(4));

    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        p.rewardBy = rewardBy;
    }

    function _vote(uint8 seat, bool accept, int64 metric) internal view override returns (Vote memory v) {
        v = super._vote(seat, accept, metric);
        v.scoresHash = keccak256(scores);
    }

    function _refused(Vote memory v, bytes memory shown, bytes memory error) internal {
        vm.expectRevert(error);
        committee.revealVote(task, round, 0, v, shown);
    }

    function test_shown_scores_are_in_the_log() public {
        Vote[] memory votes = _toVoteReveal(3);
        vm.expectEmit(address(committee));
        emit ScoresShown(task, round, _member(0), 0, scores);
        committee.revealVote(task, round, 0, votes[0], scores);
        vm.assertEq(committee.seatsOf(task)[0].scoresHash, keccak256(scores), "bound");
    }

    function test_other_scores_than_were_promised_are_refused_and_withheld_ones_too() public {
        Vote[] memory votes = _toVoteReveal(3);
        bytes memory error = abi.encodeWithSelector(ScoresMismatch.selector, task, round, _member(0));
        _refused(votes[0], abi.encodePacked(uint32(1), uint32(2), uint32(3), uint32(5)), error);
        _refused(votes[0], "", error);
    }

    function test_one_word_for_each_index_is_the_most_that_may_be_shown() public {
        (bool wanted, uint256 most) = coordinator.scoreTerms(task);
        vm.assertTrue(wanted && most == 4 * SILOS, "terms");
        scores = abi.encodePacked(scores, uint32(5));
        Vote[] memory votes = _toVoteReveal(3);
        _refused(votes[0], scores, abi.encodeWithSelector(BadScores.selector, task, 20, 16));
        _join(SILOS); // who comes later has an index too, though no place in this round
        committee.revealVote(task, round, 0, votes[0], scores);
    }

    function test_half_a_word_is_refused() public {
        scores = hex"000001";
        Vote[] memory votes = _toVoteReveal(3);
        _refused(votes[0], scores, abi.encodeWithSelector(BadScores.selector, task, 3, 16));
    }

    function test_a_task_that_does_not_pay_by_scores_asks_for_none_and_takes_none() public {
        rewardBy = 1;
        setUp();
        Vote[] memory votes = _toVoteReveal(3);
        _refused(votes[0], scores, abi.encodeWithSelector(BadScores.selector, task, 16, 0));
        vm.recordLogs();
        committee.revealVote(task, round, 0, votes[0], "");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            vm.assertTrue(logs[i].topics[0] != ScoresShown.selector, "nothing shown");
        }
        vm.assertEq(committee.seatsOf(task)[0].scoresHash, keccak256(scores), "bound all the same");
    }
}
