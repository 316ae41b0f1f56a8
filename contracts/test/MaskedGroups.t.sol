// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MaskedBase} from "./MaskedBase.sol";
import {vm} from "./Base.sol";

/// Masked rounds whose cohort masks in groups: a proposal may leave whole groups out, and no more than that.
contract MaskedGroupsTest is MaskedBase {
    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        (p.group, p.rule) = (3, 1);
    }

    function setUp() public override {
        super.setUp();
        _toUnmask();
        for (uint256 i; i < 4; ++i) {
            _show(_silo(i));
        }
        _opens();
    }

    function test_a_member_of_a_group_is_left_out_for_every_reason_of_the_list() public {
        for (uint8 reason = 1; reason <= 7; ++reason) {
            uint256 before = vm.snapshotState();
            Proposal memory p = _proposal();
            (p.included, p.exclusions) = (3, abi.encodePacked(uint16(3), reason));
            _propose(p);
            vm.revertToState(before);
        }
    }

    function test_no_other_reason_is_taken() public {
        Proposal memory p = _proposal();
        (p.included, p.exclusions) = (3, hex"000308");
        vm.prank(aggregator);
        vm.expectRevert(abi.encodeWithSelector(BadExclusion.selector, task, round, 3, 8));
        coordinator.propose(task, round, p);
    }

    function test_half_of_the_cohort_is_too_few() public {
        Proposal memory p = _proposal();
        (p.included, p.exclusions) = (2, hex"000205000305");
        vm.prank(aggregator);
        vm.expectRevert(abi.encodeWithSelector(TooFewLeft.selector, task, round, 4, 3));
        coordinator.propose(task, round, p);
    }
}
