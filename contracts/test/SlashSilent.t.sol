// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RoundBase, bound, vm} from "./RoundBase.sol";

contract SlashSilentTest is RoundBase {
    function _everybody() internal pure returns (uint16[] memory all) {
        all = new uint16[](SILOS);
        for (uint16 i; i < SILOS; ++i) {
            all[i] = i;
        }
    }

    /// When all have opened, aggregation begins at once: somebody proposes, or that would be punished too.
    function _afterGrace() internal {
        if (_phase() == Phase.Aggregate) _propose(_proposal());
        vm.warp(uint256(coordinator.roundOf(task).revealDeadline) + GRACE + 1);
    }

    function test_silence_of_any_k_of_n_costs_exactly_their_bonds(uint256 k) public {
        k = bound(k, 0, SILOS);
        _kSilent(k);
    }

    function test_silence_of_each_k_of_n_costs_exactly_their_bonds() public {
        for (uint256 k; k <= SILOS; ++k) {
            setUp();
            _kSilent(k);
        }
    }

    function _kSilent(uint256 k) internal {
        _open();
        _commitAll();
        for (uint256 i = k; i < SILOS; ++i) {
            _reveal(_silo(i));
        }
        _afterGrace();
        vm.prank(stranger);
        coordinator.slashSilent(task, 1, _everybody());
        for (uint256 i; i < SILOS; ++i) {
            vm.assertEq(registry.participant(_silo(i)).stake, i < k ? 0 : BOND, "stake");
            vm.assertTrue(coordinator.enrolmentOf(task, _silo(i)).enrolled == (i >= k), "enrolled");
        }
        vm.assertEq(registry.held(), k * BOND, "held");
        vm.assertEq(coordinator.taskOf(task).enrolled, SILOS - k, "count");
        vm.assertTrue((_phase() == Phase.Voided) == (SILOS - k < 2), "quorum of openings");
    }

    function test_nobody_is_slashed_before_the_grace_is_over() public {
        _open();
        _commitAll();
        _reveal(_silo(1));
        _reveal(_silo(2));
        uint256 end = uint256(coordinator.roundOf(task).revealDeadline) + GRACE;
        vm.warp(end);
        vm.expectRevert(abi.encodeWithSelector(TooEarly.selector, end + 1, end));
        coordinator.slashSilent(task, 1, _everybody());
    }

    function test_nobody_is_slashed_twice() public {
        _open();
        _commitAll();
        _reveal(_silo(1));
        _reveal(_silo(2));
        _afterGrace();
        _deposit(_silo(0), BOND); // more to take
        coordinator.slashSilent(task, 1, _everybody());
        coordinator.slashSilent(task, 1, _everybody());
        vm.assertEq(registry.participant(_silo(0)).stake, BOND, "one bond");
    }

    function test_who_never_committed_is_not_slashed() public {
        _open();
        _commit(_silo(1));
        _commit(_silo(2));
        vm.warp(block.timestamp + COMMIT + GAP + 1);
        _reveal(_silo(1));
        _reveal(_silo(2));
        _afterGrace();
        coordinator.slashSilent(task, 1, _everybody());
        vm.assertEq(registry.held(), 0, "nothing");
    }

    function test_indices_of_nobody_are_skipped() public {
        _open();
        _commitAll();
        _reveal(_silo(1));
        _reveal(_silo(2));
        _afterGrace();
        uint16[] memory odd = new uint16[](3);
        (odd[0], odd[1], odd[2]) = (65535, 4, 0);
        coordinator.slashSilent(task, 1, odd);
        vm.assertEq(coordinator.roundOf(task).slashed, 1, "the one that was silent");
    }

    function test_a_past_round_cannot_be_slashed_again() public {
        _runRound();
        _open();
        vm.expectRevert(abi.encodeWithSelector(WrongRound.selector, task, 1, 2));
        coordinator.slashSilent(task, 1, _everybody());
    }

    function test_slashing_works_in_every_phase_after_reveal() public {
        _open();
        _commitAll();
        _reveal(_silo(1));
        _reveal(_silo(2));
        _afterGrace(); // Aggregate
        uint16[] memory one = new uint16[](1);
        coordinator.slashSilent(task, 1, one);
        Proposal memory p = _proposal();
        _propose(p);
        _settle(p); // Settled
        one[0] = 3;
        coordinator.slashSilent(task, 1, one);
        vm.assertEq(registry.held(), 2 * BOND, "both");
        _open();
    }

    function test_the_slashed_may_enrol_again_with_a_new_bond() public {
        _open();
        _commitAll();
        _reveal(_silo(1));
        _reveal(_silo(2));
        _reveal(_silo(3));
        _afterGrace();
        coordinator.slashSilent(task, 1, _everybody());
        _deposit(_silo(0), BOND);
        vm.prank(_silo(0));
        coordinator.enrol(task);
        Enrolment memory e = coordinator.enrolmentOf(task, _silo(0));
        vm.assertEq(e.fromRound, 2, "next round");
        vm.assertTrue(e.bonded, "bonded");
    }
}
