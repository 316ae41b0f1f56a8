// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentLedger} from "../src/interfaces/IConsentLedger.sol";
import {IRelays} from "../src/interfaces/IRelays.sol";
import {RetractBase} from "./RetractBase.sol";
import {vm} from "./RoundBase.sol";

/// Consent is taken back at each moment of a round.
contract RetractTest is RetractBase {
    // --- each moment

    function test_consent_withdrawn_before_the_round_opens_refuses_the_commit() public {
        _withdraw(alice);
        _open();
        vm.expectPartialRevert(IConsentLedger.GrantWithdrawn.selector);
        this.commitAs(alice);
    }

    function test_consent_withdrawn_after_the_data_check_refuses_the_commit() public {
        _open();
        _withdraw(alice);
        vm.expectPartialRevert(IConsentLedger.GrantWithdrawn.selector);
        this.commitAs(alice);
        _refused(alice, _nothing(alice)); // never committed
    }

    function test_consent_withdrawn_after_the_commit_takes_it_out_without_a_loss() public {
        _open();
        _some(0, 3);
        _withdraw(alice);
        bytes32 commitment = _commitmentOf(alice);
        vm.expectEmit(address(coordinator));
        emit UpdateRetracted(task, 1, alice, 0, grants[alice], 4);
        vm.prank(stranger);
        coordinator.retract(task, round, alice, commitment, _evidence(alice), grants[alice]);
        RoundState memory r = coordinator.roundOf(task);
        vm.assertEq(r.committed, 3, "committed");
        vm.assertEq(r.late, 1, "neither counts nor owes");
        _toReveal();
        vm.expectRevert(abi.encodeWithSelector(NothingToReveal.selector, task, 1, alice));
        this.revealAs(alice);
        vm.assertFalse(coordinator.owesOpening(task, 1, 0), "owes nothing");
        _revealSome(1, 3);
        _phaseIs(Phase.Aggregate); // not held up by it
        _finish(2);
        vm.assertTrue(coordinator.roundOf(task).status == Status.DEGRADED, "one of the cohort is missing");
        _bondIsFree(alice);
    }

    function test_consent_withdrawn_after_the_reveal_takes_the_update_out() public {
        _open();
        _some(0, 4);
        _toReveal();
        _revealSome(0, 2);
        _withdraw(alice);
        _retract(alice);
        vm.assertFalse(coordinator.hasRevealed(task, 1, 0), "in no more");
        vm.assertEq(coordinator.roundOf(task).revealed, 1, "revealed");
        _revealSome(2, 4);
        _phaseIs(Phase.Aggregate);
        Proposal memory p = _proposal();
        (p.included, p.exclusions) = (4, "");
        vm.prank(aggregator);
        vm.expectRevert(abi.encodeWithSelector(MiscountedProposal.selector, task, 1, 4, 0, 3));
        coordinator.propose(task, round, p);
        (p.included, p.exclusions) = (2, abi.encodePacked(uint16(0), uint8(1)));
        vm.prank(aggregator);
        vm.expectRevert(abi.encodeWithSelector(BadExclusion.selector, task, 1, 0, 1));
        coordinator.propose(task, round, p);
        _finish(3);
        _bondIsFree(alice);
    }

    function test_consent_withdrawn_after_Reveal_comes_too_late_to_take_it_out() public {
        _open();
        _some(0, 4);
        _toReveal();
        _revealSome(0, 4);
        _withdraw(alice);
        _refused(alice, _wrongPhase(Phase.Aggregate));
        _propose(_proposal());
        _refused(alice, _wrongPhase(Phase.Challenge));
        vm.assertTrue(coordinator.hasRevealed(task, 1, 0), "in");
    }

    function test_consent_withdrawn_after_the_round_leaves_the_round_as_it_is() public {
        _runRound();
        _withdraw(alice);
        _refused(alice, _wrongPhase(Phase.Settled));
        _open();
        vm.expectPartialRevert(IConsentLedger.GrantWithdrawn.selector);
        this.commitAs(alice);
    }

    function test_retract_after_the_last_second_of_Reveal_is_refused() public {
        _open();
        _some(0, 4);
        _toReveal();
        _revealSome(0, 3);
        _withdraw(alice);
        uint256 last = coordinator.roundOf(task).deadline;
        uint256 start = vm.snapshotState();
        vm.warp(last + 1);
        _refused(alice, _wrongPhase(Phase.Aggregate));
        vm.revertToState(start);
        vm.warp(last);
        _retract(alice);
        vm.assertEq(coordinator.roundOf(task).revealed, 2, "in its last second");
    }

    // --- in a pause, relayed, between Commit and Reveal

    function test_retract_goes_on_in_a_pause_of_Commit_and_of_Reveal() public {
        _open();
        _some(0, 4);
        _toReveal();
        _revealSome(0, 2);
        coordinator.pause(uint40(block.timestamp + 60));
        vm.warp(block.timestamp + 30);
        _withdraw(alice);
        _retract(alice);
        vm.assertEq(coordinator.roundOf(task).revealed, 1, "out");
    }

    function test_retract_goes_on_in_a_pause_of_Commit() public {
        _open();
        _some(0, 3);
        coordinator.pause(uint40(block.timestamp + 2 * COMMIT));
        vm.warp(block.timestamp + 2 * COMMIT); // time stands
        _withdraw(alice);
        _retract(alice);
        _phaseIs(Phase.Commit);
        vm.assertEq(coordinator.roundOf(task).late, 1, "out");
    }

    function test_retract_takes_out_a_relayed_commit_and_a_relayed_opening() public {
        _open();
        _relay(_commits(4));
        _withdraw(alice);
        _retract(alice);
        _toReveal();
        IRelays.RelayedOpening[] memory batch = new IRelays.RelayedOpening[](2);
        (batch[0], batch[1]) = (_openingOf(0), _openingOf(1));
        vm.recordLogs();
        _relay(batch);
        _assertSkipped(SKIPPED_REVEAL, alice, IRelays.Skip.NothingToReveal);
        _withdraw(_silo(1));
        _retract(_silo(1));
        (batch[0], batch[1]) = (_openingOf(2), _openingOf(3));
        _relay(batch);
        vm.assertEq(coordinator.roundOf(task).revealed, 2, "the other two");
        _phaseIs(Phase.Aggregate);
    }

    function test_retract_between_Commit_and_Reveal() public {
        _open();
        _some(0, 4);
        _withdraw(alice);
        _retract(alice);
        vm.assertEq(coordinator.roundOf(task).late, 1, "out");
        _phaseIs(Phase.Reveal);
    }
}
