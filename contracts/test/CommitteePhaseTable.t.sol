// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CommitteeRound, vm} from "./CommitteeRound.sol";
import {PhaseTableTest} from "./PhaseTable.t.sol";
import {RoundBase} from "./RoundBase.sol";

/// The same table for a task with a committee, its votes included.
contract CommitteePhaseTableTest is CommitteeRound, PhaseTableTest {
    function setUp() public override(CommitteeRound, RoundBase) {
        CommitteeRound.setUp();
    }

    function _params() internal view override(CommitteeRound, RoundBase) returns (TaskParams memory) {
        return CommitteeRound._params();
    }

    function _opened() internal override {
        _draw();
    }

    function _vote(Phase until) internal override {
        if (until == Phase.Vote) return;
        for (uint8 k; k < SIZE; ++k) {
            _cast(k, _vote(k, true, 10));
        }
        if (until == Phase.VoteReveal) return;
        vm.warp(coordinator.roundOf(task).opensAt);
        for (uint8 k; k < SIZE; ++k) {
            _show(k, _vote(k, true, 10));
        }
    }

    function _allPhases() internal pure override returns (Phase[] memory phases) {
        Phase[] memory others = super._allPhases();
        phases = new Phase[](others.length + 2);
        for (uint256 i; i < others.length; ++i) {
            phases[i] = others[i];
        }
        (phases[others.length], phases[others.length + 1]) = (Phase.Vote, Phase.VoteReveal);
    }

    function _check(Phase actual) internal override {
        super._check(actual);
        bytes memory refused = actual == Phase.None
            ? abi.encodeWithSelector(WrongBallot.selector, task, 0, 0)
            : abi.encodeWithSelector(WrongVotePhase.selector, task, round, actual);
        if (actual != Phase.Vote) {
            vm.prank(_validator(0));
            vm.expectRevert(refused);
            committee.castVote(task, round, 0, keccak256("c"));
        }
        if (actual == Phase.VoteReveal) return;
        Vote memory v = _vote(0, true, 10);
        vm.expectRevert(refused);
        committee.revealVote(task, round, 0, v, "");
    }
}
