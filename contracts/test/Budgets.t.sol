// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBudgets} from "../src/interfaces/IBudgets.sol";
import {IConsentLedger} from "../src/interfaces/IConsentLedger.sol";
import {BudgetBase} from "./BudgetBase.sol";
import {vm} from "./Vm.sol";

contract BudgetsTest is BudgetBase {
    address internal alice;

    function setUp() public override {
        super.setUp();
        alice = _silo(0);
        _open();
    }

    // --- a commit spends

    function test_a_commit_spends_of_grant_and_silo() public {
        vm.expectEmit(address(consent));
        emit IBudgets.PrivacySpent(task, 1, alice, grants[alice], COST, COST);
        vm.expectEmit(address(coordinator));
        emit UpdateCommitted(
            task, 1, alice, 0, keccak256(abi.encode(task, alice)), grants[alice], keccak256("evidence")
        );
        _spend(task, alice, grants[alice], COST);
        vm.assertTrue(coordinator.hasCommitted(task, 1, 0), "committed");
        vm.assertEq(consent.spentUnder(grants[alice], alice), COST, "grant");
        vm.assertEq(consent.grantOf(grants[alice]).spent, COST, "shown");
        (uint256 limit, uint256 spent) = consent.ownBudget(alice);
        vm.assertEq(limit, 0, "no limit");
        vm.assertEq(spent, COST, "silo");
    }

    function test_a_private_commit_is_opened_as_any_other() public {
        for (uint256 i; i < SILOS; ++i) {
            address silo = _silo(i);
            bytes32 commitment = _digest(silo, _opening(silo));
            vm.prank(silo);
            coordinator.commitPrivate(task, round, commitment, grants[silo], _evidence(silo), COST);
        }
        vm.warp(coordinator.roundOf(task).opensAt);
        _revealAll();
        _propose(_proposal());
        _settle(_proposal());
    }

    function test_it_passes_what_every_commit_has_to_pass() public {
        bytes memory error = abi.encodeWithSelector(NotInCohort.selector, task, 1, stranger);
        _register(stranger);
        _refused(task, stranger, grants[alice], COST, error);
        error = abi.encodeWithSelector(
            IConsentLedger.GrantNotForSilo.selector, grants[_silo(1)], alice, _silo(1)
        );
        _refused(task, alice, grants[_silo(1)], COST, error);
        vm.prank(holder);
        consent.withdraw(grants[alice]);
        error = abi.encodeWithSelector(IConsentLedger.GrantWithdrawn.selector, grants[alice], block.timestamp);
        _refused(task, alice, grants[alice], COST, error);
        _spend(task, _silo(1), grants[_silo(1)], COST);
        error = abi.encodeWithSelector(AlreadyCommitted.selector, task, 1, _silo(1));
        _refused(task, _silo(1), grants[_silo(1)], COST, error);
    }

    function test_less_than_the_floor_in_any_lane_is_refused() public {
        uint256[3] memory costs = [uint256(0), 2 | (2 << 32), 1 | (9 << 32)];
        for (uint256 i; i < 3; ++i) {
            bytes memory error = abi.encodeWithSelector(IBudgets.CostBelowFloor.selector, costs[i], FLOOR);
            _refused(task, alice, grants[alice], costs[i], error);
        }
        _spend(task, alice, grants[alice], FLOOR);
    }

    function test_nobody_but_the_coordinator_spends() public {
        IBudgets.Charge memory c = IBudgets.Charge({
            grantId: grants[alice],
            silo: alice,
            purposes: PURPOSE,
            until: uint40(block.timestamp),
            task: task,
            round: 1,
            cost: COST,
            floor: FLOOR
        });
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IBudgets.OnlyCoordinator.selector, alice));
        consent.spend(c);
    }

    // --- limits

    function test_over_the_grants_budget_a_commit_reverts() public {
        bytes32 small = _budgeted(alice, 3 | (5 << 32), 9001);
        bytes memory error =
            abi.encodeWithSelector(IBudgets.BudgetExceeded.selector, small, COST, 3 | (5 << 32));
        _refused(task, alice, small, COST, error);
        bytes32 wide = _budgeted(alice, 3 | (6 << 32), 9002);
        _spend(task, alice, wide, COST); // within at the second order alone
    }

    function test_over_its_own_limit_a_silo_cannot_commit() public {
        vm.expectEmit(address(consent));
        emit IBudgets.OwnLimitSet(alice, 3);
        vm.prank(alice);
        consent.setOwnLimit(3);
        bytes memory error = abi.encodeWithSelector(IBudgets.OwnLimitExceeded.selector, alice, COST, 3);
        _refused(task, alice, grants[alice], COST, error);
        vm.prank(alice);
        consent.setOwnLimit(0);
        _spend(task, alice, grants[alice], COST);
    }

    function test_two_rounds_at_once_cannot_both_spend_the_rest() public {
        bytes32 shared = _budgeted(alice, 6, 9001);
        uint32 second = _secondTask();
        _spend(task, alice, shared, COST);
        bytes memory error = abi.encodeWithSelector(IBudgets.BudgetExceeded.selector, shared, 2 * COST, 6);
        _refused(second, alice, shared, COST, error);
        _spend(second, _silo(1), grants[_silo(1)], COST);
    }

    function test_the_silos_limit_holds_over_all_its_grants() public {
        bytes32 other = _budgeted(alice, 100, 9001);
        vm.prank(alice);
        consent.setOwnLimit(6);
        uint32 second = _secondTask();
        _spend(task, alice, grants[alice], COST);
        bytes memory error = abi.encodeWithSelector(IBudgets.OwnLimitExceeded.selector, alice, 2 * COST, 6);
        _refused(second, alice, other, COST, error);
    }

    function testFuzz_a_budget_is_never_overspent(uint64 seed) public {
        uint256 budget = 1 + (seed % 40);
        bytes32 grantId = _budgeted(alice, budget, 9001);
        uint32 second = _secondTask();
        uint32[2] memory both = [task, second];
        for (uint256 i; i < 2; ++i) {
            uint256 cost = FLOOR + ((seed >> (8 + 8 * i)) % 30);
            uint32 round_ = coordinator.roundOf(both[i]).round;
            vm.prank(alice);
            try coordinator.commitPrivate(both[i], round_, keccak256("c"), grantId, keccak256("e"), cost) {}
                catch {}
            vm.assertTrue(uint32(consent.spentUnder(grantId, alice)) <= budget, "overspent");
        }
    }

    // --- the other ways to commit

    function test_a_task_with_a_floor_has_no_other_way_to_commit() public {
        uint64 marked = PURPOSE | (1 << 63);
        bytes memory error = abi.encodeWithSelector(
            IConsentLedger.PurposeNotCovered.selector, grants[alice], PURPOSE | 8, marked
        );
        vm.prank(alice);
        vm.expectRevert(error);
        coordinator.commit(task, 1, keccak256("c"), grants[alice], keccak256("e"));
        vm.assertEq(coordinator.taskOf(task).params.purposes, PURPOSE, "the mark is not shown");
    }

    function test_no_grant_covers_the_mark() public {
        IConsentLedger.Grant memory g = _grantFor(alice, 9001);
        g.purposes = type(uint64).max;
        bytes memory signature = _signature(HOLDER_KEY, consent.hashGrant(g));
        vm.expectRevert(abi.encodeWithSelector(IConsentLedger.ReservedPurpose.selector, g.purposes));
        consent.grant(g, signature);
    }

    function test_a_task_with_a_floor_is_direct_alone() public {
        TaskParams memory p = _params();
        p.modes = 3;
        vm.expectRevert(abi.encodeWithSelector(InvalidTask.selector, "privacyFloor"));
        coordinator.createTask(p, "ipfs://spec");
        p.modes = 1;
        p.purposes |= 1 << 63;
        vm.expectRevert(abi.encodeWithSelector(InvalidTask.selector, "purposes"));
        coordinator.createTask(p, "ipfs://spec");
    }
}

