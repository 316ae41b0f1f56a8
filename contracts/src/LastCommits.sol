// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The last round in which each participant committed, eight to a storage word.
/// @notice Apart from the enrolment, so that a batch of commits writes one word for eight participants.
library LastCommits {
    uint256 internal constant PER_WORD = 8;

    function get(mapping(uint256 => uint256) storage words, uint16 index) internal view returns (uint32) {
        return uint32(words[index / PER_WORD] >> (32 * (index % PER_WORD)));
    }

    function set(mapping(uint256 => uint256) storage words, uint16 index, uint32 round) internal {
        words[index / PER_WORD] = at(words[index / PER_WORD], index, round);
    }

    /// The word with another round for one index.
    function at(uint256 word, uint16 index, uint32 round) internal pure returns (uint256) {
        uint256 shift = 32 * (index % PER_WORD);
        return (word & ~(uint256(type(uint32).max) << shift)) | (uint256(round) << shift);
    }
}
