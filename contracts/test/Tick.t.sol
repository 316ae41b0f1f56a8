// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RoundBase, bound, vm} from "./RoundBase.sol";

contract TickTest is RoundBase {
    function _tickLate(uint256 late) internal {
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1 + late);
        vm.prank(stranger);
        coordinator.tick(task);
    }

    function test_a_late_tick_does_not_lengthen_the_next_phase(uint256 late) public {
        _open();
        _commit(_silo(0));
        _commit(_silo(1));
        uint256 end = coordinator.roundOf(task).deadline;
        late = bound(late, 0, GAP + REVEAL - 1);
        _tickLate(late);
        RoundState memory r = coordinator.roundOf(task);
        vm.assertEq(r.opensAt, end + GAP, "opens");
        vm.assertEq(r.deadline, end + GAP + REVEAL, "ends");
    }

    function test_a_round_without_commits_voids_and_releases_the_reserve() public {
        _open();
        vm.assertEq(treasury.accountOf(task).reserved, REWARD, "held");
        vm.expectEmit(address(coordinator));
        emit RoundVoided(task, 1, Phase.Commit);
        _tickLate(0);
        vm.assertEq(treasury.accountOf(task).escrow, 10 * REWARD, "released");
        vm.assertEq(uint256(coordinator.roundOf(task).status), uint256(Status.VOIDED), "status");
    }

    function test_a_round_with_too_few_openings_voids() public {
        _open();
        _commitAll();
        _reveal(_silo(0));
        vm.expectEmit(address(coordinator));
        emit RoundVoided(task, 1, Phase.Reveal);
        _tickLate(0);
        vm.assertEq(registry.held(), 0, "no duty bond: there was nothing to aggregate");
    }

    function test_an_aggregator_that_never_comes_loses_its_bond_and_so_does_the_standby() public {
        _open();
        _commitAll();
        _revealAll();
        vm.expectEmit(address(coordinator));
        emit DutySlashed(task, 1, aggregator, DUTY_BOND, "no proposal");
        _tickLate(0);
        vm.assertEq(registry.participant(aggregator).stake, 0, "aggregator");
        vm.assertEq(registry.participant(standby).stake, 0, "standby");
        vm.assertEq(treasury.accountOf(task).escrow, 10 * REWARD, "nobody is paid");
    }

    function test_one_tick_after_a_long_silence_goes_all_the_way() public {
        _open();
        _commit(_silo(0));
        _commit(_silo(1));
        _tickLate(1_000_000);
        _assertPhase(Phase.Voided);
        RoundState memory r = coordinator.roundOf(task);
        vm.assertTrue(r.revealDeadline != 0, "Reveal came and went");
        vm.assertTrue(coordinator.owesOpening(task, 1, 0), "and both were silent");
    }

    function test_the_view_tells_the_phase_that_a_call_would_find() public {
        _open();
        _commit(_silo(0));
        _commit(_silo(1));
        for (uint256 step; step < 40; ++step) {
            vm.warp(block.timestamp + 10);
            RoundState memory seen = coordinator.roundOf(task);
            coordinator.tick(task);
            RoundState memory kept = coordinator.roundOf(task);
            vm.assertEq(keccak256(abi.encode(seen)), keccak256(abi.encode(kept)), "view = state");
        }
    }

    function test_tick_before_a_deadline_changes_nothing() public {
        _open();
        bytes32 before = keccak256(abi.encode(coordinator.roundOf(task)));
        vm.warp(coordinator.roundOf(task).deadline);
        coordinator.tick(task);
        vm.assertEq(keccak256(abi.encode(coordinator.roundOf(task))), before, "same");
    }
}
