// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title SHA-256 Merkle trees in the shape of RFC 6962, as payloads, aggregates and models have them.
/// @notice leaf = sha256(0x00 || bytes), node = sha256(0x01 || left || right); an odd last node moves up as it
/// is. A path holds the siblings from the leaf up, none where a node moves up.
library MerklePath {
    /// Thrown when a path has more or fewer siblings than its place in the tree needs.
    error BadPath(uint256 index, uint256 count, uint256 length);

    /// sha256(0x00 || content).
    /// @dev By hand, as `node` is: hundreds of hashes in one transaction, and `abi.encodePacked` would leave
    /// each preimage behind in memory, whose price grows with its square.
    function leaf(bytes calldata content) internal view returns (bytes32 hash) {
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore8(at, 0)
            calldatacopy(add(at, 1), content.offset, content.length)
            if iszero(staticcall(gas(), 2, at, add(content.length, 1), 0, 32)) { revert(0, 0) }
            hash := mload(0)
        }
    }

    /// Leaf of an included update: sha256(0x00 || participant || payloadRoot || weight as uint32).
    function record(address participant, bytes32 payloadRoot, uint32 weight)
        internal
        view
        returns (bytes32 hash)
    {
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, shl(88, participant)) // one zero byte, twenty of the account
            mstore(add(at, 21), payloadRoot)
            mstore(add(at, 53), shl(224, weight))
            if iszero(staticcall(gas(), 2, at, 57, 0, 32)) { revert(0, 0) }
            hash := mload(0)
        }
    }

    /// sha256(0x01 || left || right).
    function node(bytes32 left, bytes32 right) internal view returns (bytes32 hash) {
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore8(at, 1)
            mstore(add(at, 1), left)
            mstore(add(at, 33), right)
            if iszero(staticcall(gas(), 2, at, 65, 0, 32)) { revert(0, 0) }
            hash := mload(0)
        }
    }

    /// The root that a leaf at `index` of `count` leads to. Also works from a node `k` levels up: the index and
    /// count of its level.
    function rootOf(bytes32 hash, uint256 index, uint256 count, bytes32[] calldata path)
        internal
        view
        returns (bytes32)
    {
        (uint256 used, uint256 at, uint256 width) = (0, index, count);
        if (index >= count) revert BadPath(index, count, path.length);
        for (; width > 1; (at, width) = (at >> 1, (width + 1) >> 1)) {
            if (at ^ 1 >= width) continue;
            if (used == path.length) revert BadPath(index, count, path.length);
            hash = at & 1 == 1 ? node(path[used], hash) : node(hash, path[used]);
            ++used;
        }
        if (used != path.length) revert BadPath(index, count, path.length);
        return hash;
    }

    /// The root over all of these leaves, at least one. Uses the array up.
    function fold(bytes32[] memory level) internal view returns (bytes32) {
        uint256 width = level.length;
        while (width > 1) {
            uint256 pairs = width >> 1;
            for (uint256 i; i < pairs; ++i) {
                level[i] = node(level[2 * i], level[2 * i + 1]);
            }
            if (width & 1 == 1) level[pairs] = level[width - 1];
            width = pairs + (width & 1);
        }
        return level[0];
    }
}
