// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RoundBase} from "./RoundBase.sol";
import {vm} from "./Base.sol";

/// Masked rounds: four silos, two shares open a secret, three must share, commit and reveal.
abstract contract MaskedBase is RoundBase {
    uint32 internal constant SHARE = 60;
    uint32 internal constant UNMASK = 70;
    uint8 internal mode = 1;
    uint256 internal cost; // of a commit, where privacy loss is counted

    function _params() internal view virtual override returns (TaskParams memory p) {
        p = super._params();
        (p.mode, p.modes, p.disclosure, p.quorum) = (mode, 1, 0, 3);
        (p.shareWindow, p.unmaskWindow, p.threshold) = (SHARE, UNMASK, 2);
    }

    function _key(address silo) internal view virtual returns (bytes32) {
        return keccak256(abi.encode("masking key", silo, round));
    }

    function _root(address silo) internal view virtual returns (bytes32) {
        return keccak256(abi.encode("shares", silo, round));
    }

    function _deal(address silo) internal {
        bytes32 key = _key(silo);
        bytes32 root = _root(silo);
        vm.prank(silo);
        coordinator.dealShares(task, round, grants[silo], key, root, "s3://bucket/shares");
    }

    function _expectDealRefused(address silo, bytes memory reason) internal {
        bytes32 key = _key(silo);
        bytes32 root = _root(silo);
        vm.prank(silo);
        vm.expectRevert(reason);
        coordinator.dealShares(task, round, grants[silo], key, root, "");
    }

    function _show(address silo) internal {
        vm.prank(silo);
        coordinator.showShares(task, round, keccak256(abi.encode("shown", silo)), "s3://bucket/shown");
    }

    function _commitMasked(address silo) internal {
        bytes32 commitment = _digest(silo, _opening(silo));
        vm.prank(silo);
        coordinator.commitPrivate(task, round, commitment, grants[silo], _evidence(silo), cost);
    }

    function _expectCommitRefused(address silo, bytes memory reason) internal {
        bytes32 commitment = _digest(silo, _opening(silo));
        vm.prank(silo);
        vm.expectRevert(reason);
        coordinator.commitPrivate(task, round, commitment, grants[silo], _evidence(silo), 0);
    }

    function _opens() internal {
        vm.warp(coordinator.roundOf(task).opensAt);
    }

    function _ends() internal {
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
    }

    function _dealFirst(uint256 count) internal {
        for (uint256 i; i < count; ++i) {
            _deal(_silo(i));
        }
    }

    function _commitFirst(uint256 count) internal {
        _opens();
        for (uint256 i; i < count; ++i) {
            _commitMasked(_silo(i));
        }
    }

    function _revealFirst(uint256 count) internal {
        _opens();
        for (uint256 i; i < count; ++i) {
            _reveal(_silo(i));
        }
    }

    /// A round in which all four did everything up to Reveal.
    function _toUnmask() internal {
        _open();
        _dealFirst(4);
        _commitFirst(4);
        _revealFirst(4);
        _opens();
    }

    function _one(uint16 index) internal pure returns (uint16[] memory indices) {
        indices = new uint16[](1);
        indices[0] = index;
    }

    function _slash(uint16 index) internal {
        vm.prank(stranger);
        coordinator.slashUnmasked(task, round, _one(index));
    }

    function _bonded(uint256 i) internal view returns (bool) {
        return coordinator.enrolmentOf(task, _silo(i)).bonded;
    }

    function _withdraw(address silo) internal {
        vm.prank(holder);
        consent.withdraw(grants[silo]);
    }
}
