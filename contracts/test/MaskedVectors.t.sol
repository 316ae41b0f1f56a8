// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IMaskDesk} from "../src/interfaces/IMaskDesk.sol";
import {MaskedBase} from "./MaskedBase.sol";
import {vm} from "./Base.sol";
import {Trees} from "./Trees.sol";

/// A masked round that Python worked out, payloads and seeds byte for byte: seven are left of 261, with indices in two
/// words of a bitmap.
contract MaskedVectorsTest is MaskedBase {
    string internal json;
    uint256[] internal survivors;
    uint256[] internal weights;
    bytes[] internal chunks; // three of each survivor
    bytes[] internal aggregate;

    function setUp() public override {
        json = vm.readFile("test/vectors.json");
        survivors = vm.parseJsonUintArray(json, ".masked_round.survivors");
        weights = vm.parseJsonUintArray(json, ".masked_round.weights");
        chunks = vm.parseJsonBytesArray(json, ".masked_round.chunks");
        aggregate = vm.parseJsonBytesArray(json, ".masked_round.aggregate");
        super.setUp();
        for (uint256 i = SILOS; i <= 260; ++i) {
            _join(i);
        }
        uint256[] memory cohort = vm.parseJsonUintArray(json, ".masked_round.cohort");
        uint256 next;
        for (uint256 i; i <= 260; ++i) {
            if (i == cohort[next]) {
                ++next;
                continue;
            }
            vm.prank(_silo(i));
            coordinator.leave(task);
        }
        _toAggregate();
    }

    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        p.chunkBytes = uint32(vm.parseJsonUint(json, ".masked_round.chunk_bytes"));
        p.limit = uint32(vm.parseJsonUint(json, ".masked_round.limit"));
        (p.chunks, p.aggregateHeader) = (3, Trees.leaf(aggregate[0]));
    }

    function test_no_word_of_the_python_side_falls() public {
        Proposal memory p = _proposed();
        uint256 snapshot = vm.snapshotState();
        for (uint256 k; k < 128; k += 9) { // 70 words and the zeros behind them
            this.stands(p, uint32(1 + k / 64), uint32(k % 64));
            vm.revertToState(snapshot);
        }
    }

    function test_every_altered_word_of_the_python_side_falls() public {
        uint256 snapshot = vm.snapshotState();
        for (uint256 k; k < 128; k += 13) {
            (uint32 chunk, uint32 word) = (uint32(1 + k / 64), uint32(k % 64));
            aggregate[chunk][4 * word] ^= 0x01;
            Proposal memory p = _proposed();
            this.challenge(p, chunk, word);
            vm.assertEq(coordinator.roundOf(task).overturned, 1, "overturned");
            vm.revertToState(snapshot);
        }
    }

    function stands(Proposal memory p, uint32 chunk, uint32 word) external {
        vm.expectPartialRevert(IDisputeTypes.NotWrong.selector);
        this.challenge(p, chunk, word);
    }

    function challenge(Proposal memory p, uint32 chunk, uint32 word) external {
        IMaskDesk.MaskedUpdate[] memory shown = new IMaskDesk.MaskedUpdate[](4);
        for (uint256 n; n < 4; ++n) {
            shown[n] = _update(n, chunk);
        }
        IDisputeTypes.Piece memory piece = IDisputeTypes.Piece(aggregate[chunk], Trees.path(aggregate, chunk));
        IDisputeTypes.Coordinate memory at = IDisputeTypes.Coordinate(chunk, word, 0, 0);
        vm.prank(stranger);
        disputes.challengeMasked(task, round, p, at, shown, new bytes32[](0), piece);
    }

    // --- as the file has it

    function _update(uint256 n, uint256 chunk) internal view returns (IMaskDesk.MaskedUpdate memory u) {
        bytes[] memory payload = _payload(n);
        (u.participant, u.weight) = (_silo(survivors[n]), uint32(weights[n]));
        u.payloadRoot = vm.parseJsonBytes32Array(json, ".masked_round.payload_roots")[n];
        (u.header, u.headerPath) = (payload[0], Trees.path(payload, 0));
        (u.chunk, u.path) = (payload[chunk], Trees.path(payload, chunk));
        bytes32[] memory words = vm.parseJsonBytes32Array(json, ".masked_round.neighbours");
        u.neighbours = new uint256[](2);
        (u.neighbours[0], u.neighbours[1]) = (uint256(words[2 * n]), uint256(words[2 * n + 1]));
        u.seedsRoot = vm.parseJsonBytes32Array(json, ".masked_round.seeds_roots")[n];
        u.session = vm.parseJsonBytes32(json, ".masked_round.session");
        u.seeds = _seeds(n);
    }

    function _seeds(uint256 n) internal view returns (IMaskDesk.OpenedSeed[] memory seeds) {
        uint256[] memory others = vm.parseJsonUintArray(json, ".masked_round.opened");
        bytes32[] memory opened = vm.parseJsonBytes32Array(json, ".masked_round.seeds");
        bytes[] memory paths = vm.parseJsonBytesArray(json, ".masked_round.paths");
        seeds = new IMaskDesk.OpenedSeed[](3);
        for (uint256 i; i < 3; ++i) {
            uint256 at = 3 * n + i;
            seeds[i] = IMaskDesk.OpenedSeed(uint16(others[at]), opened[at], _words(paths[at]));
        }
    }

    function _words(bytes memory content) internal pure returns (bytes32[] memory words) {
        words = new bytes32[](content.length / 32);
        for (uint256 i; i < words.length; ++i) {
            bytes32 word;
            assembly {
                word := mload(add(add(content, 32), mul(32, i)))
            }
            words[i] = word;
        }
    }

    function _payload(uint256 n) internal view returns (bytes[] memory payload) {
        payload = new bytes[](3);
        for (uint256 c; c < 3; ++c) {
            payload[c] = chunks[3 * n + c];
        }
    }

    function _opening(address silo) internal view override returns (Opening memory o) {
        o = super._opening(silo);
        for (uint256 n; n < 4; ++n) {
            if (_silo(survivors[n]) != silo) continue;
            (o.payloadRoot, o.weight) = (Trees.root(_payload(n)), uint32(weights[n]));
        }
    }

    function _proposed() internal returns (Proposal memory p) {
        bytes[] memory leaves = new bytes[](4);
        for (uint256 n; n < 4; ++n) {
            Opening memory o = _opening(_silo(survivors[n]));
            leaves[n] = abi.encodePacked(_silo(survivors[n]), o.payloadRoot, o.weight);
        }
        p = _proposal();
        (p.aggregateRoot, p.includedRoot) = (Trees.root(aggregate), Trees.root(leaves));
        _propose(p);
    }

    /// 260 never shares, 2 does not commit, 256 does not reveal.
    function _toAggregate() internal {
        uint256[] memory shared = vm.parseJsonUintArray(json, ".masked_round.shared");
        _open();
        for (uint256 i; i < shared.length; ++i) {
            _deal(_silo(shared[i]));
        }
        _turn();
        for (uint256 i; i < shared.length; ++i) {
            if (shared[i] != 2) _commitMasked(_silo(shared[i]));
        }
        _turn();
        for (uint256 n; n < 4; ++n) {
            _reveal(_silo(survivors[n]));
        }
        _turn();
        for (uint256 n; n < 4; ++n) {
            _show(_silo(survivors[n]));
        }
        _opens();
    }

    function _turn() internal {
        _ends();
        coordinator.tick(task);
        _opens();
    }
}
