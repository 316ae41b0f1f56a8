// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title A privacy loss in one word: Renyi divergence at eight orders, which adds up over rounds.
/// @notice Eight lanes of 32 bits, the lowest for order 1.5, then 2, 3, 4, 8, 16, 32, 64; a unit is 2^-27 nats, and the
/// largest number says that nothing bounds that order. Mironov 2017, https://arxiv.org/abs/1702.07476, proposition 1.
library RdpVector {
    uint256 private constant LANE = 32;
    uint256 private constant MOST = type(uint32).max;

    /// Lane by lane; what overflows stays at the largest number.
    function plus(uint256 a, uint256 b) internal pure returns (uint256 sum) {
        for (uint256 at; at < 256; at += LANE) {
            uint256 lane = ((a >> at) & MOST) + ((b >> at) & MOST);
            sum |= (lane > MOST ? MOST : lane) << at;
        }
    }

    /// Takes back what was added. A lane that overflowed on the way stays as it is.
    function minus(uint256 a, uint256 b) internal pure returns (uint256 rest) {
        for (uint256 at; at < 256; at += LANE) {
            uint256 lane = (a >> at) & MOST;
            rest |= (lane == MOST ? MOST : lane - ((b >> at) & MOST)) << at;
        }
    }

    /// Whether no lane of `cost` is below that of `floor`.
    function covers(uint256 cost, uint256 floor) internal pure returns (bool) {
        for (uint256 at; at < 256; at += LANE) {
            if ((cost >> at) & MOST < (floor >> at) & MOST) return false;
        }
        return true;
    }

    /// Whether `spent` is within `limit` at one order at least: that order alone shows the (epsilon, delta) it stands for.
    /// A lane of `limit` that is 0 shows nothing.
    function within(uint256 spent, uint256 limit) internal pure returns (bool) {
        for (uint256 at; at < 256; at += LANE) {
            (uint256 used, uint256 most) = ((spent >> at) & MOST, (limit >> at) & MOST);
            if (most != 0 && used <= most && used != MOST) return true;
        }
        return false;
    }
}
