// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RolledActions} from "./RolledActions.sol";
import {bound, vm} from "./RoundBase.sol";

/// What follows from proofs, done at any time: a proposal falls, a participant is struck, a window is held open.
abstract contract Judgements is RolledActions {
    uint256 public overturns;
    uint256 public floors;

    /// With a withdrawn grant a commit is taken out, and nobody loses anything; with one that stands, never.
    function retract(uint256 i, bool atOnce) external watched {
        address silo = _silo(i % ACTORS);
        bytes32 digest = _digest(silo, _opening(silo));
        if (atOnce) _withdrawConsent(silo);
        coordinator.tick(task); // a vanished aggregator's bond is another matter
        uint256 before = _taken();
        vm.prank(stranger);
        try coordinator.retract(task, round, silo, digest, _evidence(silo), grants[silo]) {
            _noteRetracted(silo);
        } catch {}
        if (_taken() != before) unjust = true;
    }

    function overturn() external watched bounded {
        uint256 before = _taken();
        vm.prank(address(disputes));
        try coordinator.overturn(task, round, stranger, keccak256("evidence")) {
            ++overturns;
            if (_taken() - before != DUTY_BOND) unjust = true;
        } catch {
            if (_taken() != before) unjust = true;
        }
    }

    function strike(uint256 i) external watched bounded {
        uint256 before = _taken();
        bool bonded = coordinator.enrolmentOf(task, _silo(i % ACTORS)).bonded;
        vm.prank(address(disputes));
        try coordinator.strike(task, round, _silo(i % ACTORS), stranger, keccak256("evidence"), "any") {
            if (!bonded || _taken() - before != BOND) unjust = true;
        } catch {
            if (_taken() != before) unjust = true;
        }
    }

    function hold(uint256 seconds_) external watched {
        RoundState memory r = coordinator.roundOf(task);
        vm.prank(address(disputes));
        try coordinator.hold(task, round, r.opensAt + uint40(bound(seconds_, 1, 4 * CHALLENGE))) {} catch {}
    }

    function floor(uint256 i) external watched {
        try coordinator.claimFloor(task, round, uint16(i % ACTORS)) {
            ++floors;
        } catch {}
    }

    function collect() external watched {
        try registry.collectBounty(stranger) {} catch {}
    }
}
