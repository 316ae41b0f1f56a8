// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRelays} from "../src/interfaces/IRelays.sol";
import {Vm} from "./Vm.sol";
import {RoundBase, vm} from "./RoundBase.sol";

/// Signed commits and openings of the silos, brought by a stranger.
abstract contract RelayBase is RoundBase {
    bytes32 internal constant SKIPPED_COMMIT = keccak256("CommitSkipped(uint32,uint32,address,uint8)");
    bytes32 internal constant SKIPPED_REVEAL = keccak256("RevealSkipped(uint32,uint32,address,uint8)");

    function _commitOf(uint256 i) internal view returns (IRelays.SignedCommit memory) {
        return _sign(_key(i), _unsigned(i));
    }

    function _unsigned(uint256 i) internal view returns (IRelays.SignedCommit memory c) {
        Opening memory o = _opening(_silo(i));
        (c.participant, c.commitment) = (_silo(i), _digest(_silo(i), o));
        (c.grantId, c.evidenceHash) = (grants[_silo(i)], _evidence(_silo(i)));
    }

    function _sign(uint256 key, IRelays.SignedCommit memory c)
        internal
        view
        returns (IRelays.SignedCommit memory)
    {
        return _signDigest(key, c, coordinator.hashCommit(task, round, c));
    }

    function _signDigest(uint256 key, IRelays.SignedCommit memory c, bytes32 digest)
        internal
        pure
        returns (IRelays.SignedCommit memory)
    {
        (c.r, c.vs) = _compact(key, digest);
        return c;
    }

    /// A signature in 64 bytes (EIP-2098).
    function _compact(uint256 key, bytes32 digest) internal pure returns (bytes32, bytes32) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return (r, bytes32(uint256(s) | (uint256(v - 27) << 255)));
    }

    function _commits(uint256 n) internal view returns (IRelays.SignedCommit[] memory batch) {
        batch = new IRelays.SignedCommit[](n);
        for (uint256 i; i < n; ++i) {
            batch[i] = _commitOf(i);
        }
    }

    function _openingOf(uint256 i) internal view returns (IRelays.RelayedOpening memory) {
        return _openingAt(i, "s3://bucket/payload");
    }

    function _openingAt(uint256 i, string memory uri)
        internal
        view
        returns (IRelays.RelayedOpening memory o)
    {
        (o.index, o.participant, o.opening, o.uri) = (uint16(i), _silo(i), _opening(_silo(i)), uri);
        return _signUri(_key(i), o);
    }

    function _signUri(uint256 key, IRelays.RelayedOpening memory o)
        internal
        view
        returns (IRelays.RelayedOpening memory)
    {
        (o.r, o.vs) = _compact(key, coordinator.hashLocation(task, round, o.participant, o.uri));
        return o;
    }

    function _openings(uint256 n) internal view returns (IRelays.RelayedOpening[] memory batch) {
        batch = new IRelays.RelayedOpening[](n);
        for (uint256 i; i < n; ++i) {
            batch[i] = _openingOf(i);
        }
    }

    function _relay(IRelays.SignedCommit[] memory batch) internal {
        vm.prank(stranger);
        coordinator.commitMany(task, round, batch);
    }

    function _relay(IRelays.RelayedOpening[] memory batch) internal {
        vm.prank(stranger);
        coordinator.revealMany(task, round, batch);
    }

    /// The entry alone is skipped for this reason; then again between two good ones, which take effect.
    function _skipped(IRelays.SignedCommit memory bad, IRelays.Skip reason) internal {
        IRelays.SignedCommit[] memory batch = new IRelays.SignedCommit[](3);
        (batch[0], batch[1], batch[2]) = (_commitOf(1), bad, _commitOf(2));
        uint256 before = coordinator.roundOf(task).committed;
        vm.recordLogs();
        _relay(batch);
        _assertSkipped(SKIPPED_COMMIT, bad.participant, reason);
        vm.assertTrue(coordinator.hasCommitted(task, round, 1), "the one before");
        vm.assertTrue(coordinator.hasCommitted(task, round, 2), "the one after");
        vm.assertEq(coordinator.roundOf(task).committed, before + 2, "and no other");
    }

    function _skipped(IRelays.RelayedOpening memory bad, IRelays.Skip reason) internal {
        IRelays.RelayedOpening[] memory batch = new IRelays.RelayedOpening[](3);
        (batch[0], batch[1], batch[2]) = (_openingOf(1), bad, _openingOf(2));
        uint256 before = coordinator.roundOf(task).revealed;
        vm.recordLogs();
        _relay(batch);
        _assertSkipped(SKIPPED_REVEAL, bad.participant, reason);
        vm.assertTrue(coordinator.hasRevealed(task, round, 1), "the one before");
        vm.assertTrue(coordinator.hasRevealed(task, round, 2), "the one after");
        vm.assertEq(coordinator.roundOf(task).revealed, before + 2, "and no other");
    }

    /// Exactly one entry was skipped since the logs began.
    function _assertSkipped(bytes32 topic, address participant, IRelays.Skip reason) internal {
        uint256 found;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != topic) continue;
            ++found;
            vm.assertEq(address(uint160(uint256(logs[i].topics[3]))), participant, "who");
            vm.assertEq(abi.decode(logs[i].data, (uint256)), uint256(reason), "why");
        }
        vm.assertEq(found, 1, "skipped");
    }
}
