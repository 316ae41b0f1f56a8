// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRelays} from "../src/interfaces/IRelays.sol";
import {IRolls} from "../src/interfaces/IRolls.sol";
import {RollBase} from "./RollBase.sol";
import {vm} from "./RoundBase.sol";

/// Commits out of order, what they cost the poster, and what becomes of the round.
contract RollFaultsTest is RollBase {
    function _refuteOrder(uint16 position) internal {
        IRolls.Leaf memory first = _leafAt(commits, position);
        IRolls.Leaf memory second;
        if (position + 1 < commits.length) second = _leafAt(commits, position + 1);
        vm.prank(stranger);
        coordinator.refuteOrder(task, round, poster, position, first, second);
    }

    function refuteOrder(uint16 position) external {
        _refuteOrder(position);
    }

    function _swap() internal {
        bytes memory first = commits[0];
        commits[0] = commits[1];
        commits[1] = first;
        first = openings[0];
        openings[0] = openings[1];
        openings[1] = first;
    }

    /// A roll of three whose first two are swapped.
    function _malformed() internal {
        _open();
        _fill(0, 3);
        _swap();
        _postCommits();
    }

    // --- order

    function test_refuteOrder_of_leaves_that_do_not_ascend_takes_the_bond_and_voids_the_roll() public {
        _malformed();
        uint256 bond = DUTY_BOND;
        vm.expectEmit(address(coordinator));
        emit IRolls.RollVoided(task, 1, poster, false);
        vm.expectEmit(address(coordinator));
        emit IRolls.PosterSlashed(task, 1, poster, bond, bond / 2, "malformed roll");
        this.refuteOrder(0);
        _assertStruck(stranger);
        vm.assertEq(coordinator.roundOf(task).committed, 0, "counts for nothing");
        vm.assertEq(coordinator.rolledOf(task).leaves, 0, "no leaves");
        vm.assertTrue(coordinator.posterOf(task, poster).state == IRolls.RollState.Void, "void");
    }

    function test_refuteOrder_of_one_index_twice_takes_the_bond() public {
        _open();
        _fill(0, 3);
        IRelays.SignedCommit memory again = _unsigned(0);
        again.commitment = keccak256("another");
        commits[1] = _packed(0, _sign(_key(0), again));
        _postCommits();
        _refuteOrder(0);
        _assertStruck(stranger);
    }

    function test_refuteOrder_of_what_is_no_leaf_takes_the_bond() public {
        _open();
        _fill(0, 3);
        commits[2] = "";
        _postCommits();
        uint256 start = vm.snapshotState();
        _refuteOrder(2); // alone
        _assertStruck(stranger);
        vm.revertToState(start);
        _refuteOrder(1); // as the second of two
        _assertStruck(stranger);
    }

    function test_refuteOrder_of_an_honest_roll_is_refused() public {
        _rolled(3);
        for (uint16 i; i < 2; ++i) {
            vm.expectRevert(_noFault());
            this.refuteOrder(i);
        }
        vm.expectRevert(); // nothing comes after the last
        this.refuteOrder(2);
        _assertUnharmed();
    }

    function test_refuteOrder_with_leaves_that_are_not_neighbours_is_refused() public {
        _rolled(3);
        (IRolls.Leaf memory a, IRolls.Leaf memory b) = (_leafAt(commits, 0), _leafAt(commits, 0));
        vm.expectPartialRevert(IRolls.NotInRoll.selector);
        coordinator.refuteOrder(task, 1, poster, 0, a, b);
        a.content = "forged";
        vm.expectPartialRevert(IRolls.NotInRoll.selector);
        coordinator.refuteOrder(task, 1, poster, 0, a, b);
        _assertUnharmed();
    }

    function test_a_poster_is_struck_once() public {
        _malformed();
        _refuteOrder(0);
        vm.expectRevert(_noRoll(poster));
        this.refuteOrder(0);
        vm.assertEq(_bountyOf(stranger), DUTY_BOND / 2, "one bounty");
    }

    // --- what a void roll leaves behind

    function test_a_roll_that_is_void_in_Commit_leaves_half_a_window_to_commit_directly() public {
        _malformed();
        uint256 deadline = coordinator.roundOf(task).deadline;
        vm.warp(deadline - 10);
        _refuteOrder(0);
        vm.assertEq(coordinator.roundOf(task).deadline, deadline - 10 + COMMIT / 2, "half a window from now");
        vm.warp(coordinator.roundOf(task).deadline);
        _commit(_silo(0));
        _enlist(other);
        vm.prank(other);
        vm.expectPartialRevert(IRolls.TooLateToPost.selector);
        coordinator.postCommits(task, 1, keccak256("root"), 1, COMMITS);
    }

    function test_a_roll_that_is_void_early_in_Commit_shortens_nothing() public {
        _malformed();
        uint256 deadline = coordinator.roundOf(task).deadline;
        _refuteOrder(0);
        vm.assertEq(coordinator.roundOf(task).deadline, deadline, "as before");
        _enlist(other);
        vm.prank(other);
        coordinator.postCommits(task, 1, keccak256("root"), 1, COMMITS); // another's roll is not its matter
        vm.assertEq(coordinator.rolledOf(task).rolls, 2, "the void one keeps its place");
    }

    function test_a_roll_that_is_void_before_anybody_opened_reopens_Commit() public {
        _malformed();
        _toReveal();
        vm.warp(block.timestamp + 60);
        _refuteOrder(0);
        RoundState memory r = coordinator.roundOf(task);
        vm.assertTrue(r.phase == Phase.Commit, "Commit");
        vm.assertEq(r.deadline, block.timestamp + COMMIT / 2, "half a window");
        vm.assertEq(r.revealDeadline, 0, "nobody owes an opening");
        vm.prank(poster);
        vm.expectPartialRevert(IRolls.NotAPoster.selector);
        coordinator.postCommits(task, 1, keccak256("root"), 1, COMMITS);
        _enlist(other);
        vm.prank(other);
        vm.expectRevert(abi.encodeWithSelector(IRolls.NoRoomForRolls.selector, task, 1, 4));
        coordinator.postCommits(task, 1, keccak256("root"), 1, COMMITS); // directly only
        for (uint256 i; i < SILOS; ++i) {
            _commit(_silo(i));
        }
        _assertPhase(Phase.Reveal); // everybody, and no roll: it ends early
        vm.warp(coordinator.roundOf(task).opensAt);
        _revealAll();
        _assertPhase(Phase.Aggregate);
    }

    function test_a_roll_that_is_void_before_Reveal_has_opened_reopens_Commit() public {
        _malformed();
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        _refuteOrder(0);
        _assertPhase(Phase.Commit);
    }

    function test_a_roll_that_is_void_after_somebody_opened_leaves_Reveal_as_it_is() public {
        _malformed();
        _commit(_silo(3));
        _toReveal();
        _reveal(_silo(3));
        uint256 deadline = coordinator.roundOf(task).deadline;
        _refuteOrder(0);
        RoundState memory r = coordinator.roundOf(task);
        vm.assertTrue(r.phase == Phase.Reveal, "Reveal");
        vm.assertEq(r.deadline, deadline, "as before");
        vm.assertEq(r.committed, 1, "the direct one");
        vm.assertEq(r.revealed, 1, "and its opening");
    }

    function test_a_roll_that_is_void_after_it_was_opened_takes_its_openings_back() public {
        _malformed();
        _toReveal();
        openings[2] = "";
        _postOpenings();
        vm.assertEq(coordinator.roundOf(task).revealed, 2, "counted");
        _refuteOrder(0);
        vm.assertEq(coordinator.roundOf(task).revealed, 0, "taken back");
        vm.assertEq(coordinator.rolledOf(task).opened, 0, "of rolls too");
        _assertPhase(Phase.Reveal); // what was opened was public
    }

    function test_after_Reveal_a_malformed_roll_costs_the_bond_and_changes_nothing_else() public {
        _malformed();
        _toReveal();
        _postOpenings();
        _toAggregate();
        bytes32 before = keccak256(abi.encode(coordinator.roundOf(task), coordinator.rolledOf(task)));
        _refuteOrder(0);
        _assertStruck(stranger);
        vm.assertEq(
            keccak256(abi.encode(coordinator.roundOf(task), coordinator.rolledOf(task))), before, "the same"
        );
        vm.expectRevert(abi.encodeWithSelector(NoBond.selector, task, poster));
        this.refuteOrder(0);
    }
}
