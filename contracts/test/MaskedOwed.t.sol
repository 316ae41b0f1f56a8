// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMasking} from "../src/interfaces/IMasking.sol";
import {vm} from "./Base.sol";
import {MaskedBase} from "./MaskedBase.sol";

/// What dropping out of a masked round costs.
contract MaskedOwedTest is MaskedBase {
    // --- what it costs to drop out

    function test_who_shared_and_did_not_commit_loses_its_bond_once_commit_is_over() public {
        _open();
        _dealFirst(4);
        _commitFirst(3);
        _ends();
        coordinator.tick(task);
        vm.expectRevert(abi.encodeWithSelector(IMasking.NothingOwed.selector, task, round, Phase.Reveal));
        coordinator.slashUnmasked(task, round, _one(3));
        _revealFirst(3);
        for (uint16 i; i < 4; ++i) {
            _slash(i);
            vm.assertTrue(_bonded(i) == (i != 3), "bond");
        }
        vm.assertEq(registry.participant(_silo(3)).locked, 0, "stake");
        _slash(3); // a second time: nothing more
    }

    function test_who_leaves_at_once_is_slashed_all_the_same() public {
        _toUnmask();
        for (uint256 i; i < 3; ++i) {
            _show(_silo(i));
        }
        _ends();
        Proposal memory p = _proposal();
        coordinator.tick(task);
        _opens();
        _propose(p);
        _settle(p);
        vm.prank(_silo(3));
        coordinator.leave(task);
        vm.assertTrue(_bonded(3), "its bond is held");
        vm.expectRevert(abi.encodeWithSelector(BondHeld.selector, task, _silo(3), round));
        coordinator.releaseBond(task, _silo(3));
        _slash(3);
        vm.assertFalse(_bonded(3), "and taken");
    }

    function test_a_voided_round_holds_nobodys_bond() public {
        _toUnmask();
        _show(_silo(0));
        _ends();
        coordinator.tick(task);
        vm.prank(_silo(3));
        coordinator.leave(task);
        vm.assertFalse(_bonded(3), "released");
    }

    function _sixSilos() internal {
        _join(4);
        _join(5);
        _open();
        vm.assertEq(coordinator.roundOf(task).cohort, 6, "cohort");
    }

    function test_three_of_six_that_share_are_no_majority() public {
        _sixSilos();
        _dealFirst(3);
        _ends();
        coordinator.tick(task);
        _assertPhase(Phase.Voided);
    }

    function test_three_of_six_that_reveal_are_no_majority_and_nobody_owes_shares() public {
        _sixSilos();
        _dealFirst(6);
        _commitFirst(6);
        _revealFirst(3);
        _ends();
        coordinator.tick(task);
        _assertPhase(Phase.Voided);
        _slash(0);
        vm.assertTrue(_bonded(0), "bond");
    }

    function test_three_of_six_that_show_shares_are_no_majority() public {
        _sixSilos();
        _dealFirst(6);
        _commitFirst(6);
        _revealFirst(6);
        _opens();
        for (uint256 i; i < 3; ++i) {
            _show(_silo(i));
        }
        _ends();
        coordinator.tick(task);
        _assertPhase(Phase.Voided);
    }

    function test_who_dealt_is_not_absent() public {
        _open();
        _dealFirst(2);
        _ends();
        coordinator.tick(task);
        uint16[] memory all = new uint16[](4);
        for (uint16 i; i < 4; ++i) {
            all[i] = i;
        }
        coordinator.noteAbsent(task, round, all);
        vm.assertEq(coordinator.enrolmentOf(task, _silo(1)).misses, 0, "dealt");
        vm.assertEq(coordinator.enrolmentOf(task, _silo(2)).misses, 1, "did not");
    }

    function test_a_pause_in_share_asks_no_longer_grant_in_commit() public {
        _open();
        uint40 until = coordinator.consentUntil(task);
        _deal(_silo(0));
        coordinator.pause(uint40(block.timestamp + 30));
        vm.warp(block.timestamp + 31);
        for (uint256 i = 1; i < 4; ++i) {
            _deal(_silo(i));
        }
        vm.assertTrue(coordinator.consentUntil(task) <= until, "what a grant must outlast");
    }

    function test_nobody_loses_a_bond_where_too_few_could_commit() public {
        _open();
        _dealFirst(4);
        _commitFirst(2);
        _ends();
        coordinator.tick(task);
        _assertPhase(Phase.Voided);
        vm.expectRevert(abi.encodeWithSelector(IMasking.NothingOwed.selector, task, round, Phase.Voided));
        coordinator.slashUnmasked(task, round, _one(3));
    }

    function test_who_never_shared_owes_nothing() public {
        _open();
        _dealFirst(3);
        _ends();
        coordinator.tick(task);
        _commitFirst(3);
        _revealFirst(3);
        _slash(3);
        vm.assertTrue(_bonded(3), "bond");
    }

    function test_who_did_not_reveal_is_not_slashed_for_shares_too() public {
        _open();
        _dealFirst(4);
        _commitFirst(4);
        _revealFirst(3);
        _ends();
        coordinator.tick(task);
        _slash(3);
        vm.assertTrue(_bonded(3), "the grace of its opening runs");
    }

    function test_a_survivor_keeps_its_bond_as_long_as_it_can_show_its_shares() public {
        _toUnmask();
        for (uint256 i; i < 3; ++i) {
            _show(_silo(i));
        }
        _slash(3);
        vm.assertTrue(_bonded(3), "in Unmask");
        vm.prank(_silo(3));
        coordinator.leave(task);
        _ends();
        _slash(3);
        vm.assertFalse(_bonded(3), "after it");
    }

    function test_withdrawn_consent_takes_the_shares_back_and_saves_the_bond() public {
        _open();
        _dealFirst(4);
        _commitFirst(3);
        address silo = _silo(3);
        vm.expectRevert(abi.encodeWithSelector(ConsentStands.selector, task, round, grants[silo]));
        coordinator.retractShares(task, round, silo, grants[silo], _key(silo), _root(silo));
        _withdraw(silo);
        vm.expectRevert(abi.encodeWithSelector(IMasking.SharesMismatch.selector, task, round, silo));
        coordinator.retractShares(task, round, silo, grants[silo], _key(silo), _key(silo));
        _ends();
        coordinator.tick(task);
        coordinator.retractShares(task, round, silo, grants[silo], _key(silo), _root(silo)); // in Reveal, in time
        _revealFirst(3);
        _slash(3);
        vm.assertTrue(_bonded(3), "bond");
    }

    function test_consent_withdrawn_after_reveal_takes_no_shares_back() public {
        _open();
        _dealFirst(4);
        _commitFirst(3);
        _ends();
        coordinator.tick(task);
        _revealFirst(3);
        address silo = _silo(3);
        _withdraw(silo);
        vm.expectRevert(abi.encodeWithSelector(WrongPhase.selector, task, round, Phase.Reveal, Phase.Unmask));
        coordinator.retractShares(task, round, silo, grants[silo], _key(silo), _root(silo));
    }

    function test_who_has_committed_cannot_take_its_shares_back() public {
        _open();
        _dealFirst(4);
        _commitFirst(3);
        address silo = _silo(0);
        _withdraw(silo);
        vm.expectRevert(abi.encodeWithSelector(IMasking.SharesMismatch.selector, task, round, silo));
        coordinator.retractShares(task, round, silo, grants[silo], _key(silo), _root(silo));
    }

    // --- strangers end it

    function test_strangers_alone_end_a_round_in_which_nobody_acts() public {
        _open();
        _ends();
        vm.assertTrue(_due(), "after Share");
        vm.prank(stranger);
        coordinator.tick(task);
        _assertPhase(Phase.Voided);
        vm.assertEq(treasury.accountOf(task).reserved, 0, "the reward is free again");
    }

    function _due() internal view returns (bool due) {
        (due,) = coordinator.checkUpkeep(abi.encode(task));
    }

    function test_upkeep_is_due_at_the_end_of_share_and_of_unmask() public {
        _toUnmask();
        vm.assertFalse(_due(), "in Unmask");
        for (uint256 i; i < 3; ++i) {
            _show(_silo(i));
        }
        _ends();
        vm.assertTrue(_due(), "after Unmask");
        coordinator.performUpkeep(abi.encode(task));
        _assertPhase(Phase.Aggregate);
    }

    function test_a_grant_must_live_until_its_opening_could_be_made() public {
        _open();
        uint40 least = coordinator.roundOf(task).deadline + GAP + COMMIT + GAP + REVEAL + GRACE;
        vm.assertEq(coordinator.consentUntil(task), least, "in Share");
        _dealFirst(4);
        _opens();
        vm.assertEq(
            coordinator.consentUntil(task), coordinator.roundOf(task).deadline + GAP + REVEAL + GRACE, "in Commit"
        );
    }
}
