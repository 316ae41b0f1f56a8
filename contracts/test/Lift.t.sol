// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {IRolls} from "../src/interfaces/IRolls.sol";
import {RollBase} from "./RollBase.sol";
import {vm} from "./RoundBase.sol";
import {Trees} from "./Trees.sol";

/// Who is in a roll and not opened there: opens for itself, or is told to, and owes it from then on.
contract LiftTest is RollBase {
    address internal alice;

    function setUp() public override {
        super.setUp();
        alice = _silo(0);
    }

    function _tooEarly(uint256 at) internal view returns (bytes memory) {
        return abi.encodeWithSelector(TooEarly.selector, at, block.timestamp);
    }

    function _slash(uint16 index) internal {
        uint16[] memory indices = new uint16[](1);
        indices[0] = index;
        coordinator.slashSilent(task, round, indices);
    }

    function _stake(uint256 i) internal view returns (uint256) {
        return registry.participant(_silo(i)).stake;
    }

    // --- what it does

    function test_lift_puts_the_commit_on_chain_and_its_participant_opens_it() public {
        _rolled(3);
        _toReveal();
        vm.warp(_half() + 1);
        Opening memory o = _opening(alice);
        bytes32 commitment = _digest(alice, o);
        uint40 until = coordinator.roundOf(task).deadline + GRACE;
        vm.expectEmit(address(coordinator));
        emit UpdateCommitted(task, 1, alice, 0, commitment, grants[alice], _evidence(alice));
        vm.expectEmit(address(coordinator));
        emit IRolls.Lifted(task, 1, alice, 0, until);
        this.lift(alice, 0);
        vm.assertEq(
            coordinator.recordAt(task, 0), keccak256(abi.encode(alice, commitment, o.groundsHash)), "it"
        );
        vm.assertTrue(coordinator.owesOpening(task, 1, 0), "owed");
        vm.assertEq(coordinator.roundOf(task).committed, 3, "counted already");
        vm.assertEq(coordinator.rolledOf(task).lifted, 1, "lifted");
        _reveal(alice);
        vm.assertEq(coordinator.roundOf(task).revealed, 1, "opened");
    }

    function test_everybody_in_a_roll_can_open_without_the_poster() public {
        _rolled(3);
        _toReveal();
        vm.warp(_half() + 1);
        for (uint16 i; i < 3; ++i) {
            _lift(_silo(i), i);
            _reveal(_silo(i));
        }
        _toAggregate();
    }

    // --- when, and by whom

    function test_lift_before_Reveal_has_opened_is_refused() public {
        _rolled(2);
        vm.warp(uint256(coordinator.roundOf(task).deadline));
        bytes memory wrong =
            abi.encodeWithSelector(WrongPhase.selector, task, round, Phase.Reveal, Phase.Commit);
        vm.expectRevert(wrong);
        this.lift(alice, 0);
        vm.warp(block.timestamp + 1);
        coordinator.tick(task);
        vm.expectPartialRevert(TooEarly.selector);
        this.lift(alice, 0);
    }

    function test_lift_only_in_the_second_half_of_Reveal_where_no_openings_are_posted() public {
        _rolled(2);
        _toReveal();
        vm.warp(_half());
        vm.expectRevert(_tooEarly(_half() + 1));
        this.lift(_silo(1), 0);
        vm.expectRevert(_tooEarly(_half() + 1));
        this.lift(alice, 0); // nor the participant: the poster is not crossed
        vm.warp(_half() + 1);
        _lift(stranger, 0);
    }

    function test_others_lift_as_soon_as_the_roll_has_posted_its_openings() public {
        _opened(3, 1);
        vm.assertLe(block.timestamp, _half(), "first half");
        _lift(stranger, 2);
        vm.assertTrue(coordinator.owesOpening(task, 1, 2), "owed");
    }

    function test_a_delegate_takes_its_masters_commit_out_of_a_roll() public {
        vm.prank(alice);
        registry.setDelegate(vm.addr(0xde1e));
        _opened(3, 1);
        _lift(vm.addr(0xde1e), 0);
        vm.assertTrue(coordinator.owesOpening(task, 1, 0), "owed");
    }

    // --- what cannot be lifted

    function test_lift_of_who_is_opened_is_refused() public {
        _opened(3, 1);
        bytes memory why = abi.encodeWithSelector(IRolls.OpenedInRoll.selector, task, 1, alice);
        vm.expectRevert(why);
        this.lift(_silo(1), 0);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.UnknownParticipant.selector, stranger));
        this.lift(stranger, 0);
        bytes32[] memory gap = Trees.path(openings, 1); // of another position
        IRolls.Leaf memory leaf = _leafAt(commits, 0);
        vm.prank(_silo(1));
        vm.expectRevert(why);
        coordinator.lift(task, 1, poster, 0, leaf, gap);
    }

    function test_lift_twice_is_refused() public {
        _rolled(2);
        _toReveal();
        vm.warp(_half() + 1);
        _lift(alice, 0);
        vm.expectRevert(abi.encodeWithSelector(AlreadyCommitted.selector, task, 1, alice));
        this.lift(alice, 0);
        _reveal(alice);
        vm.expectRevert(abi.encodeWithSelector(AlreadyCommitted.selector, task, 1, alice));
        this.lift(alice, 0);
    }

    function test_lift_of_who_committed_directly_is_refused() public {
        _rolled(2);
        _commit(alice);
        _toReveal();
        vm.warp(_half() + 1);
        vm.expectRevert(abi.encodeWithSelector(AlreadyCommitted.selector, task, 1, alice));
        this.lift(alice, 0);
    }

    function test_lift_of_a_leaf_that_is_not_in_the_roll_is_refused() public {
        _rolled(3);
        _toReveal();
        vm.warp(_half() + 1);
        commits[0] = _commitLeaf(3);
        vm.expectPartialRevert(IRolls.NotInRoll.selector);
        this.lift(_silo(3), 0);
        _fill(0, 3);
        bytes memory first = commits[0];
        commits[0] = commits[1]; // at another position
        commits[1] = first;
        vm.expectPartialRevert(IRolls.NotInRoll.selector);
        this.lift(_silo(1), 0);
    }

    function test_lift_from_a_poster_without_a_roll_is_refused() public {
        _rolled(2);
        _toReveal();
        vm.warp(_half() + 1);
        IRolls.Leaf memory leaf = _leafAt(commits, 0);
        vm.prank(alice);
        vm.expectRevert(_noRoll(other));
        coordinator.lift(task, 1, other, 0, leaf, new bytes32[](0));
    }

    function test_lift_of_a_leaf_of_another_length_is_refused() public {
        _open();
        _fill(0, 2);
        commits[0] = bytes.concat(commits[0], hex"00");
        _postCommits();
        _toReveal();
        vm.warp(_half() + 1);
        vm.expectRevert(_bad(type(uint16).max));
        this.lift(alice, 0);
    }

    function test_lift_of_a_commit_whose_consent_was_withdrawn_before_Reveal_is_refused() public {
        _rolled(2);
        vm.prank(holder);
        consent.withdraw(grants[alice]);
        _toReveal();
        vm.warp(_half() + 1);
        vm.expectRevert(_bad(0));
        this.lift(alice, 0);
    }

    function test_lift_of_a_commit_whose_consent_was_withdrawn_in_Reveal_is_refused() public {
        _rolled(2);
        _toReveal();
        vm.warp(_half() + 1);
        vm.prank(holder);
        consent.withdraw(grants[alice]);
        vm.expectRevert(_bad(0));
        this.lift(alice, 0);
    }

    function test_lift_where_the_poster_says_that_all_are_opened_is_refused() public {
        _rolled(3);
        _toReveal();
        openings[2] = "";
        _postOpeningsAs(poster, openings, 3);
        vm.expectRevert(abi.encodeWithSelector(IRolls.Overclaimed.selector, task, 1, 3));
        this.lift(_silo(2), 2);
    }

    // --- what it owes

    function test_who_is_in_a_roll_and_was_never_lifted_loses_nothing_and_holds_up_nobody() public {
        _opened(3, 1);
        _toAggregate();
        _include(0, 2);
        Proposal memory p = _proposal();
        _propose(p);
        vm.warp(uint256(coordinator.roundOf(task).revealDeadline) + GRACE + 1);
        _slash(2);
        vm.assertEq(_stake(2), BOND, "untouched");
        vm.assertEq(coordinator.roundOf(task).slashed, 0, "nobody");
        _settle(p);
        _open();
        vm.assertEq(round, 2, "the next round");
    }

    function test_who_was_lifted_and_stays_silent_loses_its_bond_after_the_grace() public {
        _opened(3, 1);
        vm.warp(uint256(coordinator.roundOf(task).deadline)); // the last second of Reveal
        _lift(stranger, 2);
        uint256 until = block.timestamp + GRACE;
        vm.warp(until);
        vm.expectRevert(_tooEarly(until + 1));
        this.slash(2);
        vm.warp(until + 1);
        _slash(2);
        vm.assertEq(_stake(2), 0, "taken");
        _slash(0);
        vm.assertEq(_stake(0), BOND, "who was opened keeps it");
    }

    function slash(uint16 index) external {
        _slash(index);
    }

    function test_the_next_round_waits_until_the_lifted_have_paid() public {
        _opened(3, 1);
        _lift(stranger, 2);
        _toAggregate();
        _include(0, 2);
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        vm.prank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(UnslashedSilence.selector, task, 1, 1));
        coordinator.openRound(task);
        _slash(2);
        _open();
    }

    function test_a_late_opening_saves_the_bond_of_who_was_lifted() public {
        _opened(3, 1);
        vm.warp(uint256(coordinator.roundOf(task).deadline));
        _lift(stranger, 2);
        vm.warp(block.timestamp + GRACE);
        _reveal(_silo(2));
        RoundState memory r = coordinator.roundOf(task);
        vm.assertEq(r.late, 1, "late");
        vm.assertEq(r.revealed, 2, "not aggregated");
        vm.warp(block.timestamp + 1);
        _slash(2);
        vm.assertEq(_stake(2), BOND, "kept");
    }

    function test_a_pause_lengthens_the_time_of_who_was_lifted() public {
        _opened(3, 1);
        vm.warp(uint256(coordinator.roundOf(task).deadline));
        _lift(stranger, 2);
        coordinator.pause(uint40(block.timestamp + 1000));
        vm.warp(block.timestamp + 1000 + GRACE);
        vm.expectRevert(_tooEarly(block.timestamp + 1));
        this.slash(2);
        _reveal(_silo(2));
    }
}
