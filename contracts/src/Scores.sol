// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Scores of the updates, as a committee's member shows them: big-endian uint32 words by participant index.
library Scores {
    uint256 internal constant WORD_BYTES = 4;

    /// The score at an index; 0 beyond the last. Of whole words: half a one would be read into what follows it.
    /// @dev By hand, since a challenge reads thousands: a slice costs four times as much.
    function at(bytes calldata scores, uint256 index) internal pure returns (uint256 score) {
        assembly ("memory-safe") {
            let from := shl(2, index)
            if lt(from, scores.length) { score := shr(224, calldataload(add(scores.offset, from))) }
        }
    }
}
