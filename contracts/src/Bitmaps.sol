// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Sets of indices: bit i % 256 of word i / 256.
library Bitmaps {
    function has(uint256[] memory set, uint256 index) internal pure returns (bool) {
        return index >> 8 < set.length && (set[index >> 8] >> (index & 255)) & 1 == 1;
    }

    /// The set and one more, in as many words as both need.
    function with(uint256[] memory set, uint256 index) internal pure returns (uint256[] memory more) {
        uint256 words = index >> 8 < set.length ? set.length : (index >> 8) + 1;
        more = new uint256[](words);
        for (uint256 i; i < set.length; ++i) {
            more[i] = set[i];
        }
        more[index >> 8] |= 1 << (index & 255);
    }

    /// How many are in the first set and not in the second, which has as many words or more.
    function countWithout(uint256[] memory set, uint256[] memory other) internal pure returns (uint256 sum) {
        for (uint256 i; i < set.length; ++i) {
            sum += ones(set[i] & ~other[i]);
        }
    }

    /// How many are below an index.
    function countBelow(uint256[] memory set, uint256 index) internal pure returns (uint256 sum) {
        for (uint256 i; i < set.length && i <= index >> 8; ++i) {
            sum += ones(i < index >> 8 ? set[i] : set[i] & ((1 << (index & 255)) - 1));
        }
    }

    function count(uint256[] memory set) internal pure returns (uint256) {
        return countBelow(set, set.length << 8);
    }

    /// How many bits of a word are set: sums of neighbouring fields, which grow from 1 to 16 bits, then all at once.
    function ones(uint256 x) internal pure returns (uint256) {
        unchecked {
            x -= (x >> 1) & (type(uint256).max / 3);
            x = (x & (type(uint256).max / 5)) + ((x >> 2) & (type(uint256).max / 5));
            x = (x + (x >> 4)) & (type(uint256).max / 17);
            x = (x + (x >> 8)) & (type(uint256).max / 257);
            return (x * (type(uint256).max / 65_535)) >> 240;
        }
    }
}
