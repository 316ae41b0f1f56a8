// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {IRolls} from "../src/interfaces/IRolls.sol";
import {RollBase} from "./RollBase.sol";
import {vm} from "./RoundBase.sol";
import {Trees} from "./Trees.sol";

/// Leaves that a poster keeps to itself, asked for in public.
contract RollDemandsTest is RollBase {
    function _demand(bool ofOpenings, uint16 position) internal {
        vm.prank(stranger);
        disputes.demandLeaf{value: DEMAND_DEPOSIT}(task, round, poster, ofOpenings, position);
    }

    function _piece(bytes[] memory all, uint256 at) internal pure returns (IDisputeTypes.Piece memory) {
        return IDisputeTypes.Piece(all[at], Trees.path(all, at));
    }

    function _answer(bool ofOpenings, uint16 position) internal {
        IDisputeTypes.Piece memory piece = _piece(ofOpenings ? openings : commits, position);
        vm.prank(poster);
        disputes.answerLeaf(task, round, poster, ofOpenings, position, piece);
    }

    function answer(bool ofOpenings, uint16 position) external {
        _answer(ofOpenings, position);
    }

    function _noSuchLeaf(uint256 position, uint256 leaves) internal view returns (bytes memory) {
        return abi.encodeWithSelector(IDisputeTypes.NoSuchLeaf.selector, poster, position, leaves);
    }

    function _id(bool ofOpenings, uint16 position) internal view returns (bytes32) {
        return keccak256(abi.encode("leaf", task, round, poster, ofOpenings, position));
    }

    // --- asked in vain

    function test_a_leaf_that_is_not_shown_in_time_costs_the_poster_its_bond() public {
        _rolled(3);
        uint40 due = uint40(block.timestamp + CHALLENGE);
        vm.expectEmit(address(disputes));
        emit IDisputeTypes.LeafDemanded(task, 1, poster, false, 1, _id(false, 1), stranger, due);
        _demand(false, 1);
        vm.warp(due);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.WrongTime.selector, due + 1, due));
        disputes.forfeitLeaf(task, 1, poster, false, 1);
        vm.warp(due + 1);
        vm.expectEmit(address(disputes));
        emit IDisputeTypes.LeafForfeited(task, 1, _id(false, 1));
        disputes.forfeitLeaf(task, 1, poster, false, 1);
        _assertStruck(stranger);
        vm.assertEq(disputes.creditOf(stranger), DEMAND_DEPOSIT, "and the deposit back");
        _assertPhase(Phase.Commit); // open again: nobody had opened anything
        vm.assertEq(coordinator.rolledOf(task).leaves, 0, "void");
    }

    function test_a_leaf_that_was_not_shown_voids_no_later_rounds_roll() public {
        _aggregating(2);
        _include(0, 2);
        Proposal memory p = _proposal();
        _propose(p);
        vm.warp(coordinator.roundOf(task).deadline);
        _demand(false, 1);
        _settle(p);
        _rolled(2);
        vm.warp(block.timestamp + CHALLENGE);
        disputes.forfeitLeaf(task, 1, poster, false, 1);
        _assertStruck(stranger);
        vm.assertEq(coordinator.rolledOf(task).leaves, 2, "another round's");
    }

    function test_two_leaves_not_shown_cost_one_bond_and_both_deposits_come_back() public {
        _rolled(3);
        _demand(false, 0);
        _demand(false, 1);
        vm.warp(block.timestamp + CHALLENGE + 1);
        disputes.forfeitLeaf(task, 1, poster, false, 0);
        disputes.forfeitLeaf(task, 1, poster, false, 1);
        _assertStruck(stranger);
        vm.assertEq(disputes.creditOf(stranger), 2 * DEMAND_DEPOSIT, "both");
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NoDemand.selector, _id(false, 1)));
        disputes.forfeitLeaf(task, 1, poster, false, 1);
    }

    function test_a_leaf_that_was_not_shown_voids_the_roll_of_who_has_no_bond_left() public {
        _rolled(3);
        _demand(false, 0);
        bytes32 digest = coordinator.hashInclusion(task, 1, _silo(3), keccak256("promised"));
        IRolls.Receipt memory receipt =
            IRolls.Receipt(_silo(3), keccak256("promised"), _signature(POSTER_KEY, digest));
        IRolls.Leaf[] memory near = new IRolls.Leaf[](1);
        near[0] = _leafAt(commits, 2);
        vm.warp(_half() + 1);
        coordinator.challengeInclusion(task, 1, poster, receipt, 2, near);
        _toReveal();
        disputes.forfeitLeaf(task, 1, poster, false, 0);
        vm.assertEq(coordinator.rolledOf(task).leaves, 0, "void");
        vm.assertEq(_bountyOf(address(this)), DUTY_BOND / 2, "one bond, taken before");
    }

    // --- shown

    function test_a_leaf_that_is_shown_earns_the_deposit_and_its_bytes_are_in_the_event() public {
        _rolled(3);
        _demand(false, 2);
        vm.warp(block.timestamp + CHALLENGE); // the last second
        vm.expectEmit(address(disputes));
        emit IDisputeTypes.LeafAnswered(task, 1, _id(false, 2), poster, commits[2]);
        this.answer(false, 2);
        vm.assertEq(disputes.creditOf(poster), DEMAND_DEPOSIT, "earned");
        vm.warp(block.timestamp + 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NoDemand.selector, _id(false, 2)));
        disputes.forfeitLeaf(task, 1, poster, false, 2);
        _assertUnharmed();
    }

    function test_openings_and_empty_leaves_can_be_asked_for_too() public {
        _opened(3, 1);
        _demand(true, 0);
        _demand(true, 2);
        _answer(true, 0);
        _answer(true, 2);
        vm.assertEq(disputes.creditOf(poster), 2 * DEMAND_DEPOSIT, "both");
    }

    function test_an_answer_a_second_late_is_refused() public {
        _rolled(3);
        _demand(false, 2);
        uint256 due = block.timestamp + CHALLENGE;
        vm.warp(due + 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.WrongTime.selector, due, due + 1));
        this.answer(false, 2);
    }

    function test_another_leaf_is_no_answer() public {
        _opened(3, 1);
        _demand(false, 0);
        IDisputeTypes.Piece memory piece = _piece(commits, 1);
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.answerLeaf(task, 1, poster, false, 0, piece);
        piece = _piece(openings, 0);
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.answerLeaf(task, 1, poster, false, 0, piece);
        piece = _piece(commits, 0);
        piece.content = bytes.concat(piece.content, hex"00");
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.answerLeaf(task, 1, poster, false, 0, piece);
    }

    /// Whoever asks just before the round is over must not make the poster choose between its answer and its next roll.
    function test_a_poster_can_answer_after_it_has_posted_in_the_next_round() public {
        _aggregating(2);
        _include(0, 2);
        Proposal memory p = _proposal();
        _propose(p);
        vm.warp(coordinator.roundOf(task).deadline);
        _demand(false, 1);
        _demand(true, 1);
        IDisputeTypes.Piece memory commit = _piece(commits, 1);
        IDisputeTypes.Piece memory opening = _piece(openings, 1);
        _settle(p);
        _rolled(3);
        disputes.answerLeaf(task, 1, poster, false, 1, commit);
        disputes.answerLeaf(task, 1, poster, true, 1, opening);
        vm.assertEq(disputes.creditOf(address(this)), 2 * DEMAND_DEPOSIT, "anybody may");
    }

    // --- what cannot be asked

    function test_a_leaf_of_a_roll_that_does_not_stand_cannot_be_asked_for() public {
        _open();
        vm.expectRevert(_noSuchLeaf(0, 0));
        this.demand(false, 0);
        _fill(0, 3);
        _postCommits();
        vm.expectRevert(_noSuchLeaf(3, 3));
        this.demand(false, 3);
        vm.expectRevert(_noSuchLeaf(0, 3)); // not opened yet
        this.demand(true, 0);
        _demand(false, 0);
        vm.warp(block.timestamp + CHALLENGE + 1);
        disputes.forfeitLeaf(task, 1, poster, false, 0);
        vm.expectRevert(_noSuchLeaf(1, 3)); // void
        this.demand(false, 1);
    }

    function demand(bool ofOpenings, uint16 position) external {
        _demand(ofOpenings, position);
    }

    function test_a_leaf_of_the_round_before_cannot_be_asked_for() public {
        _rolled(2);
        vm.warp(block.timestamp + COMMIT + GAP + REVEAL + 1);
        coordinator.tick(task);
        bytes4 nothing = IDisputeTypes.NothingToChallenge.selector;
        vm.expectRevert(abi.encodeWithSelector(nothing, task, 1, Phase.Voided));
        this.demand(false, 0);
        _open();
        vm.expectRevert(_noSuchLeaf(0, 2));
        this.demand(false, 0);
    }

    function test_a_leaf_is_asked_for_once_and_against_the_deposit() public {
        _rolled(2);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.WrongDeposit.selector, 1, DEMAND_DEPOSIT));
        disputes.demandLeaf{value: 1}(task, 1, poster, false, 0);
        _demand(false, 0);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.AlreadyDemanded.selector, _id(false, 0)));
        this.demand(false, 0);
        _answer(false, 0);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.AlreadyDemanded.selector, _id(false, 0)));
        this.demand(false, 0);
    }

    function test_an_answer_or_a_forfeit_without_a_demand_is_refused() public {
        _rolled(2);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NoDemand.selector, _id(false, 0)));
        this.answer(false, 0);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NoDemand.selector, _id(false, 0)));
        disputes.forfeitLeaf(task, 1, poster, false, 0);
    }

    function test_a_pause_lengthens_the_time_to_answer() public {
        _rolled(2);
        _demand(false, 0);
        coordinator.pause(uint40(block.timestamp + 1000));
        vm.warp(block.timestamp + 1000 + CHALLENGE);
        _answer(false, 0);
    }
}
