// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IMaskDesk} from "../src/interfaces/IMaskDesk.sol";
import {MerklePath} from "../src/MerklePath.sol";
import {Costs} from "./Costs.sol";
import {MaskedBase} from "./MaskedBase.sol";
import {RoundBase, vm} from "./RoundBase.sol";
import {Trees} from "./Trees.sol";

/// What it costs to refute one word of a masked sum of a million parameters, of which one in ten who shared dropped out.
/// Words, seeds and paths are random, which is the dearest there is; the figures land in snapshots/calls.json.
contract GasMaskedChallengeTest is MaskedBase, Costs {
    uint32 internal constant CHUNK = 1024;
    uint32 internal constant INDEX = 777;
    uint32 internal constant CHUNKS = 3908; // 1 + 4,000,000 / 1024, rounded up
    uint256 internal constant LEVEL = 9; // at which the ways of the chunks 0 and 777 meet
    bytes32 internal constant SESSION = keccak256("session");

    mapping(address silo => bytes32) internal payloadRoots;
    uint256 internal shared;
    uint256 internal left;
    uint16 internal group; // indices that follow one another; 0 is one of all

    function _params() internal view override(MaskedBase, RoundBase) returns (TaskParams memory p) {
        p = MaskedBase._params();
        (p.chunkBytes, p.chunks, p.group) = (CHUNK, CHUNKS, group);
        if (group > p.quorum) p.quorum = group;
    }

    function test_18_of_20_who_shared_are_left() public {
        _measure(20, 18, 18, "challenge of a masked sum: 20 shared, 2 dropped out");
    }

    function test_90_of_100_who_shared_are_left() public {
        _measure(100, 90, 32, "challenge of a masked sum: 100 shared, 10 dropped out, in 3 transactions");
    }

    function test_18_of_20_in_groups_of_five_are_left() public {
        (group, shared) = (5, 20);
        super.setUp();
        _measure(20, 18, 18, "challenge of masked sums in groups of 5: 20 shared, 2 dropped out");
    }

    function _measure(uint256 shared_, uint256 left_, uint256 size, string memory name) internal {
        (shared, left) = (shared_, left_);
        for (uint256 i = SILOS; i < shared; ++i) {
            _join(i);
        }
        IMaskDesk.MaskedUpdate[] memory shown = new IMaskDesk.MaskedUpdate[](left);
        bytes[] memory leaves = new bytes[](left);
        for (uint256 i; i < left; ++i) {
            shown[i] = _update(i);
            payloadRoots[_silo(i)] = shown[i].payloadRoot;
            leaves[i] = abi.encodePacked(_silo(i), shown[i].payloadRoot, shown[i].weight);
        }
        _toAggregate();
        IDisputeTypes.Piece memory piece = IDisputeTypes.Piece(_random("aggregate", CHUNK), _path("sum", 12));
        Proposal memory p = _proposal();
        p.includedRoot = Trees.root(leaves);
        p.aggregateRoot = this.rootOf(piece.content, piece.path);
        _propose(p);
        uint256 cost;
        for (uint256 first; first < left; first += size) {
            uint256 end = first + size < left ? first + size : left;
            cost += _batch(p, _part(shown, first, end), _siblings(leaves, first, size), piece);
        }
        vm.assertEq(coordinator.roundOf(task).overturned, 1, "overturned");
        vm.snapshotValue("calls", name, cost);
    }

    function _batch(
        Proposal memory p,
        IMaskDesk.MaskedUpdate[] memory shown,
        bytes32[] memory siblings,
        IDisputeTypes.Piece memory piece
    ) internal returns (uint256 cost) {
        IDisputeTypes.Coordinate memory at = IDisputeTypes.Coordinate(INDEX, 7, 0, 0);
        (cost,) = _cost(
            abi.encodeCall(IMaskDesk.challengeMasked, (task, round, p, at, shown, siblings, piece))
        );
    }

    function _part(IMaskDesk.MaskedUpdate[] memory all, uint256 first, uint256 end)
        internal
        pure
        returns (IMaskDesk.MaskedUpdate[] memory part)
    {
        part = new IMaskDesk.MaskedUpdate[](end - first);
        for (uint256 i = first; i < end; ++i) {
            part[i - first] = all[i];
        }
    }

    function _siblings(bytes[] memory leaves, uint256 first, uint256 size)
        internal
        pure
        returns (bytes32[] memory)
    {
        uint256 height;
        while (1 << height < size && 1 << height < leaves.length - first) ++height;
        return Trees.pathFrom(leaves, first >> height, height);
    }

    /// All who shared do all, but the last ones, who commit and do not reveal.
    function _toAggregate() internal {
        _open();
        _dealFirst(shared);
        _commitFirst(shared);
        _revealFirst(left);
        _ends();
        coordinator.tick(task);
        _opens();
        for (uint256 i; i < left; ++i) {
            _show(_silo(i));
        }
        _opens();
    }

    // --- an update of which a header, one chunk and the seeds are real, and all siblings random

    function _update(uint256 i) internal view returns (IMaskDesk.MaskedUpdate memory u) {
        (u.participant, u.weight, u.session) = (_silo(i), 100, SESSION);
        u.neighbours = new uint256[](1);
        (uint256 from, uint256 to) = _mates(i);
        u.neighbours[0] = ((1 << to) - (1 << from)) & ~(1 << i);
        (u.seedsRoot, u.seeds) = _seeds(i);
        u.header = _header(sha256(abi.encodePacked(hex"00", "masks", u.neighbours, u.seedsRoot)));
        u.chunk = _random(string(abi.encode("chunk", i)), CHUNK);
        u.path = _path(string(abi.encode("path", i)), 12);
        u.headerPath = _path(string(abi.encode("header path", i)), 12);
        u.headerPath[LEVEL] = _up(Trees.leaf(u.chunk), INDEX, u.path, LEVEL);
        u.path[LEVEL] = _up(Trees.leaf(u.header), 0, u.headerPath, LEVEL);
        for (uint256 level = LEVEL + 1; level < 12; ++level) {
            u.headerPath[level] = u.path[level];
        }
        u.payloadRoot = this.rootOf(u.chunk, u.path);
    }

    /// The node so many levels above a leaf.
    function _up(bytes32 node, uint256 at, bytes32[] memory path, uint256 levels) internal pure returns (bytes32) {
        for (uint256 i; i < levels; (++i, at /= 2)) {
            bytes32 other = path[i];
            node = at % 2 == 1 ? sha256(bytes.concat(hex"01", other, node)) : sha256(bytes.concat(hex"01", node, other));
        }
        return node;
    }

    function _seeds(uint256 i) internal view returns (bytes32 root, IMaskDesk.OpenedSeed[] memory seeds) {
        (uint256 from, uint256 to) = _mates(i);
        bytes[] memory contents = new bytes[](to - from);
        for (uint256 j = from; j < to; ++j) {
            contents[j - from] = abi.encodePacked("mask seed", SESSION, uint32(i), uint32(j), _seed(i, j));
        }
        seeds = new IMaskDesk.OpenedSeed[](1 + (to > left ? to - left : 0));
        seeds[0] = IMaskDesk.OpenedSeed(uint16(i), _seed(i, i), Trees.path(contents, i - from));
        for (uint256 n = 1; n < seeds.length; ++n) {
            uint256 j = left + n - 1;
            seeds[n] = IMaskDesk.OpenedSeed(uint16(j), _seed(i, j), Trees.path(contents, j - from));
        }
        root = Trees.root(contents);
    }

    /// Who masks with one another: from, up to without.
    function _mates(uint256 i) internal view returns (uint256 from, uint256 to) {
        if (group == 0) return (0, shared);
        from = i - i % group;
        return (from, from + group);
    }

    function _seed(uint256 i, uint256 j) internal pure returns (bytes32) {
        return keccak256(abi.encode("seed", i, j));
    }

    function _header(bytes32 digest) internal pure returns (bytes memory chunk) {
        bytes memory hexed = new bytes(64);
        for (uint256 i; i < 64; ++i) {
            hexed[i] = bytes("0123456789abcdef")[(uint256(digest) >> (252 - 4 * i)) & 15];
        }
        bytes memory text = abi.encodePacked(
            '{"chunk_bytes":1024,"format":"federated-payload/1","kind":"update","parts":[{"count":1000000,"frac_bits":16,"limit":21474,"name":"model"}],"secret":"',
            hexed,
            '","weight":100}'
        );
        chunk = new bytes(CHUNK);
        bytes memory start = abi.encodePacked("PFP1", uint16(text.length), text);
        for (uint256 i; i < start.length; ++i) {
            chunk[i] = start[i];
        }
    }

    function _path(string memory seed, uint256 depth) internal pure returns (bytes32[] memory path) {
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

    function rootOf(bytes calldata chunk, bytes32[] calldata path) external view returns (bytes32) {
        return MerklePath.rootOf(MerklePath.leaf(chunk), INDEX, CHUNKS, path);
    }

    function _opening(address silo) internal view override returns (Opening memory o) {
        o = super._opening(silo);
        if (payloadRoots[silo] != 0) o.payloadRoot = payloadRoots[silo];
    }
}
