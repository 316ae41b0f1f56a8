// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clones} from "@openzeppelin/contracts/proxy/Clones.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {AggregatorV3Interface} from "./interfaces/AggregatorV3Interface.sol";
import {ICommittee} from "./interfaces/ICommittee.sol";

/// @title One task's metric in the form of a Chainlink feed: a view of what the Committee holds.
/// @notice Each task's feed is a clone that carries (committee, task) behind its code. Only rounds whose updates
/// the committee accepted, and that settled, have an answer; a round's number is its id.
contract MetricsFeed is AggregatorV3Interface {
    /// Thrown when a round, or the task so far, has no answer.
    error NoAnswer(uint32 task, uint256 roundId);

    uint8 public constant decimals = 9;
    uint256 public constant version = 1;

    function description() external view returns (string memory) {
        (, uint32 task) = source();
        return string.concat("prefect-federated task ", Strings.toString(task), ": committee median metric");
    }

    function getRoundData(uint80 roundId)
        public
        view
        returns (uint80, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        (ICommittee committee, uint32 task) = source();
        if (roundId > type(uint32).max) revert NoAnswer(task, roundId);
        (int64 metric, uint40 settledAt) = committee.answerOf(task, uint32(roundId));
        if (settledAt == 0) revert NoAnswer(task, roundId);
        return (roundId, metric, settledAt, settledAt, roundId);
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        (ICommittee committee, uint32 task) = source();
        return getRoundData(committee.lastAnswered(task));
    }

    /// What the feed shows.
    function source() public view returns (ICommittee committee, uint32 task) {
        return abi.decode(Clones.fetchCloneArgs(address(this)), (ICommittee, uint32));
    }
}
