// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {RetractBase} from "./RetractBase.sol";
import {RollBase} from "./RollBase.sol";
import {vm} from "./RoundBase.sol";

/// Which commits cannot be taken out, what is left of the round, and what it costs.
contract RetractRulesTest is RetractBase {
    // --- what is refused

    function test_retract_under_a_grant_that_stands_is_refused() public {
        _open();
        _some(0, 2);
        _refused(alice, abi.encodeWithSelector(ConsentStands.selector, task, 1, grants[alice]));
    }

    function test_retract_under_the_withdrawn_grant_of_another_is_refused() public {
        _open();
        _some(0, 2);
        _withdraw(_silo(1));
        _refused(alice, _commitmentOf(alice), _evidence(alice), grants[_silo(1)], _nothing(alice));
        _refused(alice, _commitmentOf(_silo(1)), _evidence(_silo(1)), grants[_silo(1)], _nothing(alice));
    }

    function test_retract_under_another_grant_of_the_same_silo_is_refused() public {
        bytes32 another = _bringGrant(_grantFor(alice, 88));
        vm.prank(holder);
        consent.withdraw(another);
        _open();
        _some(0, 2);
        _refused(alice, _commitmentOf(alice), _evidence(alice), another, _nothing(alice));
    }

    function test_retract_of_another_commitment_or_evidence_is_refused() public {
        _open();
        _some(0, 2);
        _withdraw(alice);
        _refused(alice, keccak256("other"), _evidence(alice), grants[alice], _nothing(alice));
        _refused(alice, _commitmentOf(alice), keccak256("other"), grants[alice], _nothing(alice));
        _refused(stranger, _commitmentOf(alice), _evidence(alice), grants[alice], _nothing(stranger));
    }

    function test_retract_twice_is_refused() public {
        _open();
        _some(0, 2);
        _withdraw(alice);
        _retract(alice);
        _refused(alice, _nothing(alice));
    }

    /// The slot still holds the last round's record.
    function test_retract_of_the_last_rounds_commit_is_refused() public {
        _runRound();
        bytes32 commitment = _commitmentOf(alice);
        _withdraw(alice);
        _open();
        _refused(alice, commitment, _evidence(alice), grants[alice], _nothing(alice));
        --round;
        vm.expectRevert(abi.encodeWithSelector(WrongRound.selector, task, 1, 2));
        coordinator.retract(task, round, alice, commitment, _evidence(alice), grants[alice]);
    }

    function test_commit_after_a_retraction_is_refused_in_the_same_round() public {
        _open();
        _some(0, 2);
        _withdraw(alice);
        _retract(alice);
        grants[alice] = _bringGrant(_grantFor(alice, 88));
        vm.expectRevert(abi.encodeWithSelector(AlreadyCommitted.selector, task, 1, alice));
        this.commitAs(alice);
    }

    // --- quorum, and the early end

    function test_commits_that_are_left_must_reach_the_quorum() public {
        _open();
        _some(0, 2);
        _withdraw(alice);
        _retract(alice);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        _phaseIs(Phase.Voided);
        _open(); // nobody owes anything
    }

    function test_openings_that_are_left_must_reach_the_quorum() public {
        _open();
        _some(0, 3);
        _toReveal();
        _revealSome(0, 2);
        _withdraw(alice);
        _retract(alice);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        _phaseIs(Phase.Voided);
    }

    function test_retract_of_the_last_who_owes_ends_Reveal() public {
        _open();
        _some(0, 4);
        _toReveal();
        _revealSome(1, 4);
        _withdraw(alice);
        _retract(alice);
        _phaseIs(Phase.Aggregate);
        _finish(3);
    }

    function test_retract_of_everybody_voids_the_round_at_once_and_costs_nobody() public {
        _open();
        _some(0, 4);
        for (uint256 i; i < SILOS; ++i) {
            _withdraw(_silo(i));
            _retract(_silo(i));
        }
        _phaseIs(Phase.Voided);
        for (uint256 i; i < SILOS; ++i) {
            _bondIsFree(_silo(i));
        }
    }

    function test_retract_does_not_end_Commit_for_those_who_may_still_come() public {
        _open();
        _some(0, 3);
        _withdraw(alice);
        _retract(alice);
        _phaseIs(Phase.Commit);
        _commit(_silo(3));
        _phaseIs(Phase.Reveal);
    }

    // --- withdrawing is no free way not to open

    function test_who_was_retracted_sits_out_three_rounds() public {
        _open();
        _some(0, 2);
        _withdraw(alice);
        _retract(alice);
        vm.assertFalse(coordinator.enrolmentOf(task, alice).enrolled, "out");
        grants[alice] = _bringGrant(_grantFor(alice, 88));
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        for (uint32 r = 1; r < 4; ++r) {
            vm.prank(alice);
            vm.expectRevert(_waiting(alice, 4));
            coordinator.enrol(task);
            _voidRound();
        }
        vm.prank(alice);
        coordinator.enrol(task);
        _open();
        vm.assertEq(round, 5, "after rounds 2, 3 and 4");
        this.commitAs(alice);
    }

    function test_who_leaves_before_it_is_retracted_waits_all_the_same() public {
        _open();
        _some(0, 2);
        vm.prank(alice);
        coordinator.leave(task);
        _withdraw(alice);
        _retract(alice);
        vm.prank(alice);
        vm.expectRevert(_waiting(alice, 4));
        coordinator.enrol(task);
    }
}

