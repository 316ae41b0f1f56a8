// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "../src/interfaces/IDisputeTypes.sol";
import {RollBase} from "./RollBase.sol";
import {vm} from "./RoundBase.sol";
import {Trees} from "./Trees.sol";

/// Leaves with another weight than was revealed: coefficients under a rule that reweights, else lies. How such a task pays,
/// and a demanded record of a roll; ChallengeRecord.t.sol has the leaves of direct reveals.
contract ReweightedTest is RollBase {
    address internal scaled; // whose leaf holds another weight
    uint8 internal rule;

    function _opening(address silo) internal view override returns (Opening memory o) {
        o = super._opening(silo);
        if (silo == scaled) o.weight = 65_535;
    }

    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        (p.rule, p.rewardBy) = (rule, 1);
    }

    function _answer(Proposal memory p) internal {
        IDisputeTypes.Piece memory piece = _includedPiece(2);
        disputes.answerRecord(task, round, p, 2, piece, _proofAt(2));
    }

    function answer(Proposal memory p) external {
        _answer(p);
    }

    function _demandedWithAnotherWeight(uint8 rule_) internal returns (Proposal memory p) {
        rule = rule_;
        setUp();
        _aggregating(4);
        _include(0, 4);
        p = _proposal();
        scaled = _silo(2);
        p.includedRoot = Trees.root(_includedLeaves());
        _propose(p);
        vm.prank(stranger);
        disputes.demand{value: DEMAND_DEPOSIT}(
            task, round, p, IDisputeTypes.Target(IDisputeTypes.Tree.Record, 2, 0)
        );
    }

    function test_a_coefficient_is_no_answer_under_a_rule_that_keeps_the_weights() public {
        Proposal memory p = _demandedWithAnotherWeight(4);
        vm.expectRevert(abi.encodeWithSelector(IDisputeTypes.NotRevealed.selector, _silo(2)));
        this.answer(p);
    }

    function test_a_coefficient_is_an_answer_under_a_rule_that_reweights() public {
        Proposal memory p = _demandedWithAnotherWeight(5);
        _answer(p);
        vm.assertEq(disputes.creditOf(address(this)), DEMAND_DEPOSIT, "earned");
    }

    function test_a_rule_that_reweights_pays_by_no_examples() public {
        TaskParams memory p = _params();
        for (p.rule = 5; p.rule <= 7; ++p.rule) {
            p.rewardBy = 0;
            vm.expectRevert(abi.encodeWithSelector(InvalidTask.selector, "rewardBy"));
            coordinator.createTask(p, "");
            p.rewardBy = 1;
            coordinator.createTask(p, "");
        }
    }
}
