// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IMaskDesk} from "../src/interfaces/IMaskDesk.sol";
import {MaskedSumBase} from "./MaskedSumBase.sol";
import {vm} from "./Base.sol";
import {Trees} from "./Trees.sol";

/// What an accuser shows of the masked round, all of it right.
abstract contract MaskedProofs is MaskedSumBase {
    // The claim of ranks, where the rule has some.
    int32 internal low;
    int32 internal high;

    /// A bit each: who shared and did not reveal.
    function _dropped() internal view virtual returns (uint256) {
        return 10; // 1 and 3
    }

    function _update(uint256 i, uint256 chunk) internal view returns (IMaskDesk.MaskedUpdate memory u) {
        u.participant = _silo(i);
        u.payloadRoot = Trees.root(payloads[i]);
        u.weight = _weightAt(i);
        (u.header, u.headerPath) = (payloads[i][0], Trees.path(payloads[i], 0));
        (u.chunk, u.path) = (payloads[i][chunk], Trees.path(payloads[i], chunk));
        (u.neighbours, u.session) = (_near(i), _session(i));
        u.seedsRoot = _rootOver(hashes[i]);
        u.seeds = _openedSeeds(i);
    }

    /// The self seed and those with neighbours who dropped out.
    function _openedSeeds(uint256 i) internal view returns (IMaskDesk.OpenedSeed[] memory seeds) {
        uint256 count;
        seeds = new IMaskDesk.OpenedSeed[](16);
        for (uint16 j; j < 16; ++j) {
            if (j == i || (nears[i] & _dropped()) >> j & 1 == 1) seeds[count++] = _opened(i, j);
        }
        assembly {
            mstore(seeds, count)
        }
    }

    /// A seed of the participant, with its path from its own rank.
    function _opened(uint256 i, uint16 other) internal view returns (IMaskDesk.OpenedSeed memory) {
        return IMaskDesk.OpenedSeed(other, _seed(i, other), _pathAt(hashes[i], _rank(i, other)));
    }

    function _rank(uint256 i, uint16 other) internal view returns (uint256 rank) {
        uint16[] memory sides = _sides(i);
        while (sides[rank] != other) ++rank;
    }

    function _shown(uint256 first, uint256 end, uint256 chunk)
        internal
        view
        returns (IMaskDesk.MaskedUpdate[] memory shown)
    {
        shown = new IMaskDesk.MaskedUpdate[](end - first);
        for (uint256 n = first; n < end; ++n) {
            shown[n - first] = _update(_included()[n], chunk);
        }
    }

    function _all(uint256 chunk) internal view returns (IMaskDesk.MaskedUpdate[] memory) {
        return _shown(0, _included().length, chunk);
    }

    function _proposed() internal returns (Proposal memory p) {
        p = _proposal();
        _propose(p);
    }

    function challenge(
        Proposal memory p,
        uint256 chunk,
        uint256 word,
        IMaskDesk.MaskedUpdate[] memory shown,
        bytes32[] memory siblings
    ) public {
        bytes[] memory chunks = _aggregate();
        IDisputeTypes.Piece memory piece = IDisputeTypes.Piece(chunks[chunk], Trees.path(chunks, chunk));
        IDisputeTypes.Coordinate memory at = _at(chunk, word);
        vm.prank(stranger);
        disputes.challengeMasked(task, round, p, at, shown, siblings, piece);
    }

    function _at(uint256 chunk, uint256 word) internal view returns (IDisputeTypes.Coordinate memory) {
        return IDisputeTypes.Coordinate(uint32(chunk), uint32(word), low, high);
    }

    function _challenge(Proposal memory p, uint256 chunk, uint256 word) internal {
        this.challenge(p, chunk, word, _all(chunk), new bytes32[](0));
    }

    /// What is shown of one participant is refused, where all else is right.
    function _refused(Proposal memory p, uint256 at, IMaskDesk.MaskedUpdate memory u, bytes memory reason) internal {
        IMaskDesk.MaskedUpdate[] memory shown = _all(lieChunk);
        shown[at] = u;
        vm.expectRevert(reason);
        this.challenge(p, lieChunk, lieWord, shown, new bytes32[](0));
    }

    function _partlyRefused(Proposal memory p, uint256 at, IMaskDesk.MaskedUpdate memory u, bytes4 reason) internal {
        IMaskDesk.MaskedUpdate[] memory shown = _all(lieChunk);
        shown[at] = u;
        vm.expectPartialRevert(reason);
        this.challenge(p, lieChunk, lieWord, shown, new bytes32[](0));
    }

    /// Siblings of a leaf that is a hash already.
    function _pathAt(bytes32[] memory level, uint256 at) internal pure returns (bytes32[] memory path) {
        bytes32[] memory long = new bytes32[](32);
        uint256 depth;
        for (; level.length > 1; at /= 2) {
            if (at ^ 1 < level.length) long[depth++] = level[at ^ 1];
            level = _above(level);
        }
        path = new bytes32[](depth);
        for (uint256 i; i < depth; ++i) {
            path[i] = long[i];
        }
    }
}
