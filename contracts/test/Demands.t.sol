// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {DisputeBase, vm} from "./DisputeBase.sol";
import {Trees} from "./Trees.sol";

contract DemandsTest is DisputeBase {
    Proposal internal p;

    function setUp() public override {
        super.setUp();
        vm.deal(stranger, 1 ether);
    }

    function _target(IDisputeTypes.Tree tree, uint32 position, uint32 chunk)
        internal
        pure
        returns (IDisputeTypes.Target memory)
    {
        return IDisputeTypes.Target(tree, position, chunk);
    }

    function _demand(IDisputeTypes.Target memory t) internal {
        vm.prank(stranger);
        disputes.demand{value: DEMAND_DEPOSIT}(task, round, p, t);
    }

    function _nothing() internal pure returns (IDisputeTypes.Piece memory) {}

    function _answer(IDisputeTypes.Target memory t, IDisputeTypes.Piece memory leaf, IDisputeTypes.Piece memory shown)
        internal
    {
        vm.prank(aggregator);
        disputes.answer(task, round, p, t, leaf, shown);
    }

    function test_withheld_chunk_costs_the_bond() public {
        p = _toChallenge();
        IDisputeTypes.Target memory t = _target(IDisputeTypes.Tree.Model, 0, 2);
        _demand(t);
        vm.warp(block.timestamp + CHALLENGE + 1);
        disputes.forfeit(task, round, p, t);
        vm.assertEq(registry.participant(aggregator).stake, 0, "bond");
        vm.assertEq(_bountyOf(stranger), DUTY_BOND / 2, "who asked has the bounty");
        vm.assertEq(disputes.creditOf(stranger), DEMAND_DEPOSIT, "and the deposit back");
    }

    function test_every_tree_can_be_asked_for_and_shown() public {
        p = _toChallenge();
        IDisputeTypes.Piece memory leaf = _piece(_leaves(), 1);
        IDisputeTypes.Target memory t = _target(IDisputeTypes.Tree.Aggregate, 0, 2);
        _demand(t);
        _answer(t, _nothing(), _piece(_aggregate(), 2));
        t = _target(IDisputeTypes.Tree.Model, 0, 0);
        _demand(t);
        _answer(t, _nothing(), _piece(_model(), 0));
        t = _target(IDisputeTypes.Tree.Included, 1, 0);
        _demand(t);
        _answer(t, _nothing(), leaf);
        t = _target(IDisputeTypes.Tree.Payload, 1, 3);
        _demand(t);
        _answer(t, leaf, _piece(_update(_silo(1)), 3));
        vm.assertEq(disputes.creditOf(aggregator), 4 * DEMAND_DEPOSIT, "deposits pay for the answers");
    }

    function test_answer_of_other_bytes_is_refused() public {
        p = _toChallenge();
        IDisputeTypes.Target memory t = _target(IDisputeTypes.Tree.Aggregate, 0, 2);
        _demand(t);
        IDisputeTypes.Piece memory piece = _piece(_aggregate(), 1);
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.answer(task, round, p, t, _nothing(), piece);
        piece = _piece(_model(), 2);
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.answer(task, round, p, t, _nothing(), piece);
    }

    function test_answer_of_another_leaf_or_of_another_chunk_of_an_update_is_refused() public {
        p = _toChallenge();
        IDisputeTypes.Target memory t = _target(IDisputeTypes.Tree.Included, 1, 0);
        _demand(t);
        IDisputeTypes.Piece memory leaf = _piece(_leaves(), 1);
        leaf.content[55] ^= 0x01;
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.answer(task, round, p, t, _nothing(), leaf);
        t = _target(IDisputeTypes.Tree.Payload, 1, 3);
        _demand(t);
        leaf = _piece(_leaves(), 1);
        IDisputeTypes.Piece memory shown = _piece(_update(_silo(1)), 2);
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.answer(task, round, p, t, leaf, shown);
        shown = _piece(_update(_silo(2)), 3);
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.answer(task, round, p, t, leaf, shown);
    }

    function test_deposit_comes_back_when_the_proposal_is_settled_unanswered() public {
        p = _toChallenge();
        IDisputeTypes.Target memory t = _target(IDisputeTypes.Tree.Aggregate, 0, 1);
        _demand(t);
        _settle(p);
        disputes.refundDemand(task, round, keccak256(abi.encode(p)), t);
        vm.assertEq(disputes.creditOf(stranger), DEMAND_DEPOSIT, "nobody answered, nobody claimed the bond");
    }

    function test_answered_demand_cannot_be_forfeited_nor_answered_or_asked_again() public {
        p = _toChallenge();
        IDisputeTypes.Target memory t = _target(IDisputeTypes.Tree.Aggregate, 0, 1);
        _demand(t);
        IDisputeTypes.Piece memory piece = _piece(_aggregate(), 1);
        _answer(t, _nothing(), piece);
        vm.expectPartialRevert(IDisputeTypes.NoDemand.selector);
        disputes.answer(task, round, p, t, _nothing(), piece);
        vm.prank(stranger);
        vm.expectPartialRevert(IDisputeTypes.AlreadyDemanded.selector);
        disputes.demand{value: DEMAND_DEPOSIT}(task, round, p, t);
        vm.warp(block.timestamp + CHALLENGE + 1);
        vm.expectPartialRevert(IDisputeTypes.NoDemand.selector);
        disputes.forfeit(task, round, p, t);
    }

    function test_answer_in_its_last_second_counts_and_one_second_later_not() public {
        p = _toChallenge();
        IDisputeTypes.Target memory t = _target(IDisputeTypes.Tree.Aggregate, 0, 1);
        IDisputeTypes.Target memory u = _target(IDisputeTypes.Tree.Aggregate, 0, 2);
        _demand(t);
        _demand(u);
        uint256 due = block.timestamp + CHALLENGE;
        vm.warp(due);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.WrongTime.selector, due + 1, due));
        disputes.forfeit(task, round, p, t);
        _answer(t, _nothing(), _piece(_aggregate(), 1));
        vm.warp(due + 1);
        IDisputeTypes.Piece memory piece = _piece(_aggregate(), 2);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.WrongTime.selector, due, due + 1));
        disputes.answer(task, round, p, u, _nothing(), piece);
    }

    function test_settlement_waits_until_an_answer_can_be_judged() public {
        p = _toChallenge();
        vm.warp(block.timestamp + CHALLENGE);
        _demand(_target(IDisputeTypes.Tree.Aggregate, 0, 1));
        uint256 end = block.timestamp + 2 * CHALLENGE;
        vm.warp(end);
        vm.expectRevert(abi.encodeWithSelector(TooEarly.selector, end + 1, end));
        coordinator.settle(task, round, p);
        vm.warp(end + 1);
        coordinator.settle(task, round, p);
    }

    function test_demands_cannot_stretch_a_challenge_beyond_four_windows() public {
        p = _toChallenge();
        uint256 proposed = block.timestamp;
        _demand(_target(IDisputeTypes.Tree.Aggregate, 0, 1));
        vm.warp(proposed + 2 * CHALLENGE);
        _demand(_target(IDisputeTypes.Tree.Aggregate, 0, 2));
        vm.assertEq(coordinator.roundOf(task).deadline, proposed + 4 * CHALLENGE, "held");
        vm.warp(proposed + 2 * CHALLENGE + 1);
        IDisputeTypes.Target memory t = _target(IDisputeTypes.Tree.Aggregate, 0, 3);
        vm.prank(stranger);
        vm.expectPartialRevert(IDisputeTypes.TooLateToDemand.selector);
        disputes.demand{value: DEMAND_DEPOSIT}(task, round, p, t);
    }

    function test_pause_moves_the_times_of_demands_which_are_told_in_chain_time() public {
        p = _toChallenge();
        IDisputeTypes.Target memory t = _target(IDisputeTypes.Tree.Aggregate, 0, 1);
        IDisputeTypes.Target memory u = _target(IDisputeTypes.Tree.Aggregate, 0, 2);
        uint256 due = block.timestamp + CHALLENGE + 60;
        uint256 last = due + CHALLENGE;
        _demand(t);
        vm.warp(block.timestamp + CHALLENGE / 2);
        coordinator.pause(uint40(block.timestamp + 60));
        vm.warp(due);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.WrongTime.selector, due + 1, due));
        disputes.forfeit(task, round, p, t);
        vm.warp(due + 1);
        IDisputeTypes.Piece memory piece = _piece(_aggregate(), 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.WrongTime.selector, due, due + 1));
        disputes.answer(task, round, p, t, _nothing(), piece);
        vm.warp(last);
        bytes32 id = disputes.demandId(task, round, keccak256(abi.encode(p)), u);
        vm.expectEmit(address(disputes));
        emit IDisputeTypes.Demanded(task, round, id, u, stranger, uint40(last + CHALLENGE));
        _demand(u);
        vm.warp(last + 1);
        u.chunk = 3;
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.TooLateToDemand.selector, last, last + 1));
        disputes.demand{value: DEMAND_DEPOSIT}(task, round, p, u);
    }

    function test_demandOf_tells_who_asked_until_when_and_what_the_answer_earns() public {
        p = _toChallenge();
        IDisputeTypes.Target memory t = _target(IDisputeTypes.Tree.Aggregate, 0, 1);
        _demand(t);
        bytes32 id = disputes.demandId(task, round, keccak256(abi.encode(p)), t);
        IDisputeTypes.Demand memory d = disputes.demandOf(id);
        vm.assertEq(d.by, stranger, "who");
        vm.assertEq(d.due, block.timestamp + CHALLENGE, "until when");
        vm.assertEq(d.deposit, DEMAND_DEPOSIT, "what for");
        _answer(t, _nothing(), _piece(_aggregate(), 1));
        d = disputes.demandOf(id);
        vm.assertEq(d.by, stranger, "nobody asks twice");
        vm.assertEq(d.due, 0, "closed");
        vm.assertEq(d.deposit, 0, "earned");
    }

    function test_demand_without_the_deposit_is_refused() public {
        p = _toChallenge();
        IDisputeTypes.Target memory t = _target(IDisputeTypes.Tree.Aggregate, 0, 1);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.WrongDeposit.selector, 1, DEMAND_DEPOSIT));
        disputes.demand{value: 1}(task, round, p, t);
    }

    function test_demand_for_what_is_not_there_is_refused() public {
        p = _toChallenge();
        IDisputeTypes.Target[6] memory bad = [
            _target(IDisputeTypes.Tree.Aggregate, 0, CHUNKS),
            _target(IDisputeTypes.Tree.Aggregate, 1, 0),
            _target(IDisputeTypes.Tree.Included, uint32(SILOS), 0),
            _target(IDisputeTypes.Tree.Included, 0, 1),
            _target(IDisputeTypes.Tree.Payload, uint32(SILOS), 0),
            _target(IDisputeTypes.Tree.Payload, 0, CHUNKS)
        ];
        for (uint256 i; i < bad.length; ++i) {
            vm.prank(stranger);
            vm.expectPartialRevert(IDisputeTypes.OutOfPayload.selector);
            disputes.demand{value: DEMAND_DEPOSIT}(task, round, p, bad[i]);
        }
    }

    function test_payload_of_a_task_that_discloses_nothing_cannot_be_asked_for() public {
        disclosure = 0;
        setUp();
        p = _toChallenge();
        IDisputeTypes.Target memory t = _target(IDisputeTypes.Tree.Payload, 0, 1);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotDisclosed.selector, task));
        disputes.demand{value: DEMAND_DEPOSIT}(task, round, p, t);
    }

    function test_deposit_comes_back_when_the_proposal_falls_and_not_before() public {
        aggregateLie = 9;
        p = _toChallenge();
        IDisputeTypes.Target memory t = _target(IDisputeTypes.Tree.Aggregate, 0, 1);
        _demand(t);
        bytes32 hash = keccak256(abi.encode(p));
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.StillStands.selector, task, round));
        disputes.refundDemand(task, round, hash, t);
        _challengeSum(p, lieChunk, lieWord);
        disputes.refundDemand(task, round, hash, t);
        vm.expectPartialRevert(IDisputeTypes.NoDemand.selector);
        disputes.refundDemand(task, round, hash, t);
        disputes.collect(stranger);
        vm.assertEq(stranger.balance, 1 ether, "to the wei");
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NothingToCollect.selector, stranger));
        disputes.collect(stranger);
    }

    function test_only_governance_sets_the_deposit() public {
        vm.prank(stranger);
        vm.expectRevert();
        disputes.setDeposit(1);
        disputes.setDeposit(1);
        vm.assertEq(disputes.deposit(), 1, "set");
    }
}
