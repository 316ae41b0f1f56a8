// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DisputesBase} from "./DisputesBase.sol";
import {MerklePath} from "./MerklePath.sol";

/// @title Included updates that come in batches, over several transactions.
abstract contract Batches is DisputesBase {
    using MerklePath for bytes32;
    using MerklePath for bytes32[];

    /// @dev The leaves of a batch that starts at position `first`: the node over them must lead to the included root.
    function _requireBatch(
        Proposal calldata p,
        uint256 first,
        bytes32[] memory leaves,
        bytes32[] calldata siblings
    ) internal view {
        uint256 height = _height(first, leaves.length, p.included);
        uint256 nodes = (uint256(p.included) + (1 << height) - 1) >> height;
        _requireRoot(p.includedRoot, leaves.fold().rootOf(first >> height, nodes, siblings));
    }

    /// @dev Levels up to the node that covers just the batch: a power of two of leaves, or the last ones.
    function _height(uint256 first, uint256 size, uint256 included) internal pure returns (uint256 height) {
        if (size == 0 || first + size > included) revert OutOfTurn(first, size, included);
        while (1 << height < size) ++height;
        bool full = 1 << height == size || first + size == included;
        if (!full || first & ((1 << height) - 1) != 0) revert OutOfTurn(first, size, included);
    }
}
