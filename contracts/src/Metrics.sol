// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {CommitteeBase} from "./CommitteeBase.sol";
import {ICommitteeDesk} from "./interfaces/ICommitteeDesk.sol";
import {Sampling} from "./Sampling.sol";

/// @title What comes of shown votes: the median metric of each round, the feeds that show it, and pay.
abstract contract Metrics is CommitteeBase, ICommitteeDesk {
    function publish(uint32 task, uint32 round) external onlyCoordinator {
        Ballot storage b = _s().ballots[task];
        int64[] memory metrics = new int64[](b.revealed);
        uint256 found;
        for (uint256 k; k < b.size; ++k) {
            Seat storage s = _s().seats[task][k];
            if (s.state == VoteState.Revealed) metrics[found++] = s.metric;
        }
        int64 metric = Sampling.median(metrics);
        _s().answers[task][round] = Answer(metric, uint40(block.timestamp));
        _s().answered[task] = round;
        emit MetricPublished(task, round, metric);
    }

    function takePay(uint32 task, uint32 round, uint8 seat) external onlyCoordinator returns (address) {
        Seat storage s = _s().seats[task][seat];
        bool shown = _s().ballots[task].drawn && s.state == VoteState.Revealed; // else it is another round's
        if (!shown || s.paid) revert NothingToPay(task, round, seat);
        s.paid = true;
        return s.member;
    }

    function createFeed(uint32 task) external returns (address feed) {
        feed = _s().feeds[task];
        if (feed != address(0)) revert FeedExists(task, feed);
        (, uint8 size,) = _s().coordinator.committeeTerms(task);
        if (size == 0) revert NoCommittee(task);
        feed = Clones.cloneWithImmutableArgs(_feedCode(), abi.encode(address(this), task));
        _s().feeds[task] = feed;
        emit FeedCreated(task, feed);
    }

    function answerOf(uint32 task, uint32 round) external view returns (int64, uint40) {
        Answer memory a = _s().answers[task][round];
        return (a.metric, a.settledAt);
    }

    function lastAnswered(uint32 task) external view returns (uint32) {
        return _s().answered[task];
    }

    function feedOf(uint32 task) external view returns (address) {
        return _s().feeds[task];
    }

    // --- internal

    function _feedCode() internal view virtual returns (address);
}
