// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMaskDesk} from "../src/interfaces/IMaskDesk.sol";
import {MaskedProofs} from "./MaskedProofs.sol";
import {vm} from "./Base.sol";

/// Masked in groups, under a rule by rank across their means: no sum is what the aggregate is made of.
contract ChallengeGroupsTest is MaskedProofs {
    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        (p.group, p.rule) = (3, 1);
    }

    function setUp() public override {
        super.setUp();
        _prepareAll();
        _toAggregate();
    }

    function test_aggregate_of_a_rule_by_rank_is_not_held_to_the_mean() public {
        aggregateLie = 1; // what a median may well be beside the mean
        Proposal memory p = _proposed();
        IMaskDesk.MaskedUpdate[] memory shown = _all(lieChunk);
        vm.expectRevert(abi.encodeWithSelector(IMaskDesk.RuleNotProvable.selector, task, 1));
        this.challenge(p, lieChunk, lieWord, shown, new bytes32[](0));
    }
}
