// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITreasury} from "./interfaces/ITreasury.sol";

/// @title Merkle trees whose nodes carry the sum below them.
/// @notice The sums are hashed with the children, so a proof that ends at the root also shows that the
/// whole tree awards exactly the total: nobody can hide an award beside the proven one.
library SumTree {
    /// leaf = keccak256(abi.encode(uint8(0), account, cumulative)), its sum is `cumulative`.
    /// @dev By hand, as `node` is: a challenge hashes thousands in one transaction, and `abi.encode` would leave
    /// each preimage behind in memory, whose price grows with its square.
    function leaf(address account, uint256 cumulative) internal pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, 0)
            mstore(add(at, 32), account)
            mstore(add(at, 64), cumulative)
            hash := keccak256(at, 96)
        }
    }

    /// node = keccak256(abi.encode(uint8(1), leftHash, leftSum, rightHash, rightSum)), its sum leftSum + rightSum.
    function node(bytes32 left, uint256 leftSum, bytes32 right, uint256 rightSum)
        internal
        pure
        returns (bytes32 hash)
    {
        assembly ("memory-safe") {
            let at := mload(0x40)
            mstore(at, 1)
            mstore(add(at, 32), left)
            mstore(add(at, 64), leftSum)
            mstore(add(at, 96), right)
            mstore(add(at, 128), rightSum)
            hash := keccak256(at, 160)
        }
    }

    /// Whether the leaf, under these siblings, leads to `root` and to `total`. Reverts if a sum overflows.
    function verify(
        bytes32 root,
        uint256 total,
        address account,
        uint256 cumulative,
        ITreasury.SumNode[] calldata proof
    ) internal pure returns (bool) {
        bytes32 hash = leaf(account, cumulative);
        uint256 sum = cumulative;
        for (uint256 i; i < proof.length; ++i) {
            ITreasury.SumNode calldata s = proof[i];
            hash = s.left ? node(s.hash, s.sum, hash, sum) : node(hash, sum, s.hash, s.sum);
            sum += s.sum;
        }
        return hash == root && sum == total;
    }

    /// Root and total of the tree over the first `width` leaves; 0 and 0 of none. Uses the arrays up.
    /// @dev An odd last node moves up as it is.
    function fold(bytes32[] memory hashes, uint256[] memory sums, uint256 width)
        internal
        pure
        returns (bytes32, uint256)
    {
        if (width == 0) return (0, 0);
        while (width > 1) {
            uint256 pairs = width >> 1;
            for (uint256 i; i < pairs; ++i) {
                hashes[i] = node(hashes[2 * i], sums[2 * i], hashes[2 * i + 1], sums[2 * i + 1]);
                sums[i] = sums[2 * i] + sums[2 * i + 1];
            }
            if (width & 1 == 1) (hashes[pairs], sums[pairs]) = (hashes[width - 1], sums[width - 1]);
            width = pairs + (width & 1);
        }
        return (hashes[0], sums[0]);
    }
}
