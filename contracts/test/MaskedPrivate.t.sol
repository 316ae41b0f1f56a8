// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBudgets} from "../src/interfaces/IBudgets.sol";
import {IConsentLedger, vm} from "./Base.sol";
import {MaskedBase} from "./MaskedBase.sol";

/// A masked task that counts privacy loss: grants with a budget may deal, and the commit asks and spends.
contract MaskedPrivateTest is MaskedBase {
    uint256 internal constant COST = (6 << 32) | 4; // two lanes

    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        p.privacyFloor = COST;
    }

    function test_a_grant_with_a_budget_deals_and_its_commit_spends() public {
        address silo = _silo(0);
        IConsentLedger.Grant memory g = _grantFor(silo, 9001);
        g.budget = type(uint256).max;
        grants[silo] = _bringGrant(g);
        _open();
        _dealFirst(4);
        _opens();
        _expectCommitRefused(silo, abi.encodeWithSelector(IBudgets.CostBelowFloor.selector, 0, COST));
        bytes32 commitment = _digest(silo, _opening(silo));
        vm.prank(silo);
        coordinator.commitPrivate(task, round, commitment, grants[silo], _evidence(silo), COST);
        vm.assertTrue(coordinator.hasCommitted(task, round, 0), "committed");
    }

    function test_who_deals_without_consent_cannot_commit() public {
        address silo = _silo(0);
        _withdraw(silo);
        _open();
        _dealFirst(4);
        _opens();
        bytes32 commitment = _digest(silo, _opening(silo));
        vm.prank(silo);
        vm.expectPartialRevert(IConsentLedger.GrantWithdrawn.selector);
        coordinator.commitPrivate(task, round, commitment, grants[silo], _evidence(silo), COST);
    }
}
