// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {RollBase} from "./RollBase.sol";
import {vm} from "./RoundBase.sol";

/// What a result may say of a round with rolls, and what can be shown against it.
contract RollProposalsTest is RollBase {
    function _out(uint16 index, uint8 reason) internal {
        exclusions = abi.encodePacked(exclusions, index, reason);
    }

    function _badExclusion(uint16 index, uint8 reason) internal view returns (bytes memory) {
        return abi.encodeWithSelector(BadExclusion.selector, task, round, index, reason);
    }

    function propose() external {
        _propose(_proposal());
    }

    function _refused(bytes memory why) internal {
        vm.expectRevert(why);
        this.propose();
        delete exclusions;
    }

    function _aggregating(uint256 n) internal {
        _opened(n, 0);
        _assertPhase(Phase.Aggregate);
    }

    // --- reason 8

    function test_a_void_leaf_is_excluded_while_its_index_may_be_included() public {
        _aggregating(4);
        _include(0, 3);
        _out(2, VOID_LEAF);
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        _assertPhase(Phase.Settled);
    }

    function test_several_void_leaves_of_one_index_may_follow_each_other() public {
        _aggregating(4);
        _include(0, 2);
        _out(3, VOID_LEAF);
        _out(3, VOID_LEAF);
        _propose(_proposal());
    }

    function test_another_reason_comes_last_for_an_index() public {
        _aggregating(4);
        _include(0, 2);
        uint256 start = vm.snapshotState();
        _out(3, VOID_LEAF);
        _out(3, 4);
        _propose(_proposal());
        vm.revertToState(start);
        _out(3, 4);
        _out(3, VOID_LEAF);
        _refused(_badExclusion(3, VOID_LEAF));
        _out(3, 4);
        _out(3, 4);
        _refused(_badExclusion(3, 4));
        _out(3, VOID_LEAF);
        _out(2, VOID_LEAF);
        _refused(_badExclusion(2, VOID_LEAF));
        _out(2, 0);
        _out(3, 9);
        _refused(_badExclusion(2, 0));
        _out(2, 4);
        _out(3, 9);
        _refused(_badExclusion(3, 9));
    }

    function test_a_round_without_openings_in_rolls_knows_no_void_leaf() public {
        _rolled(2);
        for (uint256 i; i < SILOS; ++i) {
            _commit(_silo(i));
        }
        _toReveal();
        _revealAll();
        _toAggregate();
        _include(0, 3);
        _out(3, VOID_LEAF);
        _refused(_badExclusion(3, VOID_LEAF));
        _out(3, 4);
        _propose(_proposal());
    }

    function test_without_rolls_only_who_revealed_can_be_excluded() public {
        _open();
        for (uint256 i; i < 3; ++i) {
            _commit(_silo(i));
        }
        _toReveal();
        for (uint256 i; i < 3; ++i) {
            _reveal(_silo(i));
        }
        _include(0, 2);
        _out(3, 4);
        _refused(_badExclusion(3, 4));
    }

    function test_with_rolls_who_was_lifted_and_did_not_open_cannot_be_excluded() public {
        _opened(4, 1);
        _lift(stranger, 3);
        _toAggregate();
        _include(0, 2);
        _out(3, 4);
        _refused(_badExclusion(3, 4));
        _out(2, 4);
        _propose(_proposal());
    }

    // --- count and quorum

    function test_included_and_excluded_fewer_than_the_opened_are_refused() public {
        _aggregating(4);
        _include(0, 2);
        _out(3, 4);
        _refused(abi.encodeWithSelector(MiscountedProposal.selector, task, 1, 2, 1, 4));
    }

    function test_more_than_the_opened_may_be_named_and_the_void_among_them_make_no_quorum() public {
        _aggregating(4);
        for (uint256 i; i < 6; ++i) {
            exclusions = abi.encodePacked(exclusions, uint16(3), VOID_LEAF);
        }
        _include(0, 1);
        vm.expectRevert(abi.encodeWithSelector(TooFewLeft.selector, task, 1, 1, 2));
        this.propose();
        _include(1, 2);
        _propose(_proposal());
    }

    function test_void_leaves_make_no_quorum() public {
        _aggregating(4);
        _include(0, 1);
        _out(1, VOID_LEAF);
        _out(2, VOID_LEAF);
        _out(3, VOID_LEAF);
        _refused(abi.encodeWithSelector(TooFewLeft.selector, task, 1, 1, 2));
        delete included; // nobody is included: the round may be void
        _out(0, VOID_LEAF);
        _out(1, VOID_LEAF);
        _out(2, VOID_LEAF);
        _out(3, VOID_LEAF);
        Proposal memory p = _proposal();
        _propose(p);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.settle(task, 1, p);
        _assertPhase(Phase.Voided);
    }

    function test_excluded_for_another_reason_counts_for_the_quorum() public {
        _aggregating(4);
        _include(0, 1);
        _out(1, 4);
        _out(2, VOID_LEAF);
        _out(3, VOID_LEAF);
        _propose(_proposal());
    }

    // --- the record of an included one

    function _record(uint32 position) internal pure returns (IDisputeTypes.Target memory) {
        return IDisputeTypes.Target(IDisputeTypes.Tree.Record, position, 0);
    }

    function _demandRecord(Proposal memory p, uint32 position) internal {
        vm.prank(stranger);
        disputes.demand{value: DEMAND_DEPOSIT}(task, round, p, _record(position));
    }

    function test_a_demanded_record_is_answered_once_it_has_landed() public {
        _aggregating(4);
        _include(0, 4);
        Proposal memory p = _proposal();
        _propose(p);
        _demandRecord(p, 2);
        IDisputeTypes.Piece memory none;
        IDisputeTypes.Piece memory piece = _includedPiece(2);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotRevealed.selector, _silo(2)));
        disputes.answer(task, 1, p, _record(2), none, piece);
        _land(2);
        disputes.answer(task, 1, p, _record(2), none, piece);
        vm.assertEq(disputes.creditOf(address(this)), DEMAND_DEPOSIT, "earned");
        _settle(p);
    }

    function test_a_record_that_cannot_land_costs_the_proposer_its_bond() public {
        _open();
        _fill(0, 4);
        commits[2] = _packed(2, _sign(_key(3), _unsigned(2))); // forged
        _postCommits();
        _toReveal();
        _postOpenings();
        _include(0, 4);
        Proposal memory p = _proposal();
        _propose(p);
        _demandRecord(p, 2);
        vm.expectRevert(_bad(2));
        this.land(2);
        vm.warp(block.timestamp + CHALLENGE + 1);
        disputes.forfeit(task, 1, p, _record(2));
        vm.assertEq(coordinator.roundOf(task).overturned, 1, "overturned");
        vm.assertEq(registry.participant(aggregator).stake, 0, "bond");
    }

    function test_the_record_of_another_is_no_answer() public {
        _aggregating(4);
        _include(0, 4);
        Proposal memory p = _proposal();
        _propose(p);
        _land(1);
        _demandRecord(p, 2);
        IDisputeTypes.Piece memory none;
        IDisputeTypes.Piece memory piece = _includedPiece(1);
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        disputes.answer(task, 1, p, _record(2), none, piece);
    }

    function test_a_record_outside_of_the_included_cannot_be_demanded() public {
        _aggregating(4);
        _include(0, 4);
        Proposal memory p = _proposal();
        _propose(p);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.OutOfPayload.selector, 0, 4));
        disputes.demand{value: DEMAND_DEPOSIT}(task, 1, p, _record(4));
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.OutOfPayload.selector, 1, 0));
        disputes.demand{value: DEMAND_DEPOSIT}(
            task, 1, p, IDisputeTypes.Target(IDisputeTypes.Tree.Record, 0, 1)
        );
    }

    // --- what else changes with rolls

    function test_challengeLeaf_of_who_has_not_landed_asks_for_the_record_instead() public {
        _aggregating(4);
        _include(0, 4);
        Proposal memory p = _proposal();
        _propose(p);
        IDisputeTypes.Piece memory piece = _includedPiece(2);
        Opening memory o = _opening(_silo(2));
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.MayBeRolled.selector, _silo(2)));
        disputes.challengeLeaf(task, 1, p, 2, piece, o);
        _land(2);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, 100, 100));
        disputes.challengeLeaf(task, 1, p, 2, piece, o);
    }

    function test_who_landed_gets_the_floor_when_fraud_voids_the_round() public {
        _aggregating(4);
        _include(0, 4);
        Proposal memory p = _proposal();
        for (uint256 i; i < 2; ++i) {
            vm.prank(i == 0 ? aggregator : standby);
            coordinator.propose(task, 1, p);
            vm.prank(address(disputes));
            coordinator.overturn(task, 1, stranger, keccak256("evidence"));
        }
        _assertPhase(Phase.Voided);
        vm.expectRevert(abi.encodeWithSelector(NoFloor.selector, task, 1, _silo(1)));
        coordinator.claimFloor(task, 1, 1);
        _land(1);
        uint256 floor = REWARD * 5000 / (10_000 * SILOS);
        coordinator.claimFloor(task, 1, 1);
        vm.assertEq(_silo(1).balance, floor, "paid");
        vm.expectRevert(abi.encodeWithSelector(AlreadyCommitted.selector, task, 1, _silo(1)));
        this.land(1); // not once more
        for (uint16 i; i < SILOS; ++i) {
            if (i == 1) continue;
            _land(i);
            coordinator.claimFloor(task, 1, i);
            vm.assertEq(_silo(i).balance, floor, "everybody is");
        }
    }
}