/// A task that needs everybody: whoever were to wait for rounds would keep them from beginning.
contract RetractOfAllTest is RetractBase {
    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        p.quorum = uint16(SILOS);
    }

    function test_nobody_waits_for_rounds_that_cannot_begin_without_it() public {
        _open();
        _some(0, 2);
        _withdraw(alice);
        _retract(alice);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        vm.prank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(TooFewEnrolled.selector, task, SILOS - 1, SILOS));
        coordinator.openRound(task);
        grants[alice] = _bringGrant(_grantFor(alice, 88));
        vm.prank(alice);
        coordinator.enrol(task);
        _open();
        this.commitAs(alice);
    }

    function test_once_somebody_took_its_place_it_waits() public {
        _open();
        _some(0, 2);
        _withdraw(alice);
        _retract(alice);
        _join(SILOS);
        vm.prank(alice);
        vm.expectRevert(_waiting(alice, 4));
        coordinator.enrol(task);
    }
}

contract RetractWithoutWaitTest is RetractBase {
    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        p.waitRounds = 0;
    }

    function test_who_was_retracted_enrols_at_once_where_the_task_lets_it() public {
        _open();
        _some(0, 2);
        _withdraw(alice);
        _retract(alice);
        vm.prank(alice);
        coordinator.enrol(task);
        vm.assertTrue(coordinator.enrolmentOf(task, alice).enrolled, "in the next round");
    }
}

contract RetractRolledTest is RollBase {
    /// Once lifted it is a commit like any other; the place in the roll was judged by the second before Reveal.
    function test_retract_of_a_lifted_commit_frees_it_from_opening() public {
        _rolled(2);
        _commit(_silo(3));
        address alice = _silo(0);
        bytes32 commitment = _digest(alice, _opening(alice));
        _toReveal();
        _reveal(_silo(3));
        vm.warp(_half() + 1);
        this.lift(alice, 0);
        vm.prank(holder);
        consent.withdraw(grants[alice]);
        coordinator.retract(task, 1, alice, commitment, _evidence(alice), grants[alice]);
        vm.assertFalse(coordinator.owesOpening(task, 1, 0), "owes nothing");
        vm.prank(holder);
        consent.withdraw(grants[_silo(1)]);
        commitment = _digest(_silo(1), _opening(_silo(1)));
        vm.expectRevert(abi.encodeWithSelector(NothingToRetract.selector, task, 1, _silo(1)));
        coordinator.retract(task, 1, _silo(1), commitment, _evidence(_silo(1)), grants[_silo(1)]);
    }
}
