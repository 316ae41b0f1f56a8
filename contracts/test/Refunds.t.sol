// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBudgets} from "../src/interfaces/IBudgets.sol";
import {BudgetBase} from "./BudgetBase.sol";
import {vm} from "./Vm.sol";

/// What a commit cost comes back only where nobody could read the update.
contract RefundsTest is BudgetBase {
    address internal alice;

    function setUp() public override {
        super.setUp();
        alice = _silo(0);
        _open();
    }

    function _notYet(uint32 round_, bytes32 grantId, address silo) internal {
        vm.expectRevert(abi.encodeWithSelector(IBudgets.NothingToRefund.selector, task, round_, grantId));
        consent.refund(task, round_, grantId, silo);
    }

    function _end() internal {
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.tick(task);
    }

    function test_a_round_voided_in_commit_gives_everything_back() public {
        _spend(task, alice, grants[alice], COST); // quorum is 2
        _notYet(1, grants[alice], alice);
        _end();
        vm.assertTrue(coordinator.isUnread(task, 1), "voided in Commit");
        vm.expectEmit(address(consent));
        emit IBudgets.PrivacyRefunded(task, 1, alice, grants[alice], COST);
        vm.prank(stranger);
        consent.refund(task, 1, grants[alice], alice);
        vm.assertEq(consent.spentUnder(grants[alice], alice), 0, "grant");
        (, uint256 spent) = consent.ownBudget(alice);
        vm.assertEq(spent, 0, "silo");
        _notYet(1, grants[alice], alice);
    }

    function test_it_comes_back_rounds_later_and_only_its_own() public {
        _spend(task, alice, grants[alice], COST);
        _end();
        _open();
        _spend(task, alice, grants[alice], FLOOR);
        _spend(task, _silo(1), grants[_silo(1)], FLOOR);
        _notYet(2, grants[alice], alice);
        _notYet(1, grants[_silo(1)], _silo(1));
        _notYet(1, grants[_silo(1)], alice);
        consent.refund(task, 1, grants[alice], alice);
        vm.assertEq(consent.spentUnder(grants[alice], alice), FLOOR, "of the second round");
    }

    function test_once_reveal_began_nothing_comes_back() public {
        _spend(task, alice, grants[alice], COST);
        _spend(task, _silo(1), grants[_silo(1)], COST);
        _end(); // Reveal
        _notYet(1, grants[alice], alice);
        _end(); // nobody opened: voided
        vm.assertTrue(coordinator.roundOf(task).phase == Phase.Voided, "voided");
        vm.assertTrue(!coordinator.isUnread(task, 1), "it had a Reveal");
        _notYet(1, grants[alice], alice);
    }

    function test_rounds_far_apart_do_not_share_a_mark() public {
        _spend(task, alice, grants[alice], COST);
        _end();
        vm.assertTrue(!coordinator.isUnread(task, 257), "round 257 shares the bit's place, not its word");
        vm.assertTrue(!coordinator.isUnread(task, 2), "next");
        vm.assertTrue(!coordinator.isUnread(task + 1, 1), "another task");
    }
}
