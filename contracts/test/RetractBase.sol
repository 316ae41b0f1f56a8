// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RelayBase} from "./RelayBase.sol";
import {vm} from "./RoundBase.sol";

/// Consent is taken back in a round, and a stranger brings it there.
abstract contract RetractBase is RelayBase {
    address internal alice;

    function setUp() public virtual override {
        super.setUp();
        alice = _silo(0);
    }

    function _withdraw(address silo) internal {
        vm.prank(holder);
        consent.withdraw(grants[silo]);
    }

    function _commitmentOf(address silo) internal view returns (bytes32) {
        return _digest(silo, _opening(silo));
    }

    function _retract(address silo) internal {
        bytes32 commitment = _commitmentOf(silo);
        vm.prank(stranger);
        coordinator.retract(task, round, silo, commitment, _evidence(silo), grants[silo]);
    }

    function _refused(address silo, bytes32 commitment, bytes32 evidence, bytes32 grantId, bytes memory why)
        internal
    {
        vm.prank(stranger);
        vm.expectRevert(why);
        coordinator.retract(task, round, silo, commitment, evidence, grantId);
    }

    function _refused(address silo, bytes memory why) internal {
        _refused(silo, _commitmentOf(silo), _evidence(silo), grants[silo], why);
    }

    function _nothing(address silo) internal view returns (bytes memory) {
        return abi.encodeWithSelector(NothingToRetract.selector, task, round, silo);
    }

    function _wrongPhase(Phase now_) internal view returns (bytes memory) {
        return abi.encodeWithSelector(WrongPhase.selector, task, round, Phase.Reveal, now_);
    }

    function _waiting(address silo, uint32 until) internal view returns (bytes memory) {
        return abi.encodeWithSelector(StillWaiting.selector, task, silo, until);
    }

    function _some(uint256 first, uint256 end) internal {
        for (uint256 i = first; i < end; ++i) {
            _commit(_silo(i));
        }
    }

    function _revealSome(uint256 first, uint256 end) internal {
        for (uint256 i = first; i < end; ++i) {
            _reveal(_silo(i));
        }
    }

    function _toReveal() internal {
        RoundState memory r = coordinator.roundOf(task);
        if (r.phase == Phase.Commit) vm.warp(uint256(r.deadline) + 1 + GAP);
        else vm.warp(r.opensAt);
    }

    /// A round in which nobody commits.
    function _voidRound() internal {
        _open();
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
    }

    function _phaseIs(Phase expected) internal view {
        vm.assertEq(uint256(coordinator.roundOf(task).phase), uint256(expected), "phase");
    }

    function commitAs(address silo) external {
        bytes32 commitment = _commitmentOf(silo);
        vm.prank(silo);
        coordinator.commit(task, round, commitment, grants[silo], _evidence(silo));
    }

    function revealAs(address silo) external {
        Opening memory o = _opening(silo);
        vm.prank(silo);
        coordinator.reveal(task, round, o, "s3://bucket/payload");
    }

    function _finish(uint16 included) internal {
        Proposal memory p = _proposal();
        vm.assertEq(p.included, included, "included");
        _propose(p);
        _settle(p);
    }

    function _bondIsFree(address silo) internal {
        vm.assertTrue(coordinator.enrolmentOf(task, silo).bonded, "not slashed");
        vm.assertEq(registry.participant(silo).stake, BOND, "whole");
        coordinator.releaseBond(task, silo);
        vm.assertEq(registry.participant(silo).locked, 0, "free");
    }
}
