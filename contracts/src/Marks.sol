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

    /// Who is Revealed, index by index: bit i of the answer's word n is index 256 n + i.
    function revealed(mapping(uint256 => uint256) storage words, uint32 round, uint256 length)
        internal
        view
        returns (uint256[] memory bitmap)
    {
        bitmap = new uint256[](length);
        for (uint256 first; first < length << 8 && first <= type(uint16).max; first += PER_WORD) {
            uint256 word = wordOf(words, round, uint16(first));
            uint256 bits = _even((word >> 1) & ~word) & ((1 << PER_WORD) - 1); // Revealed is 2
            (uint256 at, uint256 shift) = (first >> 8, first & 255);
            bitmap[at] |= bits << shift;
            if (shift > 256 - PER_WORD && at + 1 < length) bitmap[at + 1] |= bits >> (256 - shift);
        }
    }

    function markIn(uint256 word, uint16 index) internal pure returns (Mark) {
        return Mark((word >> (2 * (index % PER_WORD))) & 3);
    }

    /// The word with another mark for one index.
    function marked(uint256 word, uint16 index, Mark mark) internal pure returns (uint256) {
        uint256 shift = 2 * (index % PER_WORD);
        return (word & ~(uint256(3) << shift)) | (uint256(mark) << shift);
    }

    /// @dev The bits at even places, moved together: by pairs, fours, and so on.
    function _even(uint256 x) private pure returns (uint256) {
        x &= type(uint256).max / 3;
        x = (x | (x >> 1)) & (type(uint256).max / 5);
        x = (x | (x >> 2)) & (type(uint256).max / 17);
        x = (x | (x >> 4)) & (type(uint256).max / 257);
        x = (x | (x >> 8)) & (type(uint256).max / (2 ** 16 + 1));
        x = (x | (x >> 16)) & (type(uint256).max / (2 ** 32 + 1));
        x = (x | (x >> 32)) & (type(uint256).max / (2 ** 64 + 1));
        return (x | (x >> 64)) & type(uint128).max;
    }
}
