// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBudgets} from "../src/interfaces/IBudgets.sol";
import {IMasking} from "../src/interfaces/IMasking.sol";
import {IConsentLedger, vm} from "./Base.sol";
import {MaskedBase} from "./MaskedBase.sol";

/// The way of a masked round, and who may do what in it.
contract MaskedTest is MaskedBase {
    // --- the way of a round

    function test_round_goes_through_share_and_unmask_with_a_gap_after_each() public {
        _open();
        _assertPhase(Phase.Share);
        vm.assertEq(coordinator.roundOf(task).deadline, block.timestamp + SHARE, "share window");
        _dealFirst(4);
        _assertPhase(Phase.Commit);
        vm.assertEq(coordinator.roundOf(task).opensAt, block.timestamp + GAP, "gap after Share");
        _commitFirst(4);
        _assertPhase(Phase.Reveal);
        _revealFirst(4);
        _assertPhase(Phase.Unmask);
        vm.assertEq(coordinator.roundOf(task).opensAt, block.timestamp + GAP, "gap after Reveal");
        vm.assertEq(coordinator.roundOf(task).deadline, block.timestamp + GAP + UNMASK, "unmask window");
        _opens();
        for (uint256 i; i < 4; ++i) {
            _show(_silo(i));
        }
        _assertPhase(Phase.Aggregate);
        vm.assertEq(coordinator.roundOf(task).opensAt, block.timestamp + GAP, "gap after Unmask");
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        vm.assertEq(uint256(coordinator.roundOf(task).status), uint256(Status.SUCCESS), "status");
    }

    function test_counts_and_records_are_those_of_the_round() public {
        _toUnmask();
        _show(_silo(2));
        Masks memory m = coordinator.masksOf(task);
        vm.assertEq(m.round, 1, "round");
        vm.assertEq(m.shared, 4, "shared");
        vm.assertEq(m.unmasked, 1, "unmasked");
        (bool shared, bool unmasked) = coordinator.sharesOf(task, round, 2);
        vm.assertTrue(shared && unmasked, "the third");
        (shared, unmasked) = coordinator.sharesOf(task, round, 1);
        vm.assertTrue(shared && !unmasked, "the second");
        (bytes32 dealt, bytes32 shown) = coordinator.dealtAt(task, 2);
        address silo = _silo(2);
        vm.assertEq(dealt, keccak256(abi.encode(silo, grants[silo], _key(silo), _root(silo))), "dealt");
        vm.assertEq(shown, keccak256(abi.encode("shown", silo)), "shown");
    }

    function test_next_round_starts_with_no_shares() public {
        _toUnmask();
        for (uint256 i; i < 4; ++i) {
            _show(_silo(i));
        }
        Proposal memory p = _proposal();
        _opens();
        _propose(p);
        _settle(p);
        _open();
        vm.assertEq(coordinator.masksOf(task).shared, 0, "shared");
        vm.assertEq(coordinator.masksOf(task).round, 2, "round");
        _dealFirst(3);
        vm.assertEq(coordinator.masksOf(task).shared, 3, "three of this round");
        _ends();
        coordinator.tick(task);
        _assertPhase(Phase.Commit);
    }

    function test_three_of_four_go_on_at_each_deadline() public {
        _open();
        _dealFirst(3);
        _ends();
        coordinator.tick(task);
        _assertPhase(Phase.Commit);
        _commitFirst(3); // all who shared
        _assertPhase(Phase.Reveal);
        _revealFirst(3);
        _assertPhase(Phase.Unmask);
        _opens();
        for (uint256 i; i < 3; ++i) {
            _assertPhase(Phase.Unmask);
            _show(_silo(i));
        }
        _assertPhase(Phase.Aggregate);
        vm.assertEq(coordinator.roundOf(task).cohort, 4, "expected");
    }

    function test_too_few_shares_void_the_round_and_cost_nobody_a_bond() public {
        _open();
        _dealFirst(2);
        _ends();
        coordinator.tick(task);
        _assertPhase(Phase.Voided);
        vm.expectRevert(abi.encodeWithSelector(IMasking.NothingOwed.selector, task, round, Phase.Voided));
        coordinator.slashUnmasked(task, round, _one(0));
        _open(); // the next one may begin
        _assertPhase(Phase.Share);
    }

    function test_too_few_shown_shares_void_the_round_and_nobody_is_blamed() public {
        _toUnmask();
        _show(_silo(1));
        _show(_silo(0)); // more than half of four are needed, whatever the task's threshold
        _ends();
        coordinator.tick(task);
        _assertPhase(Phase.Voided);
        for (uint16 i; i < 4; ++i) {
            _slash(i);
            vm.assertTrue(_bonded(i), "what was dealt may not have been to be had");
        }
    }

    function test_a_masked_sum_is_of_all_who_revealed_but_whose_shares_are_malformed() public {
        _toUnmask();
        for (uint256 i; i < 4; ++i) {
            _show(_silo(i));
        }
        _opens();
        Proposal memory p = _proposal();
        (p.included, p.exclusions) = (3, hex"000302"); // the last for UNDECRYPTABLE
        vm.prank(aggregator);
        vm.expectRevert(abi.encodeWithSelector(BadExclusion.selector, task, round, 3, 2));
        coordinator.propose(task, round, p);
        (p.included, p.exclusions) = (2, hex"000204000304"); // two for MALFORMED: half of the cohort is left
        vm.prank(aggregator);
        vm.expectPartialRevert(TooFewLeft.selector);
        coordinator.propose(task, round, p);
        (p.included, p.exclusions) = (3, hex"000304");
        _propose(p);
    }

    function test_a_sum_that_cannot_be_opened_leaves_everybody_out_for_any_reason() public {
        _toUnmask();
        for (uint256 i; i < 4; ++i) {
            _show(_silo(i));
        }
        _opens();
        Proposal memory p = _proposal();
        (p.included, p.exclusions) = (0, hex"000007000102000207000307");
        _propose(p);
    }

    // --- who may deal

    function test_only_the_cohort_deals_once_with_a_live_grant_and_all_of_it() public {
        _open();
        vm.prank(aggregator); // registered, and not enrolled
        vm.expectRevert(abi.encodeWithSelector(NotInCohort.selector, task, round, aggregator));
        coordinator.dealShares(task, round, bytes32(0), bytes32(uint256(1)), bytes32(uint256(1)), "");
        address silo = _silo(0);
        vm.startPrank(silo);
        vm.expectRevert(abi.encodeWithSelector(IMasking.MissingShares.selector, task, round, silo));
        coordinator.dealShares(task, round, grants[silo], bytes32(0), bytes32(uint256(1)), "");
        vm.expectRevert(abi.encodeWithSelector(IMasking.MissingShares.selector, task, round, silo));
        coordinator.dealShares(task, round, grants[silo], bytes32(uint256(1)), bytes32(0), "");
        vm.stopPrank();
        _deal(silo);
        _expectDealRefused(silo, abi.encodeWithSelector(IMasking.AlreadyShared.selector, task, round, silo));
        _withdraw(_silo(1));
        vm.prank(_silo(1));
        vm.expectPartialRevert(IConsentLedger.GrantWithdrawn.selector);
        coordinator.dealShares(task, round, grants[_silo(1)], bytes32(uint256(1)), bytes32(uint256(1)), "");
    }

    function test_nobody_deals_after_share_or_in_a_pause() public {
        _open();
        coordinator.pause(uint40(block.timestamp + 10));
        bytes32 key = _key(_silo(0));
        vm.prank(_silo(0));
        vm.expectPartialRevert(WhilePaused.selector);
        coordinator.dealShares(task, round, grants[_silo(0)], key, key, "");
        vm.warp(block.timestamp + 11);
        _dealFirst(3);
        _ends();
        _expectDealRefused(
            _silo(3), abi.encodeWithSelector(WrongPhase.selector, task, round, Phase.Share, Phase.Commit)
        );
    }

    // --- who may commit

    function test_who_has_not_shared_cannot_commit() public {
        _open();
        _dealFirst(3);
        _ends();
        coordinator.tick(task);
        _expectCommitRefused(_silo(0), abi.encodeWithSelector(TooEarly.selector, coordinator.roundOf(task).opensAt, block.timestamp));
        _opens();
        _expectCommitRefused(_silo(3), abi.encodeWithSelector(IMasking.NotShared.selector, task, round, _silo(3)));
    }

    function test_no_other_way_to_commit_finds_a_grant() public {
        _open();
        _dealFirst(4);
        _opens();
        address silo = _silo(0);
        bytes32 commitment = _digest(silo, _opening(silo));
        vm.prank(silo);
        vm.expectPartialRevert(IConsentLedger.PurposeNotCovered.selector);
        coordinator.commit(task, round, commitment, grants[silo], _evidence(silo));
    }

    function test_commit_names_no_cost_where_none_is_counted() public {
        _open();
        _dealFirst(4);
        _opens();
        address silo = _silo(0);
        bytes32 commitment = _digest(silo, _opening(silo));
        vm.prank(silo);
        vm.expectRevert(abi.encodeWithSelector(IBudgets.CostBelowFloor.selector, 7, 0));
        coordinator.commitPrivate(task, round, commitment, grants[silo], _evidence(silo), 7);
    }

    function test_task_and_its_purposes_read_as_they_were_created() public view {
        TaskState memory state = coordinator.taskOf(task);
        vm.assertEq(state.params.purposes, PURPOSE, "purposes");
        vm.assertEq(state.params.threshold, 2, "threshold");
    }

    // --- who may show shares

    function test_only_a_survivor_shows_shares_once_in_its_time() public {
        _open();
        _dealFirst(4);
        _commitFirst(4);
        _revealFirst(3);
        vm.prank(_silo(0));
        vm.expectRevert(abi.encodeWithSelector(WrongPhase.selector, task, round, Phase.Unmask, Phase.Reveal));
        coordinator.showShares(task, round, bytes32(uint256(1)), "");
        _ends();
        coordinator.tick(task);
        vm.prank(_silo(0));
        vm.expectPartialRevert(TooEarly.selector);
        coordinator.showShares(task, round, bytes32(uint256(1)), "");
        _opens();
        vm.prank(_silo(3));
        vm.expectRevert(abi.encodeWithSelector(IMasking.NotShared.selector, task, round, _silo(3)));
        coordinator.showShares(task, round, bytes32(uint256(1)), "");
        vm.prank(aggregator); // not enrolled: its index reads as that of the first silo
        vm.expectRevert(abi.encodeWithSelector(IMasking.NotShared.selector, task, round, aggregator));
        coordinator.showShares(task, round, bytes32(uint256(1)), "");
        vm.prank(_silo(0));
        vm.expectRevert(abi.encodeWithSelector(IMasking.MissingShares.selector, task, round, _silo(0)));
        coordinator.showShares(task, round, bytes32(0), "");
        _show(_silo(0));
        vm.prank(_silo(0));
        vm.expectRevert(abi.encodeWithSelector(IMasking.AlreadyShared.selector, task, round, _silo(0)));
        coordinator.showShares(task, round, bytes32(uint256(1)), "");
    }
}
