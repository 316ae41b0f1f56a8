// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRolls} from "../src/interfaces/IRolls.sol";
import {RoundBase, vm} from "./RoundBase.sol";

/// Every call that belongs to one phase, in every other phase: refused, and the round is where it was.
contract PhaseTableTest is RoundBase {
    Proposal internal last;

    function _enter(Phase phase) internal {
        if (phase == Phase.None) return;
        _open();
        _opened();
        if (phase == Phase.Commit) return;
        if (phase == Phase.Voided) {
            vm.warp(block.timestamp + COMMIT + 1);
            return coordinator.tick(task);
        }
        // the last silo does not
        for (uint256 i; i + 1 < SILOS; ++i) {
            _commit(_silo(i));
        }
        vm.warp(uint256(coordinator.roundOf(task).deadline) + GAP + 1);
        coordinator.tick(task);
        if (phase == Phase.Reveal) return;
        for (uint256 i; i + 1 < SILOS; ++i) {
            _reveal(_silo(i));
        }
        _vote(phase);
        if (phase < Phase.Challenge) return;
        last = _proposal();
        _propose(last);
        if (phase == Phase.Challenge) return;
        _settle(last);
    }

    /// What a task with a committee does beside.
    function _opened() internal virtual {}

    function _vote(Phase until) internal virtual {}

    function _wrong(Phase expected, Phase actual) internal view returns (bytes memory) {
        return abi.encodeWithSelector(WrongPhase.selector, task, round, expected, actual);
    }

    function _allPhases() internal pure virtual returns (Phase[] memory phases) {
        phases = new Phase[](7);
        (phases[0], phases[1], phases[2]) = (Phase.None, Phase.Commit, Phase.Reveal);
        (phases[3], phases[4]) = (Phase.Aggregate, Phase.Challenge);
        (phases[5], phases[6]) = (Phase.Settled, Phase.Voided);
    }

    function _check(Phase actual) internal virtual {
        _assertPhase(actual);
        address silo = _silo(SILOS - 1);
        bytes32 before = keccak256(abi.encode(coordinator.roundOf(task)));
        bytes memory noRound = abi.encodeWithSelector(WrongRound.selector, task, 0, 0);
        bool none = actual == Phase.None;
        if (actual != Phase.Commit) {
            vm.prank(silo);
            vm.expectRevert(none ? noRound : _wrong(Phase.Commit, actual));
            coordinator.commit(task, round, keccak256("c"), grants[silo], keccak256("e"));
        }
        if (actual != Phase.Reveal) {
            bool grace = coordinator.roundOf(task).revealDeadline != 0;
            Opening memory o = _opening(silo);
            vm.prank(silo);
            if (grace) vm.expectRevert(abi.encodeWithSelector(NothingToReveal.selector, task, round, silo));
            else vm.expectRevert(none ? noRound : _wrong(Phase.Reveal, actual));
            coordinator.reveal(task, round, o, "");
        }
        if (actual != Phase.Aggregate) {
            Proposal memory p = _proposal();
            vm.prank(aggregator);
            vm.expectRevert(none ? noRound : _wrong(Phase.Aggregate, actual));
            coordinator.propose(task, round, p);
        }
        if (actual != Phase.Challenge) {
            vm.expectRevert(none ? noRound : _wrong(Phase.Challenge, actual));
            coordinator.settle(task, round, last);
        }
        if (actual == Phase.Commit || actual == Phase.Voided) {
            vm.expectRevert(_wrong(Phase.Reveal, actual));
            coordinator.slashSilent(task, round, new uint16[](1));
        }
        _checkRolled(actual);
        bool running = !none && actual != Phase.Settled && actual != Phase.Voided;
        if (running) _checkRunning(actual);
        vm.assertEq(keccak256(abi.encode(coordinator.roundOf(task))), before, "unchanged");
    }

    /// The phase is asked for before poster and roll: no roll is needed to be refused for it.
    function _checkRolled(Phase actual) internal {
        bytes memory noRound = abi.encodeWithSelector(WrongRound.selector, task, 0, 0);
        bool none = actual == Phase.None;
        IRolls.Leaf memory leaf;
        if (actual != Phase.Commit) {
            vm.prank(stranger);
            vm.expectRevert(none ? noRound : _wrong(Phase.Commit, actual));
            coordinator.postCommits(task, round, keccak256("root"), 1, "");
        }
        if (actual != Phase.Reveal) {
            vm.prank(stranger);
            vm.expectRevert(none ? noRound : _wrong(Phase.Reveal, actual));
            coordinator.postOpenings(task, round, keccak256("root"), 1, "");
            vm.expectRevert(none ? noRound : _wrong(Phase.Reveal, actual));
            coordinator.lift(task, round, stranger, 0, leaf, new bytes32[](0));
        }
        if (actual <= Phase.Reveal) {
            vm.expectRevert(none ? noRound : _wrong(Phase.Aggregate, actual));
            coordinator.land(task, round, stranger, 0, leaf, leaf);
        }
        if (actual == Phase.Commit) {
            IRolls.Receipt memory receipt;
            uint256 middle = block.timestamp + COMMIT / 2; // the window has just opened
            vm.expectRevert(abi.encodeWithSelector(TooEarly.selector, middle + 1, block.timestamp));
            coordinator.challengeInclusion(task, round, stranger, receipt, 0, new IRolls.Leaf[](0));
        }
    }

    function _checkRunning(Phase actual) internal {
        bytes memory runs = abi.encodeWithSelector(RoundRunning.selector, task, round, actual);
        vm.startPrank(sponsor);
        vm.expectRevert(runs);
        coordinator.openRound(task);
        vm.expectRevert(runs);
        coordinator.appoint(task, stranger, address(0));
        vm.stopPrank();
        vm.prank(aggregator);
        vm.expectRevert(runs);
        coordinator.resignDuty(task);
        vm.expectRevert(abi.encodeWithSelector(BondHeld.selector, task, _silo(0), round));
        coordinator.releaseBond(task, _silo(0));
    }

    function test_every_call_in_every_wrong_phase_is_refused() public {
        Phase[] memory phases = _allPhases();
        for (uint256 i; i < phases.length; ++i) {
            round = 0;
            delete last;
            for (uint256 k; k < SILOS; ++k) {
                earned[_silo(k)] = 0;
            }
            setUp();
            _enter(phases[i]);
            _check(phases[i]);
        }
    }
}
