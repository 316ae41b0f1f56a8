// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DisputesBase} from "./DisputesBase.sol";
import {ICommittee} from "./interfaces/ICommittee.sol";
import {ICommitteeTypes} from "./interfaces/ICommitteeTypes.sol";
import {Scores} from "./Scores.sol";

/// @title The score of each included update: the lower median of those that the committee's members showed.
/// @notice Counted, not sorted: the accuser names each median, and how many words are below it and up to it shows
/// whether that is true.
abstract contract MedianScores is DisputesBase {
    using Scores for bytes;

    uint256 private constant LESS = 2 ** 128;

    /// @dev Who showed a vote in the round, in the order of the seats. Fixed since VoteReveal ended.
    function _shownSeats(uint32 task) internal view returns (ICommitteeTypes.Seat[] memory seats) {
        (,,,,, address committee) = _s().coordinator.contracts();
        seats = ICommittee(committee).seatsOf(task);
        uint256 shown;
        for (uint256 k; k < seats.length; ++k) {
            if (seats[k].state == ICommitteeTypes.VoteState.Revealed) seats[shown++] = seats[k];
        }
        assembly ("memory-safe") {
            mstore(seats, shown)
        }
    }

    /// @dev The claimed medians by place among the included, once each is shown to be one, and their sum. Of n words, m is
    /// the lower median if at most (n - 1) / 2 are less and more than that are not greater.
    function _medians(
        uint32 task,
        ICommitteeTypes.Seat[] memory seats,
        Record[] calldata included,
        Scored calldata scored
    ) internal view returns (uint256[] memory medians, uint256 sum) {
        if (scored.vectors.length != seats.length) revert ScoresIncomplete(scored.vectors.length, seats.length);
        uint16[] memory indices = _indices(task, included);
        uint256[] memory counts = new uint256[](indices.length);
        medians = new uint256[](indices.length);
        for (uint256 i; i < medians.length; ++i) {
            medians[i] = scored.medians.at(i);
        }
        for (uint256 k; k < seats.length; ++k) {
            bytes calldata vector = scored.vectors[k];
            _requireRoot(seats[k].scoresHash, keccak256(vector));
            _count(counts, medians, indices, vector);
        }
        uint256 rank = (seats.length - 1) / 2;
        for (uint256 i; i < medians.length; ++i) {
            bool isMedian = counts[i] / LESS <= rank && rank < counts[i] % LESS;
            if (!isMedian) revert NotTheMedian(included[i].participant, medians[i]);
            sum += medians[i];
        }
    }

    /// @dev Adds one member's scores: 1 for each that is at most the median, and LESS if it is less.
    function _count(
        uint256[] memory counts,
        uint256[] memory medians,
        uint16[] memory indices,
        bytes calldata vector
    ) private pure {
        for (uint256 i; i < counts.length; ++i) {
            uint256 score = vector.at(indices[i]);
            uint256 median = medians[i];
            if (score <= median) counts[i] += score < median ? LESS + 1 : 1;
        }
    }

    function _indices(uint32 task, Record[] calldata included) private view returns (uint16[] memory) {
        address[] memory participants = new address[](included.length);
        for (uint256 i; i < participants.length; ++i) {
            participants[i] = included[i].participant;
        }
        return _s().coordinator.indicesOf(task, participants);
    }
}
