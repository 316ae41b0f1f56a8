// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// What a participant has done in a round. Closed: opened late, retracted, or slashed.
enum Mark {
    None,
    Committed,
    Revealed,
    Closed
}

/// @title A bitmap of marks that forgets by itself.
/// @notice Each word holds the round it belongs to (upper 32 bits) and two bits for each of 112 participants.
/// A word of another round reads as empty and is overwritten by the first write: no round pays for new
/// storage, and none has to clear the old.
library Marks {
    uint256 internal constant PER_WORD = 112;

    function get(mapping(uint256 => uint256) storage words, uint32 round, uint16 index)
        internal
        view
        returns (Mark)
    {
        return markIn(wordOf(words, round, index), index);
    }

    function set(mapping(uint256 => uint256) storage words, uint32 round, uint16 index, Mark mark) internal {
        words[index / PER_WORD] = marked(wordOf(words, round, index), index, mark);
    }

    /// The word that holds the index's mark, empty if it is still another round's.
    function wordOf(mapping(uint256 => uint256) storage words, uint32 round, uint16 index)
        internal
        view
        returns (uint256 word)
    {
        word = words[index / PER_WORD];
        if (word >> 224 != round) word = uint256(round) << 224;
    }

    function markIn(uint256 word, uint16 index) internal pure returns (Mark) {
        return Mark((word >> (2 * (index % PER_WORD))) & 3);
    }

    /// The word with another mark for one index.
    function marked(uint256 word, uint16 index, Mark mark) internal pure returns (uint256) {
        uint256 shift = 2 * (index % PER_WORD);
        return (word & ~(uint256(3) << shift)) | (uint256(mark) << shift);
    }
}
