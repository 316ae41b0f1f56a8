// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMaskDesk} from "../src/interfaces/IMaskDesk.sol";
import {MaskedProofs} from "./MaskedProofs.sol";
import {vm} from "./Base.sol";

/// Masked in groups: no one sum is what the aggregate is made of, so none refutes it, not under the mean either.
contract ChallengeGroupsTest is MaskedProofs {
    uint8 internal rule;

    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        (p.group, p.rule) = (3, rule);
    }

    function setUp() public virtual override {
        super.setUp();
        _prepareAll();
        _toAggregate();
    }

    function test_aggregate_of_groups_is_not_held_to_one_sum() public {
        aggregateLie = 1;
        Proposal memory p = _proposed();
        IMaskDesk.MaskedUpdate[] memory shown = _all(lieChunk);
        vm.expectRevert(abi.encodeWithSelector(IMaskDesk.InGroups.selector, task, 3));
        this.challenge(p, lieChunk, lieWord, shown, new bytes32[](0));
    }
}

contract ChallengeRankedGroupsTest is ChallengeGroupsTest {
    function setUp() public override {
        rule = 1;
        super.setUp();
    }
}
