// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Payload trees, the other side of MerklePath, written from the definition: leaf = sha256(0x00 || chunk),
/// node = sha256(0x01 || left || right), an odd last node moves up.
library Trees {
    function leaf(bytes memory content) internal pure returns (bytes32) {
        return sha256(bytes.concat(hex"00", content));
    }

    function root(bytes[] memory contents) internal pure returns (bytes32) {
        bytes32[] memory level = _leaves(contents);
        while (level.length > 1) level = _up(level);
        return level[0];
    }

    function path(bytes[] memory contents, uint256 at) internal pure returns (bytes32[] memory siblings) {
        return pathFrom(contents, at, 0);
    }

    /// Siblings from the node `height` levels above the leaves.
    function pathFrom(bytes[] memory contents, uint256 at, uint256 height)
        internal
        pure
        returns (bytes32[] memory siblings)
    {
        bytes32[] memory level = _leaves(contents);
        for (uint256 i; i < height; ++i) {
            level = _up(level);
        }
        bytes32[] memory long = new bytes32[](32);
        uint256 depth;
        for (; level.length > 1; (level, at) = (_up(level), at / 2)) {
            if (at ^ 1 < level.length) long[depth++] = level[at ^ 1];
        }
        siblings = new bytes32[](depth);
        for (uint256 i; i < depth; ++i) {
            siblings[i] = long[i];
        }
    }

    function _leaves(bytes[] memory contents) private pure returns (bytes32[] memory level) {
        level = new bytes32[](contents.length);
        for (uint256 i; i < contents.length; ++i) {
            level[i] = leaf(contents[i]);
        }
    }

    function _up(bytes32[] memory level) private pure returns (bytes32[] memory above) {
        above = new bytes32[]((level.length + 1) / 2);
        for (uint256 i; i < level.length; i += 2) {
            above[i / 2] = i + 1 == level.length
                ? level[i]
                : sha256(bytes.concat(hex"01", level[i], level[i + 1]));
        }
    }
}
