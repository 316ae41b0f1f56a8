// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICommittee} from "../src/interfaces/ICommittee.sol";
import {MetricsFeed} from "../src/MetricsFeed.sol";
import {CommitteeRound, vm} from "./CommitteeRound.sol";

/// What the committee measured, as anybody's contract reads it.
contract MetricsFeedTest is CommitteeRound {
    MetricsFeed internal feed;

    function setUp() public override {
        super.setUp();
        feed = MetricsFeed(committee.createFeed(task));
    }

    function _settleAccepted(Vote[] memory votes) internal {
        _showAll(votes);
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
    }

    function test_feed_says_what_it_is() public view {
        vm.assertEq(feed.decimals(), 9, "decimals");
        vm.assertEq(feed.version(), 1, "version");
        bytes32 words = keccak256(bytes("prefect-federated task 1: committee median metric"));
        vm.assertEq(keccak256(bytes(feed.description())), words, "description");
        vm.assertEq(committee.feedOf(task), address(feed), "known");
        (ICommittee from, uint32 about) = feed.source();
        vm.assertEq(address(from), address(committee), "source");
        vm.assertEq(about, task, "task");
    }

    function test_a_settled_round_has_the_committees_median() public {
        _settleAccepted(_toVoteReveal(3));
        (uint80 id, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredIn) =
            feed.latestRoundData();
        vm.assertEq(id, round, "round");
        vm.assertEq(answer, 20, "of 10, 20 and 30");
        vm.assertEq(startedAt, block.timestamp, "started");
        vm.assertEq(updatedAt, block.timestamp, "updated");
        vm.assertEq(answeredIn, round, "answered in");
    }

    function test_votes_that_were_not_shown_do_not_count() public {
        Vote[] memory votes = _toVoteReveal(3);
        _show(1, votes[1]);
        _show(2, votes[2]);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        (, int256 answer,,,) = feed.latestRoundData();
        vm.assertEq(answer, 20, "the lesser of 20 and 30");
    }

    function test_a_feed_without_an_answer_says_so_instead_of_answering_0() public {
        vm.expectRevert(abi.encodeWithSelector(MetricsFeed.NoAnswer.selector, task, 0));
        feed.latestRoundData();
        vm.expectRevert(abi.encodeWithSelector(MetricsFeed.NoAnswer.selector, task, 7));
        feed.getRoundData(7);
        uint80 beyond = uint80(2 ** 32) + 1; // would be round 1 if it were cut off
        _settleAccepted(_toVoteReveal(3));
        vm.expectRevert(abi.encodeWithSelector(MetricsFeed.NoAnswer.selector, task, beyond));
        feed.getRoundData(beyond);
    }

    function test_a_rejected_round_has_no_answer_and_the_last_one_stays() public {
        _settleAccepted(_toVoteReveal(3));
        _showAll(_toVoteReveal(0));
        vm.assertEq(round, 2, "second round");
        vm.expectRevert(abi.encodeWithSelector(MetricsFeed.NoAnswer.selector, task, 2));
        feed.getRoundData(2);
        (uint80 id,,,,) = feed.latestRoundData();
        vm.assertEq(id, 1, "the last settled");
    }

    function test_older_rounds_stay_readable() public {
        _settleAccepted(_toVoteReveal(3));
        uint256 first = block.timestamp;
        _settleAccepted(_toVoteReveal(3));
        (, int256 answer,, uint256 updatedAt,) = feed.getRoundData(1);
        vm.assertEq(answer, 20, "answer");
        vm.assertEq(updatedAt, first, "time");
    }

    function test_a_negative_metric_stays_negative() public {
        _toVote();
        for (uint8 k; k < SIZE; ++k) {
            _cast(k, _vote(k, true, -5));
        }
        vm.warp(coordinator.roundOf(task).opensAt);
        for (uint8 k; k < SIZE; ++k) {
            _show(k, _vote(k, true, -5));
        }
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        (, int256 answer,,,) = feed.latestRoundData();
        vm.assertEq(answer, -5, "negative");
    }

    function test_createFeed_is_refused_twice_and_without_a_committee() public {
        vm.expectRevert(abi.encodeWithSelector(FeedExists.selector, task, address(feed)));
        committee.createFeed(task);
        TaskParams memory p = _params();
        (p.committee, p.voteWindow, p.voteRevealWindow, p.validatorBond) = (0, 0, 0, 0);
        vm.prank(sponsor);
        uint32 plain = coordinator.createTask(p, "");
        vm.expectRevert(abi.encodeWithSelector(NoCommittee.selector, plain));
        committee.createFeed(plain);
    }
}