/// A task whose commits count no privacy.
contract UncountedTest is BudgetBase {
    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        p.modes = 3;
        p.privacyFloor = 0;
    }

    function test_a_grant_with_a_budget_is_of_no_use_to_it() public {
        address alice = _silo(0);
        bytes32 grantId = _budgeted(alice, type(uint256).max, 9001);
        _open();
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IBudgets.OnlyWithPrivacy.selector, grantId));
        coordinator.commit(task, 1, keccak256("c"), grantId, keccak256("e"));
        (bytes32[] memory ids, address[] memory silos) = (new bytes32[](2), new address[](2));
        (ids[0], ids[1], silos[0], silos[1]) = (grantId, grants[alice], alice, alice);
        uint256[] memory live = consent.liveMany(ids, silos, PURPOSE, uint40(block.timestamp));
        vm.assertEq(live[0], 2, "only the one without a budget");
        vm.assertTrue(!consent.liveAt(grantId, alice, PURPOSE, block.timestamp), "in a roll");
        vm.assertTrue(consent.liveAt(grants[alice], alice, PURPOSE, block.timestamp), "without a budget");
        _refused(
            task, alice, grantId, COST, abi.encodeWithSelector(IBudgets.CostBelowFloor.selector, COST, 0)
        );
    }
}
