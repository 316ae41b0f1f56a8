// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentLedger} from "../src/interfaces/IConsentLedger.sol";
import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {RoundBase, vm} from "./RoundBase.sol";

contract CommitTest is RoundBase {
    address internal alice;

    function setUp() public override {
        super.setUp();
        alice = _silo(0);
        _open();
    }

    function _try(address who, bytes32 commitment, bytes32 grantId, bytes32 evidence, bytes memory error)
        internal
    {
        vm.prank(who);
        vm.expectRevert(error);
        coordinator.commit(task, round, commitment, grantId, evidence);
    }

    function test_commit_twice_is_refused() public {
        _commit(alice);
        bytes memory error = abi.encodeWithSelector(AlreadyCommitted.selector, task, 1, alice);
        _try(alice, keccak256("better"), grants[alice], keccak256("e"), error);
    }

    function test_a_delegate_cannot_commit_once_more_for_its_master() public {
        vm.prank(alice);
        registry.setDelegate(stranger);
        _commit(alice);
        bytes memory error = abi.encodeWithSelector(AlreadyCommitted.selector, task, 1, alice);
        _try(stranger, keccak256("better"), grants[alice], keccak256("e"), error);
    }

    function test_a_delegate_commits_in_its_masters_name() public {
        vm.prank(alice);
        registry.setDelegate(stranger);
        Opening memory o = _opening(alice);
        bytes32 commitment = _digest(alice, o);
        vm.expectEmit(address(coordinator));
        emit UpdateCommitted(task, 1, alice, 0, commitment, grants[alice], _evidence(alice));
        vm.prank(stranger);
        coordinator.commit(task, round, commitment, grants[alice], _evidence(alice));
        vm.assertTrue(coordinator.hasCommitted(task, 1, 0), "committed");
    }

    function test_a_stranger_cannot_commit() public {
        bytes memory error =
            abi.encodeWithSelector(IParticipantRegistry.UnknownParticipant.selector, stranger);
        _try(stranger, keccak256("c"), grants[alice], keccak256("e"), error);
        _register(stranger);
        error = abi.encodeWithSelector(NotInCohort.selector, task, 1, stranger);
        _try(stranger, keccak256("c"), grants[alice], keccak256("e"), error);
    }

    function test_commit_without_evidence_or_commitment_is_refused() public {
        bytes memory error = abi.encodeWithSelector(MissingEvidence.selector, task, 1, alice);
        _try(alice, keccak256("c"), grants[alice], 0, error);
        error = abi.encodeWithSelector(MissingCommitment.selector, task, 1, alice);
        _try(alice, 0, grants[alice], keccak256("e"), error);
    }

    function test_commit_under_somebody_elses_grant_is_refused() public {
        bytes32 theirs = grants[_silo(1)];
        bytes memory error =
            abi.encodeWithSelector(IConsentLedger.GrantNotForSilo.selector, theirs, alice, _silo(1));
        _try(alice, keccak256("c"), theirs, keccak256("e"), error);
    }

    function test_commit_after_withdrawal_is_refused() public {
        vm.prank(holder);
        consent.withdraw(grants[alice]);
        bytes memory error =
            abi.encodeWithSelector(IConsentLedger.GrantWithdrawn.selector, grants[alice], block.timestamp);
        _try(alice, keccak256("c"), grants[alice], keccak256("e"), error);
    }

    function test_the_grant_must_outlast_the_latest_opening() public {
        uint40 until = coordinator.roundOf(task).deadline + GAP + REVEAL + GRACE;
        IConsentLedger.Grant memory g = _grantFor(alice, 7);
        g.expiry = until;
        bytes32 id = _bringGrant(g);
        bytes memory error = abi.encodeWithSelector(IConsentLedger.GrantExpires.selector, id, until, until);
        _try(alice, keccak256("c"), id, keccak256("e"), error);
        (g.expiry, g.nonce) = (until + 1, 8);
        id = _bringGrant(g);
        vm.prank(alice);
        coordinator.commit(task, round, keccak256("c"), id, keccak256("e"));
    }

    function test_a_grant_for_another_purpose_is_refused() public {
        IConsentLedger.Grant memory g = _grantFor(alice, 7);
        g.purposes = 1;
        bytes32 id = _bringGrant(g);
        bytes memory error = abi.encodeWithSelector(IConsentLedger.PurposeNotCovered.selector, id, 1, PURPOSE);
        _try(alice, keccak256("c"), id, keccak256("e"), error);
    }

    function test_the_last_second_counts_and_the_next_does_not() public {
        vm.warp(coordinator.roundOf(task).deadline);
        _commit(alice);
        _commit(_silo(1));
        vm.warp(block.timestamp + 1);
        bytes memory error = abi.encodeWithSelector(WrongPhase.selector, task, 1, Phase.Commit, Phase.Reveal);
        _try(_silo(2), keccak256("c"), grants[_silo(2)], keccak256("e"), error);
    }

    function test_commit_to_another_round_is_refused() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(WrongRound.selector, task, 2, 1));
        coordinator.commit(task, 2, keccak256("c"), grants[alice], keccak256("e"));
    }

    function test_when_everybody_has_committed_reveal_begins_after_the_finality_gap() public {
        uint256 now_ = block.timestamp;
        for (uint256 i; i < SILOS; ++i) {
            _commit(_silo(i));
        }
        RoundState memory r = coordinator.roundOf(task);
        vm.assertEq(uint256(r.phase), uint256(Phase.Reveal), "early exit");
        vm.assertEq(r.opensAt, now_ + GAP, "gap");
        vm.assertEq(r.deadline, now_ + GAP + REVEAL, "deadline");
        vm.assertEq(r.revealDeadline, r.deadline, "known");
    }

    function test_marks_of_the_last_round_are_gone_in_the_next() public {
        _commit(alice);
        vm.warp(block.timestamp + COMMIT + 1);
        _open();
        vm.assertFalse(coordinator.hasCommitted(task, 2, 0), "empty");
        vm.assertFalse(
            coordinator.hasCommitted(task, 1, 0) && coordinator.roundOf(task).committed != 0, "fresh"
        );
        _commit(alice);
        vm.assertTrue(coordinator.hasCommitted(task, 2, 0), "again");
    }
}
