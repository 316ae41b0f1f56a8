// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

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

    // --- who may be excluded

    function test_with_rolls_exclusions_ascend_and_have_a_listed_reason() public {
        _aggregating(4);
        _include(0, 2);
        _out(3, 4);
        _out(3, 4);
        _refused(_badExclusion(3, 4));
        _out(3, 4);
        _out(2, 4);
        _refused(_badExclusion(2, 4));
        _out(2, 0);
        _refused(_badExclusion(2, 0));
        _out(2, 8);
        _refused(_badExclusion(2, 8));
        _out(2, 4);
        _out(3, 7);
        _propose(_proposal());
    }

    function test_without_openings_in_rolls_who_did_not_reveal_may_still_be_named() public {
        _rolled(2);
        for (uint256 i; i < SILOS; ++i) {
            _commit(_silo(i));
        }
        _toReveal();
        _revealAll();
        _toAggregate();
        _include(0, 3);
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

    /// What a poster claims is nobody's duty: an aggregator names whom it found, and a challenge whom it passed over.
    function test_with_rolls_included_and_excluded_need_not_add_up() public {
        _aggregating(4);
        _include(0, 2);
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p);
        vm.assertTrue(coordinator.roundOf(task).status == Status.DEGRADED, "two are missing");
    }

    function test_whom_nobody_can_check_makes_no_quorum() public {
        _aggregating(4);
        _include(0, 1);
        _out(1, 4);
        _out(2, 4);
        vm.expectRevert(abi.encodeWithSelector(TooFewLeft.selector, task, 1, 1, 2));
        this.propose();
        _land(2); // on chain it counts
        _propose(_proposal());
    }

    function test_fewer_than_the_quorum_may_only_say_that_nothing_came() public {
        _aggregating(4);
        Proposal memory p = _proposal();
        _propose(p);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.settle(task, 1, p);
        _assertPhase(Phase.Voided);
    }

    // --- what else changes with rolls

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
