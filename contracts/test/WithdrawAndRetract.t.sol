// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentLedger} from "../src/interfaces/IConsentLedger.sol";
import {RetractBase} from "./RetractBase.sol";
import {vm} from "./RoundBase.sol";

/// A holder takes a grant back and the running commits under it out, in one transaction.
contract WithdrawAndRetractTest is RetractBase {
    function setUp() public override {
        super.setUp();
        _open();
        _some(0, 3);
    }

    function _running(uint32 round_) internal view returns (IConsentLedger.Running[] memory list) {
        list = new IConsentLedger.Running[](1);
        list[0] = IConsentLedger.Running(
            address(coordinator), task, round_, _commitmentOf(alice), _evidence(alice)
        );
    }

    function _withdrawalOf(uint256 key, uint40 deadline) internal view returns (bytes memory) {
        return _signature(key, consent.hashWithdrawal(grants[alice], deadline));
    }

    function test_withdrawAndRetract_leaves_no_gap() public {
        IConsentLedger.Running[] memory list = _running(1);
        vm.expectEmit(address(coordinator));
        emit UpdateRetracted(task, 1, alice, 0, grants[alice], 4);
        vm.prank(holder);
        consent.withdrawAndRetract(grants[alice], list);
        vm.assertTrue(consent.isWithdrawn(grants[alice], alice), "withdrawn");
        vm.assertEq(coordinator.roundOf(task).late, 1, "retracted");
    }

    function test_withdrawAndRetract_of_a_commit_that_stays_in_withdraws_all_the_same() public {
        IConsentLedger.Running[] memory list = _running(7);
        vm.expectEmit(address(consent));
        emit IConsentLedger.NotRetracted(grants[alice], address(coordinator), task, 7);
        vm.prank(holder);
        consent.withdrawAndRetract(grants[alice], list);
        vm.assertTrue(consent.isWithdrawn(grants[alice], alice), "withdrawn");
        vm.assertEq(coordinator.roundOf(task).late, 0, "not retracted");
        _retract(alice); // by anybody, afterwards
    }

    function test_withdrawAndRetract_says_so_where_no_coordinator_is() public {
        IConsentLedger.Running[] memory list = _running(1);
        list[0].coordinator = stranger;
        vm.expectEmit(address(consent));
        emit IConsentLedger.NotRetracted(grants[alice], stranger, task, 1);
        vm.prank(holder);
        consent.withdrawAndRetract(grants[alice], list);
    }

    function test_withdrawAndRetract_is_the_holders() public {
        IConsentLedger.Running[] memory list = _running(1);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IConsentLedger.NotHolder.selector, alice, holder));
        consent.withdrawAndRetract(grants[alice], list);
    }

    function test_withdrawAndRetract_of_a_withdrawn_grant_is_refused() public {
        IConsentLedger.Running[] memory list = _running(1);
        _withdraw(alice);
        vm.prank(holder);
        vm.expectPartialRevert(IConsentLedger.GrantWithdrawn.selector);
        consent.withdrawAndRetract(grants[alice], list);
    }

    function test_withdrawAndRetractBySig_may_be_brought_by_anybody() public {
        IConsentLedger.Running[] memory list = _running(1);
        uint40 deadline = uint40(block.timestamp);
        bytes memory signature = _withdrawalOf(HOLDER_KEY, deadline);
        vm.prank(stranger);
        consent.withdrawAndRetractBySig(grants[alice], deadline, signature, list);
        vm.assertTrue(consent.isWithdrawn(grants[alice], alice), "withdrawn");
        vm.assertEq(coordinator.roundOf(task).late, 1, "retracted");
        vm.expectPartialRevert(IConsentLedger.GrantWithdrawn.selector);
        consent.withdrawAndRetractBySig(grants[alice], deadline, signature, list);
    }

    function test_withdrawAndRetractBySig_needs_the_holders_signature_in_time() public {
        IConsentLedger.Running[] memory list = _running(1);
        uint40 deadline = uint40(block.timestamp);
        bytes memory forged = _withdrawalOf(77, deadline);
        vm.expectPartialRevert(IConsentLedger.BadSignature.selector);
        consent.withdrawAndRetractBySig(grants[alice], deadline, forged, list);
        bytes memory signature = _withdrawalOf(HOLDER_KEY, deadline);
        vm.warp(uint256(deadline) + 1);
        vm.expectPartialRevert(IConsentLedger.SignatureExpired.selector);
        consent.withdrawAndRetractBySig(grants[alice], deadline, signature, list);
    }

    function test_isWithdrawn_asks_for_the_silo_of_the_grant() public {
        _withdraw(alice);
        vm.assertFalse(consent.isWithdrawn(grants[alice], _silo(1)), "another silo");
        vm.assertFalse(consent.isWithdrawn(grants[_silo(1)], _silo(1)), "stands");
    }
}
