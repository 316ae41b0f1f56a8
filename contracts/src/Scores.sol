// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Scores of the updates, as a committee's member shows them: big-endian uint32 words by participant index.
library Scores {
    uint256 internal constant WORD_BYTES = 4;

    /// The score at an index; 0 beyond the last.
    function at(bytes calldata scores, uint256 index) internal pure returns (uint256) {
        uint256 from = index * WORD_BYTES;
        return from < scores.length ? uint32(bytes4(scores[from:from + WORD_BYTES])) : 0;
    }
}
