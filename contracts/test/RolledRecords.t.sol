// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentLedger} from "../src/interfaces/IConsentLedger.sol";
import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {RollBase} from "./RollBase.sol";
import {vm} from "./RoundBase.sol";
import {Trees} from "./Trees.sol";

/// The record of an included update in a round with rolls: asked for, and shown.
contract RolledRecordsTest is RollBase {
    address internal second; // whose second commit is being made

    function _opening(address silo) internal view override returns (Opening memory o) {
        o = super._opening(silo);
        if (silo == second) o.payloadRoot = keccak256("another payload");
    }

    function _record(uint32 position) internal pure returns (IDisputeTypes.Target memory) {
        return IDisputeTypes.Target(IDisputeTypes.Tree.Record, position, 0);
    }

    function _demandRecord(Proposal memory p, uint32 position) internal {
        vm.prank(stranger);
        disputes.demand{value: DEMAND_DEPOSIT}(task, round, p, _record(position));
    }

    function _answer(Proposal memory p, uint32 position, uint256 shown, uint16 from) internal {
        IDisputeTypes.Piece memory piece = _includedPiece(shown);
        disputes.answerRecord(task, round, p, position, piece, _proofAt(from));
    }

    function answer(Proposal memory p, uint32 position, uint256 shown, uint16 from) external {
        _answer(p, position, shown, from);
    }

    function test_a_demanded_record_is_answered_out_of_the_roll() public {
        _aggregating(4);
        _include(0, 4);
        Proposal memory p = _proposal();
        _propose(p);
        _demandRecord(p, 2);
        IDisputeTypes.Piece memory none;
        IDisputeTypes.Piece memory piece = _includedPiece(2);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NoDemand.selector, bytes32(0)));
        disputes.answer(task, 1, p, _record(2), none, piece);
        _answer(p, 2, 2, 2);
        vm.assertEq(disputes.creditOf(address(this)), DEMAND_DEPOSIT, "earned");
        vm.expectPartialRevert(IDisputeTypes.NoDemand.selector);
        this.answer(p, 2, 2, 2);
        _settle(p);
    }

    function test_a_demanded_record_is_answered_in_time_alone() public {
        _aggregating(4);
        _include(0, 4);
        Proposal memory p = _proposal();
        _propose(p);
        _demandRecord(p, 2);
        uint256 due = block.timestamp + CHALLENGE;
        vm.warp(due + 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.WrongTime.selector, due, due + 1));
        this.answer(p, 2, 2, 2);
        vm.warp(due);
        _answer(p, 2, 2, 2);
    }

    function test_the_record_of_who_revealed_by_itself_needs_no_roll() public {
        _rolled(3);
        _commit(_silo(3));
        _toReveal();
        _postOpenings();
        _reveal(_silo(3));
        _toAggregate();
        _include(0, 4);
        Proposal memory p = _proposal();
        _propose(p);
        _demandRecord(p, 3);
        _answer(p, 3, 3, 0);
    }

    /// Somebody who signed two commits lands the one that was not taken: the proposal stands on the other.
    function test_who_signed_two_commits_cannot_bring_a_proposal_down() public {
        _open();
        _fill(0, 4);
        _postCommits();
        (bytes[] memory c, bytes[] memory o) = (commits, openings);
        _enlist(other);
        second = _silo(2);
        _fill(2, 3);
        second = address(0);
        _postCommitsBy(other, commits);
        _toReveal();
        _postOpeningsBy(other, openings);
        (bytes[] memory c2, bytes[] memory o2) = (commits, openings);
        (commits, openings) = (c, o);
        _postOpenings();
        _toAggregate();
        _include(0, 4);
        Proposal memory p = _proposal();
        _propose(p);
        _landFrom(other, 0, c2, o2);
        IDisputeTypes.Piece memory piece = _includedPiece(2);
        second = _silo(2);
        Opening memory landed = _opening(second);
        second = address(0);
        vm.assertTrue(coordinator.isOpening(task, 1, _silo(2), landed), "the other one is on chain");
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.MayBeRolled.selector, _silo(2)));
        disputes.challengeLeaf(task, 1, p, 2, piece, landed);
        _demandRecord(p, 2);
        _answer(p, 2, 2, 2);
        _settle(p);
    }

    function test_a_record_that_is_not_in_the_roll_costs_the_proposer_its_bond() public {
        _open();
        _fill(0, 4);
        commits[2] = _packed(2, _sign(_key(3), _unsigned(2))); // forged
        _postCommits();
        _toReveal();
        _postOpenings();
        _toAggregate();
        _include(0, 4);
        Proposal memory p = _proposal();
        _propose(p);
        _demandRecord(p, 2);
        vm.expectRevert(_bad(2));
        this.answer(p, 2, 2, 2);
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
        _demandRecord(p, 2);
        vm.expectPartialRevert(IDisputeTypes.RootMismatch.selector);
        this.answer(p, 2, 1, 1);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotRevealed.selector, _silo(2)));
        this.answer(p, 2, 2, 1);
    }

    function test_a_leaf_with_another_weight_or_payload_is_no_answer() public {
        _aggregating(4);
        _include(0, 4);
        Proposal memory p = _proposal();
        second = _silo(2);
        p.includedRoot = Trees.root(_includedLeaves());
        _propose(p);
        _demandRecord(p, 2);
        IDisputeTypes.Piece memory piece = _includedPiece(2);
        IDisputeTypes.RolledProof memory proof = _proofAt(2);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotRevealed.selector, _silo(2)));
        disputes.answerRecord(task, round, p, 2, piece, proof);
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

    function test_who_is_included_and_excluded_at_once_costs_the_bond_unasked() public {
        _aggregating(4);
        _include(0, 4);
        exclusions = abi.encodePacked(uint16(2), uint8(4));
        Proposal memory p = _proposal();
        _propose(p);
        disputes.challengeLeaf(task, 1, p, 2, _includedPiece(2), _opening(_silo(2)));
        vm.assertEq(coordinator.roundOf(task).overturned, 1, "overturned");
    }

    function test_a_record_of_another_round_is_none() public {
        _aggregating(4);
        IDisputeTypes.RolledProof memory proof = _proofAt(1);
        coordinator.rolledRecord(task, 1, poster, 1, proof.commit, proof.opening);
        vm.expectRevert(abi.encodeWithSelector(WrongRound.selector, task, 2, 1));
        coordinator.rolledRecord(task, 2, poster, 1, proof.commit, proof.opening);
    }

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
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.MayBeRolled.selector, _silo(2)));
        disputes.challengeLeaf(task, 1, p, 2, piece, o);
    }

    // --- rights

    /// The third silo commits under a grant that gives less than the others'.
    function _narrow() internal {
        IConsentLedger.Grant memory g = _grantFor(_silo(2), 77);
        g.purposes = PURPOSE;
        grants[_silo(2)] = _bringGrant(g);
    }

    function test_a_rolled_record_whose_grant_gives_less_than_is_claimed_is_no_answer() public {
        _narrow();
        _aggregating(4);
        _include(0, 4);
        Proposal memory p = _proposal();
        _propose(p);
        _demandRecord(p, 1);
        _answer(p, 1, 1, 1);
        _demandRecord(p, 2);
        vm.expectRevert(
            abi.encodeWithSelector(
                IDisputeTypes.RightsExceedGrant.selector, _silo(2), grants[_silo(2)], PURPOSE, PURPOSE | 8
            )
        );
        this.answer(p, 2, 2, 2);
        vm.warp(block.timestamp + CHALLENGE + 1);
        disputes.forfeit(task, 1, p, _record(2));
        vm.assertEq(registry.participant(aggregator).stake, 0, "bond");
    }

    function test_a_rolled_record_is_answered_where_all_that_is_claimed_is_given() public {
        _narrow();
        _aggregating(4);
        _include(0, 4);
        Proposal memory p = _proposal();
        p.purposes = PURPOSE;
        _propose(p);
        _demandRecord(p, 2);
        _answer(p, 2, 2, 2);
        _settle(p);
    }

    /// The second commit has the same update, under a narrower grant; landed or not, it proves nothing.
    function test_who_signed_two_commits_under_two_grants_cannot_bring_a_proposal_down() public {
        bytes32 wide = grants[_silo(2)];
        _open();
        _fill(0, 4);
        _postCommits();
        (bytes[] memory c, bytes[] memory o) = (commits, openings);
        _enlist(other);
        _narrow();
        _fill(2, 3);
        bytes32 narrow = grants[_silo(2)];
        grants[_silo(2)] = wide;
        _postCommitsBy(other, commits);
        _toReveal();
        _postOpeningsBy(other, openings);
        (bytes[] memory c2, bytes[] memory o2) = (commits, openings);
        (commits, openings) = (c, o);
        _postOpenings();
        _toAggregate();
        _include(0, 4);
        Proposal memory p = _proposal();
        _propose(p);
        _landFrom(other, 0, c2, o2);
        IDisputeTypes.Piece memory piece = _includedPiece(2);
        IDisputeTypes.Committed memory shown = IDisputeTypes.Committed(
            _digest(_silo(2), _opening(_silo(2))), _evidence(_silo(2)), narrow
        );
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.MayBeRolled.selector, _silo(2)));
        disputes.challengeRights(task, 1, p, 2, piece, shown);
        _demandRecord(p, 2);
        _answer(p, 2, 2, 2);
        _settle(p);
    }
}
