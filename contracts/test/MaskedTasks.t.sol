// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {vm} from "./Base.sol";
import {MaskedBase} from "./MaskedBase.sol";
import {RoundBase} from "./RoundBase.sol";

/// Which tasks may be masked.
contract MaskedTasksTest is MaskedBase {
    function _refused(TaskParams memory p, string memory field) internal {
        vm.prank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(InvalidTask.selector, field));
        coordinator.createTask(p, "");
    }

    function test_createTask_checks_a_masked_task() public {
        TaskParams memory p = _params();
        p.mode = 2;
        _refused(p, "mode");
        (p.mode, p.rule) = (1, 1);
        _refused(p, "mode");
        (p.rule, p.normBound) = (0, 1);
        _refused(p, "mode");
        (p.normBound, p.disclosure) = (0, 1);
        _refused(p, "mode");
        (p.disclosure, p.modes, p.revealGrace) = (0, 5, GRACE);
        _refused(p, "mode");
        p.modes = 7;
        _refused(p, "mode");
        (p.modes, p.shareWindow) = (1, 0);
        _refused(p, "shareWindow");
        (p.shareWindow, p.unmaskWindow) = (SHARE, 0);
        _refused(p, "unmaskWindow");
        (p.unmaskWindow, p.threshold) = (UNMASK, 1);
        _refused(p, "threshold");
        (p.threshold, p.quorum) = (2, 2);
        _refused(p, "quorum");
        p.quorum = 3;
        p.threshold = p.quorum + 1;
        _refused(p, "threshold");
        p.threshold = p.quorum;
        vm.prank(sponsor);
        coordinator.createTask(p, "");
    }

    function test_createTask_checks_groups() public {
        TaskParams memory p = _params();
        (p.quorum, p.group) = (4, 2);
        _refused(p, "group");
        p.group = 5; // more than may be left
        _refused(p, "group");
        (p.group, p.rule) = (3, 3);
        _refused(p, "mode");
        (p.rule, p.normBound) = (2, 1);
        _refused(p, "mode");
        for (p.normBound = 0; p.group < 5; ++p.group) {
            for (p.rule = 0; p.rule < 3; ++p.rule) {
                vm.prank(sponsor);
                coordinator.createTask(p, "");
            }
        }
    }

    function test_a_masked_task_may_be_relayed_where_it_counts_no_privacy_loss() public {
        TaskParams memory p = _params();
        (p.modes, p.privacyFloor) = (3, 1);
        _refused(p, "privacyFloor");
        p.privacyFloor = 0;
        vm.prank(sponsor);
        vm.assertEq(coordinator.taskOf(coordinator.createTask(p, "")).params.modes, 3, "modes");
    }

    function test_createTask_refuses_masks_in_a_clear_task() public {
        TaskParams memory p = RoundBase._params();
        p.group = 3;
        _refused(p, "group");
        (p.group, p.shareWindow) = (0, 1);
        _refused(p, "shareWindow");
        (p.shareWindow, p.unmaskWindow) = (0, 1);
        _refused(p, "unmaskWindow");
        (p.unmaskWindow, p.threshold) = (0, 2);
        _refused(p, "threshold");
    }

    function test_unbonding_covers_the_longest_masked_round() public {
        TaskParams memory p = _params();
        uint256 rest = uint256(COMMIT) + GAP + REVEAL + GRACE + 2 * (AGGREGATE + 4 * CHALLENGE) + 3 * GAP + UNMASK;
        p.shareWindow = uint32(uint256(registry.unbondingPeriod()) / 2 - rest);
        vm.prank(sponsor);
        coordinator.createTask(p, "");
        ++p.shareWindow;
        _refused(p, "unbondingPeriod");
    }
}
