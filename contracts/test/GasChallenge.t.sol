// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputes} from "../src/interfaces/IDisputes.sol";
import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IProofs} from "../src/interfaces/IProofs.sol";
import {MerklePath} from "../src/MerklePath.sol";
import {Costs} from "./Costs.sol";
import {vm} from "./RoundBase.sol";

/// What it costs to refute one word of an aggregate over `n` updates of a million parameters. Every byte shown is
/// random, which is the dearest there is.
contract GasChallengeTest is Costs {
    uint256 internal constant PARAMETERS = 1_000_000;

    uint32 internal constant INDEX = 777;

    uint32 internal chunkBytes = 1024;
    IDisputeTypes.Shown[] internal updates;

    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        p.chunkBytes = chunkBytes;
        p.chunks = _chunks();
        p.maxParticipants = 1000;
    }

    function _chunks() internal view returns (uint32) {
        return uint32(1 + (4 * PARAMETERS + chunkBytes - 1) / chunkBytes);
    }

    function test_10_updates() public {
        _measure(10, 1024, "sum, 10 updates, 1 KiB chunks");
    }

    function test_100_updates() public {
        _measure(100, 1024, "sum, 100 updates, 1 KiB chunks");
    }

    function test_250_updates_fit_one_transaction() public {
        _measure(250, 1024, "sum, 250 updates, 1 KiB chunks");
    }

    function test_100_updates_in_small_chunks() public {
        _measure(100, 256, "sum, 100 updates, 256 B chunks");
    }

    function test_50_updates_in_large_chunks() public {
        _measure(50, 4096, "sum, 50 updates, 4 KiB chunks");
    }

    function _measure(uint256 n, uint32 chunkBytes_, string memory name) internal {
        chunkBytes = chunkBytes_;
        setUp();
        (Proposal memory p, IDisputeTypes.Shown[] memory shown, IDisputeTypes.Piece memory piece) = _scene(n);
        IDisputeTypes.Coordinate memory at = IDisputeTypes.Coordinate(INDEX, 7, 0, 0);
        bytes memory call =
            abi.encodeCall(IProofs.challengeSum, (task, round, p, at, shown, new bytes32[](0), piece));
        _record(n, name, "an update", call);
    }

    /// `n` updates that all reveal, and a proposal whose aggregate says zero where it is not.
    function _scene(uint256 n)
        internal
        returns (Proposal memory p, IDisputeTypes.Shown[] memory shown, IDisputeTypes.Piece memory piece)
    {
        for (uint256 i = SILOS; i < n; ++i) {
            _join(i);
        }
        _open();
        shown = new IDisputeTypes.Shown[](n);
        for (uint256 i; i < n; ++i) {
            shown[i] = _randomUpdate(i);
            updates.push(shown[i]);
        }
        for (uint256 i; i < n; ++i) {
            _commit(_silo(i));
        }
        vm.warp(coordinator.roundOf(task).opensAt);
        for (uint256 i; i < n; ++i) {
            _reveal(_silo(i));
        }
        piece = IDisputeTypes.Piece(_random("aggregate", chunkBytes), _path("aggregate path"));
        p = _proposal();
        p.included = uint16(n);
        p.aggregateRoot = this.rootOf(piece.content, INDEX, _chunks(), piece.path);
        bytes32[] memory leaves = new bytes32[](n);
        for (uint256 i; i < n; ++i) {
            leaves[i] =
                sha256(abi.encodePacked(bytes1(0), _silo(i), shown[i].payloadRoot, shown[i].weight));
        }
        p.includedRoot = MerklePath.fold(leaves);
        _propose(p);
        delete updates;
    }

    function _randomUpdate(uint256 i) internal view returns (IDisputeTypes.Shown memory s) {
        s.participant = _silo(i);
        s.weight = 100;
        s.chunk = _random(string(abi.encode("update", i)), chunkBytes);
        s.path = _path(string(abi.encode("path", i)));
        s.payloadRoot = this.rootOf(s.chunk, INDEX, _chunks(), s.path);
    }

    /// Any siblings make some root: no million parameters are needed.
    function _path(string memory seed) internal view returns (bytes32[] memory path) {
        uint256 depth;
        for ((uint256 at, uint256 width) = (INDEX, _chunks()); width > 1; (at, width) = (at / 2, (width + 1) / 2)) {
            if (at ^ 1 < width) ++depth;
        }
        path = new bytes32[](depth);
        for (uint256 i; i < depth; ++i) {
            path[i] = keccak256(abi.encode(seed, i));
        }
    }

    function _random(string memory seed, uint256 length) internal pure returns (bytes memory content) {
        content = new bytes(length);
        for (uint256 at; at < length; at += 32) {
            bytes32 word = keccak256(abi.encode(seed, at));
            assembly {
                mstore(add(add(content, 32), at), word)
            }
        }
    }

    function rootOf(bytes calldata chunk, uint256 index, uint256 count, bytes32[] calldata path)
        external
        view
        returns (bytes32)
    {
        return MerklePath.rootOf(MerklePath.leaf(chunk), index, count, path);
    }

    function _opening(address silo) internal view override returns (Opening memory o) {
        o = super._opening(silo);
        for (uint256 i; i < updates.length; ++i) {
            if (updates[i].participant == silo) o.payloadRoot = updates[i].payloadRoot;
        }
    }
}
