// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {DisputeBase, vm} from "./DisputeBase.sol";
import {Trees} from "./Trees.sol";

/// Lies about who is in the aggregate, with what, and why others are not.
contract ChallengeRecordTest is DisputeBase {
    uint256 internal constant AGGREGATOR_KEY = 0x5e03;

    // The lies: a leaf replaced, the order of the first two, exclusions.
    uint256 internal liar = type(uint256).max;
    bytes internal lyingLeaf;
    bool internal swapped;
    bytes internal exclusions;

    function _leafOf(address who) internal view override returns (bytes memory) {
        if (swapped && who == _silo(0)) return super._leafOf(_silo(1));
        if (swapped && who == _silo(1)) return super._leafOf(_silo(0));
        return liar < SILOS && who == _silo(liar) ? lyingLeaf : super._leafOf(who);
    }

    function _included() internal view override returns (address[] memory who) {
        who = super._included();
        if (exclusions.length == 0) return who;
        assembly {
            mstore(who, sub(mload(who), 1)) // the last silo is out
        }
    }

    function _proposal() internal view override returns (Proposal memory p) {
        p = super._proposal();
        p.exclusions = exclusions;
    }

    function _challengeLeaf(Proposal memory p, uint32 position, Opening memory o) internal {
        vm.prank(stranger);
        disputes.challengeLeaf(task, round, p, position, _piece(_leaves(), position), o);
    }

    function challengeLeaf(Proposal memory p, uint32 position, Opening memory o) external {
        _challengeLeaf(p, position, o);
    }

    function _assertOverturned() internal view {
        vm.assertEq(coordinator.roundOf(task).overturned, 1, "overturned");
        vm.assertEq(registry.participant(aggregator).stake, 0, "bond");
    }

    // --- leaves

    function test_weight_that_was_not_revealed_costs_the_bond() public {
        Opening memory o = _opening(_silo(2));
        (liar, lyingLeaf) = (2, abi.encodePacked(_silo(2), bytes32(0), o.weight + 1));
        o = _relied(o.weight + 1);
        Proposal memory p = _toChallenge();
        _challengeLeaf(p, 2, _opening(_silo(2)));
        _assertOverturned();
    }

    /// The lying leaf with the true payload root, so that the weight alone is wrong.
    function _relied(uint32 weight) internal returns (Opening memory o) {
        o = _opening(_silo(2));
        lyingLeaf = abi.encodePacked(_silo(2), o.payloadRoot, weight);
    }

    function test_coefficient_of_a_rule_that_reweights_is_no_lie_about_a_weight() public {
        for (rule = 5; rule <= 7; ++rule) {
            setUp();
            liar = 2;
            _relied(77);
            Proposal memory p = _toChallenge();
            Opening memory o = _opening(_silo(2));
            vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, uint256(o.weight), 77));
            this.challengeLeaf(p, 2, o);
        }
    }

    function test_payload_root_that_was_not_revealed_costs_the_bond_under_a_rule_that_reweights() public {
        rule = 6;
        setUp();
        (liar, lyingLeaf) = (1, abi.encodePacked(_silo(1), keccak256("another"), _weightOf(_silo(1))));
        Proposal memory p = _toChallenge();
        _challengeLeaf(p, 1, _opening(_silo(1)));
        _assertOverturned();
    }

    function test_payload_root_that_was_not_revealed_costs_the_bond() public {
        (liar, lyingLeaf) = (1, abi.encodePacked(_silo(1), keccak256("another"), _weightOf(_silo(1))));
        Proposal memory p = _toChallenge();
        _challengeLeaf(p, 1, _opening(_silo(1)));
        _assertOverturned();
    }

    function test_included_stranger_costs_the_bond() public {
        (liar, lyingLeaf) = (3, abi.encodePacked(stranger, keccak256("mine"), uint32(5)));
        Proposal memory p = _toChallenge();
        Opening memory none;
        _challengeLeaf(p, 3, none);
        _assertOverturned();
    }

    function test_participant_both_included_and_excluded_costs_the_bond() public {
        // silo 3 is excluded; the leaf of silo 2 names it all the same
        exclusions = abi.encodePacked(uint16(3), uint8(4));
        (liar, lyingLeaf) = (2, super._leafOf(_silo(3)));
        Proposal memory p = _toChallenge();
        Opening memory none;
        _challengeLeaf(p, 2, none);
        _assertOverturned();
    }

    function test_true_leaf_cannot_be_refuted() public {
        Proposal memory p = _toChallenge();
        for (uint32 i; i < SILOS; ++i) {
            Opening memory o = _opening(_silo(i));
            vm.expectPartialRevert(IDisputeTypes.NotWrong.selector);
            this.challengeLeaf(p, i, o);
        }
    }

    function test_invented_opening_refutes_no_leaf() public {
        Proposal memory p = _toChallenge();
        Opening memory o = _opening(_silo(0));
        ++o.weight;
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotRevealed.selector, _silo(0)));
        this.challengeLeaf(p, 0, o);
    }

    function test_leaf_outside_of_the_included_is_refused() public {
        Proposal memory p = _toChallenge();
        Opening memory o = _opening(_silo(0));
        bytes[] memory leaves = _leaves();
        IDisputeTypes.Piece memory piece = _piece(leaves, 0);
        vm.expectRevert();
        disputes.challengeLeaf(task, round, p, uint32(SILOS), piece, o);
    }

    // --- order

    function test_leaves_out_of_order_cost_the_bond() public {
        swapped = true;
        Proposal memory p = _toChallenge();
        bytes[] memory leaves = _leaves();
        disputes.challengeOrder(task, round, p, 0, _piece(leaves, 0), _piece(leaves, 1));
        _assertOverturned();
    }

    function test_update_counted_twice_costs_the_bond() public {
        (liar, lyingLeaf) = (1, super._leafOf(_silo(0)));
        Proposal memory p = _toChallenge();
        bytes[] memory leaves = _leaves();
        disputes.challengeOrder(task, round, p, 0, _piece(leaves, 0), _piece(leaves, 1));
        _assertOverturned();
    }

    function test_leaves_in_order_cannot_be_refuted() public {
        Proposal memory p = _toChallenge();
        bytes[] memory leaves = _leaves();
        IDisputeTypes.Piece memory a = _piece(leaves, 1);
        IDisputeTypes.Piece memory b = _piece(leaves, 2);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, 1, 2));
        disputes.challengeOrder(task, round, p, 1, a, b);
    }

    // --- exclusions

    function _excludedFor(uint8 reason) internal returns (Proposal memory) {
        exclusions = abi.encodePacked(uint16(3), reason);
        return _toChallenge();
    }

    function _challengeExclusion(Proposal memory p, bytes memory receipt) internal {
        disputes.challengeExclusion(task, round, p, 0, _opening(_silo(3)), receipt);
    }

    function challengeExclusion(Proposal memory p, bytes memory receipt) external {
        _challengeExclusion(p, receipt);
    }

    function _receipt(uint256 key) internal view returns (bytes memory) {
        Opening memory o = _opening(_silo(3));
        bytes32 digest = disputes.hashReceipt(task, round, _silo(3), o.sealedRoot, o.contentKeyHash);
        return _signature(key, digest);
    }

    function test_excluded_as_unavailable_despite_the_proposers_receipt_costs_the_bond() public {
        Proposal memory p = _excludedFor(1);
        _challengeExclusion(p, _receipt(AGGREGATOR_KEY));
        _assertOverturned();
    }

    function test_proposer_cannot_disown_its_receipt_with_code() public {
        Proposal memory p = _excludedFor(1);
        bytes memory receipt = _receipt(AGGREGATOR_KEY);
        vm.etch(aggregator, hex"5f5ffd"); // reverts; EIP-7702
        _challengeExclusion(p, receipt);
        _assertOverturned();
    }

    function test_receipt_of_anybody_else_refutes_nothing() public {
        Proposal memory p = _excludedFor(1);
        bytes memory receipt = _receipt(HOLDER_KEY);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, 3, 1));
        this.challengeExclusion(p, receipt);
    }

    function test_receipt_for_another_update_refutes_nothing() public {
        Proposal memory p = _excludedFor(1);
        Opening memory o = _opening(_silo(2));
        bytes32 digest = disputes.hashReceipt(task, round, _silo(3), o.sealedRoot, o.contentKeyHash);
        bytes memory receipt = _signature(AGGREGATOR_KEY, digest);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, 3, 1));
        this.challengeExclusion(p, receipt);
    }

    function test_receipt_with_an_invented_opening_refutes_nothing() public {
        Proposal memory p = _excludedFor(1);
        Opening memory o = _opening(_silo(3));
        o.sealedRoot = keccak256("never revealed");
        bytes32 digest = disputes.hashReceipt(task, round, _silo(3), o.sealedRoot, o.contentKeyHash);
        bytes memory receipt = _signature(AGGREGATOR_KEY, digest);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotRevealed.selector, _silo(3)));
        disputes.challengeExclusion(task, round, p, 0, o, receipt);
    }

    function test_norm_bound_in_a_task_without_one_costs_the_bond() public {
        Proposal memory p = _excludedFor(6);
        _challengeExclusion(p, "");
        _assertOverturned();
    }

    function test_norm_bound_in_a_task_with_one_stands() public {
        normBound = 77;
        setUp();
        Proposal memory p = _excludedFor(6);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, 3, 6));
        this.challengeExclusion(p, "");
    }

    function test_left_out_by_a_rule_that_leaves_nobody_out_costs_the_bond() public {
        Proposal memory p = _excludedFor(7);
        _challengeExclusion(p, "");
        _assertOverturned();
    }

    function test_left_out_by_a_rule_that_chooses_stands() public {
        for (rule = 3; rule <= 7; ++rule) {
            setUp();
            Proposal memory p = _excludedFor(7);
            vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, 3, 7));
            this.challengeExclusion(p, "");
        }
    }

    function test_left_out_by_a_rule_that_only_ranks_costs_the_bond() public {
        rule = 2;
        setUp();
        Proposal memory p = _excludedFor(7);
        _challengeExclusion(p, "");
        _assertOverturned();
    }

    function test_reason_that_only_a_reader_can_judge_stands() public {
        Proposal memory p = _excludedFor(4);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotWrong.selector, 3, 4));
        this.challengeExclusion(p, "");
    }
}
