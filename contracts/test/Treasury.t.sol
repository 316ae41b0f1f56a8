// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Payments} from "../src/Payments.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {ITreasury} from "../src/interfaces/ITreasury.sol";
import {ReentrantReceiver} from "./Attackers.sol";
import {Base, bound, vm} from "./Base.sol";
import {SumTreeBuilder} from "./SumTreeBuilder.sol";

contract TreasuryTest is Base {
    uint32 internal constant TASK = 1;
    uint32 internal constant OTHER = 2;

    function setUp() public override {
        super.setUp();
        vm.startPrank(address(coordinator));
        treasury.openAccount(TASK, address(0), sponsor);
        treasury.openAccount(OTHER, address(0), sponsor);
        vm.stopPrank();
        _fund(TASK, 100);
        _fund(OTHER, 100);
    }

    function _post(address[] memory accounts, uint256[] memory amounts) internal {
        (bytes32 root, uint128 total) = SumTreeBuilder.root(accounts, amounts);
        uint256 reserve = total - treasury.accountOf(TASK).total;
        vm.startPrank(address(coordinator));
        treasury.reserve(TASK, reserve);
        treasury.post(TASK, root, total);
        vm.stopPrank();
    }

    function _two(uint256 a, uint256 b)
        internal
        view
        returns (address[] memory who, uint256[] memory amounts)
    {
        (who, amounts) = (new address[](2), new uint256[](2));
        (who[0], who[1], amounts[0], amounts[1]) = (_silo(0), _silo(1), a, b);
    }

    function _claim(address[] memory who, uint256[] memory amounts, uint256 i) internal {
        treasury.claim(TASK, who[i], amounts[i], SumTreeBuilder.proof(who, amounts, i));
    }

    function test_a_claim_pays_what_was_awarded_less_what_was_paid() public {
        (address[] memory who, uint256[] memory amounts) = _two(10, 5);
        _post(who, amounts);
        vm.prank(stranger); // anyone may call; the account is paid
        _claim(who, amounts, 0);
        vm.assertEq(who[0].balance, 10, "first");
        (, amounts) = _two(25, 9);
        _post(who, amounts);
        _claim(who, amounts, 0);
        _claim(who, amounts, 1);
        vm.assertEq(who[0].balance, 25, "both rounds");
        vm.assertEq(who[1].balance, 9, "one claim for two rounds");
    }

    function test_claim_twice_is_refused() public {
        (address[] memory who, uint256[] memory amounts) = _two(10, 5);
        _post(who, amounts);
        _claim(who, amounts, 0);
        vm.expectRevert(abi.encodeWithSelector(ITreasury.NothingToClaim.selector, TASK, who[0], 10, 10));
        this.claimFor(who, amounts, 0);
    }

    function claimFor(address[] memory who, uint256[] memory amounts, uint256 i) external {
        _claim(who, amounts, i);
    }

    function test_any_number_of_accounts_can_claim_all_of_the_total(uint256 n, uint256 seed) public {
        n = bound(n, 1, 9);
        address[] memory who = new address[](n);
        uint256[] memory amounts = new uint256[](n);
        uint256 total;
        for (uint256 i; i < n; ++i) {
            who[i] = _silo(i);
            amounts[i] = bound(uint256(keccak256(abi.encode(seed, i))), 1, 11);
            total += amounts[i];
        }
        _post(who, amounts);
        for (uint256 i; i < n; ++i) {
            _claim(who, amounts, i);
        }
        ITreasury.Account memory a = treasury.accountOf(TASK);
        vm.assertEq(a.claimed, total, "all of it");
        vm.assertEq(address(treasury).balance, 200 - total, "to the wei");
    }

    function test_a_claim_of_more_than_awarded_or_by_somebody_else_is_refused(uint256 amount, address account)
        public
    {
        (address[] memory who, uint256[] memory amounts) = _two(10, 5);
        _post(who, amounts);
        ITreasury.SumNode[] memory proof = SumTreeBuilder.proof(who, amounts, 0);
        amount = bound(amount, 0, type(uint128).max);
        vm.assume(amount != 10 || account != who[0]);
        vm.expectRevert(abi.encodeWithSelector(ITreasury.BadProof.selector, TASK, account, amount));
        treasury.claim(TASK, account, amount, proof);
    }

    function test_a_proof_with_forged_sums_is_refused() public {
        (address[] memory who, uint256[] memory amounts) = _two(10, 5);
        _post(who, amounts);
        ITreasury.SumNode[] memory proof = SumTreeBuilder.proof(who, amounts, 0);
        proof[0].sum += 1;
        vm.expectPartialRevert(ITreasury.BadProof.selector);
        treasury.claim(TASK, who[0], 10, proof);
    }

    function test_a_tree_that_awards_more_than_its_posted_total_pays_nobody() public {
        (address[] memory who, uint256[] memory amounts) = _two(10, 5);
        (bytes32 root,) = SumTreeBuilder.root(who, amounts);
        vm.startPrank(address(coordinator));
        treasury.reserve(TASK, 10);
        treasury.post(TASK, root, 10); // the tree's sum is 15
        vm.stopPrank();
        vm.expectPartialRevert(ITreasury.BadProof.selector);
        this.claimFor(who, amounts, 0);
    }

    function test_a_root_that_takes_from_others_cannot_touch_another_tasks_money() public {
        (address[] memory who, uint256[] memory amounts) = _two(60, 0);
        _post(who, amounts);
        _claim(who, amounts, 0);
        (, amounts) = _two(0, 70); // the first account's award moved to the second
        _post(who, amounts);
        vm.expectRevert(abi.encodeWithSelector(ITreasury.ClaimExceedsTotal.selector, TASK, 70, 10));
        this.claimFor(who, amounts, 1);
        vm.assertEq(treasury.accountOf(OTHER).escrow, 100, "untouched");
    }

    function test_a_receiver_that_calls_back_is_paid_once() public {
        ReentrantReceiver thief = new ReentrantReceiver();
        (address[] memory who, uint256[] memory amounts) = _two(10, 5);
        who[0] = address(thief);
        _post(who, amounts);
        ITreasury.SumNode[] memory proof = SumTreeBuilder.proof(who, amounts, 0);
        thief.aim(address(treasury), abi.encodeCall(treasury.claim, (TASK, address(thief), 10, proof)));
        _claim(who, amounts, 0);
        vm.assertTrue(thief.reentered() && !thief.succeeded(), "tried, refused");
        vm.assertEq(address(thief).balance, 10, "once");
    }

    function test_a_receiver_that_refuses_harms_only_itself() public {
        (address[] memory who, uint256[] memory amounts) = _two(10, 5);
        who[0] = address(manager); // has no receive function
        _post(who, amounts);
        vm.expectRevert(abi.encodeWithSelector(Payments.PaymentRefused.selector, who[0], 10));
        this.claimFor(who, amounts, 0);
        _claim(who, amounts, 1);
        vm.assertEq(who[1].balance, 5, "the other is paid");
    }

    function test_post_keeps_the_total_between_old_and_old_plus_reserved(uint256 total) public {
        vm.startPrank(address(coordinator));
        treasury.reserve(TASK, 40);
        treasury.post(TASK, keccak256("r"), 30);
        treasury.reserve(TASK, 40);
        bool fits = total >= 30 && total <= 70;
        if (!fits) {
            vm.expectRevert(abi.encodeWithSelector(ITreasury.RewardOutOfRange.selector, TASK, total, 30, 70));
        }
        treasury.post(TASK, keccak256("s"), total);
        vm.stopPrank();
        if (fits) vm.assertEq(treasury.accountOf(TASK).escrow, 100 - total, "the rest returns");
    }

    function test_reserve_more_than_the_escrow_is_refused() public {
        vm.prank(address(coordinator));
        vm.expectRevert(abi.encodeWithSelector(ITreasury.InsufficientEscrow.selector, TASK, 100, 101));
        treasury.reserve(TASK, 101);
    }

    function test_the_sponsor_takes_back_only_what_no_round_holds() public {
        vm.prank(address(coordinator));
        treasury.reserve(TASK, 60);
        vm.startPrank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(ITreasury.InsufficientEscrow.selector, TASK, 40, 41));
        treasury.refundEscrow(TASK, 41);
        treasury.refundEscrow(TASK, 40);
        vm.stopPrank();
        vm.assertEq(sponsor.balance, 40, "refunded");
        vm.expectRevert(abi.encodeWithSelector(ITreasury.OnlySponsor.selector, address(this), sponsor));
        treasury.refundEscrow(TASK, 0);
    }

    function test_accounts_are_the_coordinators_alone() public {
        bytes memory refused = abi.encodeWithSelector(ITreasury.OnlyCoordinator.selector, address(this));
        vm.expectRevert(refused);
        treasury.openAccount(3, address(0), sponsor);
        vm.expectRevert(refused);
        treasury.reserve(TASK, 0);
        vm.expectRevert(refused);
        treasury.release(TASK);
        vm.expectRevert(refused);
        treasury.post(TASK, 0, 0);
        vm.prank(address(coordinator));
        vm.expectRevert(abi.encodeWithSelector(ITreasury.AccountExists.selector, TASK));
        treasury.openAccount(TASK, address(0), sponsor);
    }

    function test_only_the_registry_credits_slashed_stake_and_only_governance_takes_it_out() public {
        vm.expectRevert(abi.encodeWithSelector(ITreasury.OnlyRegistry.selector, address(this)));
        treasury.creditSlash(address(0), 0);
        vm.deal(address(registry), 7);
        vm.prank(address(registry));
        treasury.creditSlash{value: 7}(address(0), 7);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger));
        treasury.withdrawSlashed(address(0), stranger, 7);
        vm.expectRevert(abi.encodeWithSelector(ITreasury.InsufficientSlashed.selector, address(0), 7, 8));
        treasury.withdrawSlashed(address(0), stranger, 8); // escrow is not slashed stake
        treasury.withdrawSlashed(address(0), stranger, 7);
        vm.assertEq(stranger.balance, 7, "paid");
    }

    function test_money_for_an_unknown_task_or_of_another_amount_is_refused() public {
        vm.deal(address(this), 10);
        vm.expectRevert(abi.encodeWithSelector(ITreasury.UnknownTask.selector, 9));
        treasury.fund{value: 1}(9, 1);
        vm.expectRevert(abi.encodeWithSelector(Payments.WrongValue.selector, 1, 2));
        treasury.fund{value: 1}(TASK, 2);
    }

    // --- what each call leaves behind

    function _accountIs(uint256 escrow, uint256 reserved, uint256 floors) internal view {
        ITreasury.Account memory a = treasury.accountOf(TASK);
        vm.assertEq(a.escrow, escrow, "escrow");
        vm.assertEq(a.reserved, reserved, "reserved");
        vm.assertEq(a.floors, floors, "floors");
    }

    function test_floors_are_the_coordinators_alone() public {
        bytes memory only = abi.encodeWithSelector(ITreasury.OnlyCoordinator.selector, address(this));
        vm.expectRevert(only);
        treasury.setAside(TASK, 1);
        vm.expectRevert(only);
        treasury.payFloor(TASK, _silo(0), 0);
    }

    function test_what_is_set_aside_pays_floors_and_the_rest_returns_with_the_next_round() public {
        vm.startPrank(address(coordinator));
        treasury.reserve(TASK, 60);
        treasury.setAside(TASK, 40);
        _accountIs(60, 0, 40);
        treasury.payFloor(TASK, _silo(0), 15);
        _accountIs(60, 0, 25);
        vm.assertEq(_silo(0).balance, 15, "paid");
        treasury.reserve(TASK, 10);
        _accountIs(75, 10, 0);
    }

    function test_no_more_is_set_aside_than_was_reserved() public {
        vm.startPrank(address(coordinator));
        treasury.reserve(TASK, 30);
        treasury.setAside(TASK, 50);
        _accountIs(70, 0, 30);
    }

    function test_a_reserve_may_take_the_whole_escrow_and_is_released_once() public {
        vm.startPrank(address(coordinator));
        treasury.reserve(TASK, 100);
        _accountIs(0, 100, 0);
        treasury.release(TASK);
        treasury.release(TASK);
        _accountIs(100, 0, 0);
    }

    function test_a_round_may_award_nothing() public {
        vm.startPrank(address(coordinator));
        treasury.reserve(TASK, 10);
        treasury.post(TASK, keccak256("root"), 0);
        _accountIs(100, 0, 0);
    }

    function test_what_the_sponsor_took_back_is_gone() public {
        vm.startPrank(sponsor);
        treasury.refundEscrow(TASK, 60);
        vm.expectRevert(abi.encodeWithSelector(ITreasury.InsufficientEscrow.selector, TASK, 40, 41));
        treasury.refundEscrow(TASK, 41);
    }

    function test_slashed_stake_leaves_once() public {
        vm.deal(address(registry), 10);
        vm.prank(address(registry));
        treasury.creditSlash{value: 10}(address(0), 10);
        treasury.withdrawSlashed(address(0), stranger, 6);
        vm.expectRevert(abi.encodeWithSelector(ITreasury.InsufficientSlashed.selector, address(0), 4, 5));
        treasury.withdrawSlashed(address(0), stranger, 5);
    }
}
