// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ITreasury} from "../src/interfaces/ITreasury.sol";

/// Builds reward trees: the other side of SumTree.verify, written from the definition.
library SumTreeBuilder {
    function root(address[] memory accounts, uint256[] memory amounts)
        internal
        pure
        returns (bytes32 hash, uint128 total)
    {
        ITreasury.SumNode[] memory level = _leaves(accounts, amounts);
        while (level.length > 1) level = _up(level);
        return (level[0].hash, uint128(level[0].sum));
    }

    function proof(address[] memory accounts, uint256[] memory amounts, uint256 at)
        internal
        pure
        returns (ITreasury.SumNode[] memory path)
    {
        return pathIn(levels(accounts, amounts), at);
    }

    /// All levels, the leaves first: for many proofs of one tree.
    function levels(address[] memory accounts, uint256[] memory amounts)
        internal
        pure
        returns (ITreasury.SumNode[][] memory all)
    {
        uint256 height = 1;
        while (1 << (height - 1) < accounts.length) ++height;
        all = new ITreasury.SumNode[][](height);
        all[0] = _leaves(accounts, amounts);
        for (uint256 i = 1; i < height; ++i) {
            all[i] = _up(all[i - 1]);
        }
    }

    function pathIn(ITreasury.SumNode[][] memory all, uint256 at)
        internal
        pure
        returns (ITreasury.SumNode[] memory path)
    {
        ITreasury.SumNode[] memory long = new ITreasury.SumNode[](all.length - 1);
        uint256 depth;
        for (uint256 i; i + 1 < all.length; (++i, at /= 2)) {
            uint256 sibling = at ^ 1;
            if (sibling >= all[i].length) continue;
            long[depth++] = ITreasury.SumNode(all[i][sibling].hash, all[i][sibling].sum, sibling < at);
        }
        path = new ITreasury.SumNode[](depth);
        for (uint256 i; i < depth; ++i) {
            path[i] = long[i];
        }
    }

    function _leaves(address[] memory accounts, uint256[] memory amounts)
        private
        pure
        returns (ITreasury.SumNode[] memory level)
    {
        level = new ITreasury.SumNode[](accounts.length);
        for (uint256 i; i < accounts.length; ++i) {
            bytes32 hash = keccak256(abi.encode(uint256(0), accounts[i], amounts[i]));
            level[i] = ITreasury.SumNode(hash, amounts[i], false);
        }
    }

    function _up(ITreasury.SumNode[] memory level) private pure returns (ITreasury.SumNode[] memory above) {
        above = new ITreasury.SumNode[]((level.length + 1) / 2);
        for (uint256 i; i < level.length; i += 2) {
            if (i + 1 == level.length) {
                above[i / 2] = level[i];
                continue;
            }
            (ITreasury.SumNode memory l, ITreasury.SumNode memory r) = (level[i], level[i + 1]);
            bytes32 hash = keccak256(abi.encode(uint256(1), l.hash, l.sum, r.hash, r.sum));
            above[i / 2] = ITreasury.SumNode(hash, l.sum + r.sum, false);
        }
    }
}
