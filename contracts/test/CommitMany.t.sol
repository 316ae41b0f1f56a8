// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentLedger} from "../src/interfaces/IConsentLedger.sol";
import {IRelays} from "../src/interfaces/IRelays.sol";
import {RelayBase} from "./RelayBase.sol";
import {vm} from "./RoundBase.sol";

contract CommitManyTest is RelayBase {
    address internal alice;

    function setUp() public override {
        super.setUp();
        alice = _silo(0);
        _open();
    }

    // --- a good batch is as good as single commits

    function test_commitMany_has_the_effect_of_the_single_commits() public {
        uint256 start = vm.snapshotState();
        for (uint256 i; i < SILOS; ++i) {
            _commit(_silo(i));
        }
        bytes32 single = _everything();
        vm.revertToState(start);
        _relay(_commits(SILOS));
        vm.assertEq(_everything(), single, "records, marks, last commits, counters, early end of the phase");
        _assertPhase(Phase.Reveal);
    }

    /// All that a commit changes, as anybody sees it.
    function _everything() internal view returns (bytes32) {
        bytes memory all = abi.encode(coordinator.roundOf(task));
        for (uint16 i; i < SILOS; ++i) {
            all = bytes.concat(
                all,
                coordinator.recordAt(task, i),
                abi.encode(coordinator.enrolmentOf(task, _silo(i)), coordinator.owesOpening(task, round, i))
            );
        }
        return keccak256(all);
    }

    function test_commitMany_says_in_one_event_who_committed_what() public {
        IRelays.SignedCommit[] memory batch = _commits(2);
        bytes memory lines;
        for (uint16 i; i < 2; ++i) {
            IRelays.SignedCommit memory c = batch[i];
            lines = bytes.concat(
                lines, abi.encodePacked(i, c.participant, c.commitment, c.grantId, c.evidenceHash)
            );
        }
        vm.expectEmit(address(coordinator));
        emit IRelays.UpdatesCommitted(task, 1, lines);
        _relay(batch);
    }

    function test_commitMany_takes_a_delegates_signature() public {
        vm.prank(alice);
        registry.setDelegate(vm.addr(0xde1e));
        IRelays.SignedCommit[] memory batch = new IRelays.SignedCommit[](1);
        batch[0] = _sign(0xde1e, _unsigned(0));
        _relay(batch);
        vm.assertTrue(coordinator.hasCommitted(task, 1, 0), "committed");
    }

    function test_commitMany_counts_over_the_borders_of_words() public {
        for (uint256 i = SILOS; i < 120; ++i) {
            _join(i);
        }
        vm.warp(block.timestamp + COMMIT + 1);
        _open();
        IRelays.SignedCommit[] memory batch = new IRelays.SignedCommit[](6);
        uint8[6] memory who = [7, 8, 111, 112, 3, 119]; // forth and back between words
        for (uint256 i; i < 6; ++i) {
            batch[i] = _commitOf(who[i]);
        }
        _relay(batch);
        for (uint256 i; i < 6; ++i) {
            vm.assertTrue(coordinator.hasCommitted(task, 2, who[i]), "marked");
        }
        vm.assertFalse(coordinator.hasCommitted(task, 2, 9), "nobody else");
        vm.assertEq(coordinator.roundOf(task).committed, 6, "counted");
    }

    // --- what commit refuses

    function test_commitMany_skips_a_replay() public {
        IRelays.SignedCommit[] memory batch = new IRelays.SignedCommit[](1);
        batch[0] = _commitOf(0);
        _relay(batch);
        _skipped(batch[0], IRelays.Skip.AlreadyCommitted);
    }

    function test_commitMany_skips_the_second_of_two_in_one_batch() public {
        IRelays.SignedCommit[] memory batch = new IRelays.SignedCommit[](2);
        (batch[0], batch[1]) = (_commitOf(0), _unsigned(0));
        batch[1].commitment = keccak256("second thoughts");
        batch[1] = _sign(_key(0), batch[1]);
        vm.recordLogs();
        _relay(batch);
        _assertSkipped(SKIPPED_COMMIT, alice, IRelays.Skip.AlreadyCommitted);
        vm.assertEq(coordinator.roundOf(task).committed, 1, "once");
        vm.assertEq(
            coordinator.recordAt(task, 0),
            keccak256(abi.encode(alice, batch[0].commitment, _opening(alice).groundsHash)),
            "the first"
        );
    }

    function test_commitMany_skips_who_has_committed_directly() public {
        _commit(alice);
        IRelays.SignedCommit memory c = _unsigned(0);
        c.commitment = keccak256("better");
        _skipped(_sign(_key(0), c), IRelays.Skip.AlreadyCommitted);
    }

    function test_commit_is_refused_to_who_was_relayed() public {
        IRelays.SignedCommit[] memory batch = _commits(1);
        _relay(batch);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(AlreadyCommitted.selector, task, 1, alice));
        coordinator.commit(task, 1, keccak256("better"), grants[alice], keccak256("e"));
    }

    function test_commit_remains_to_who_was_left_out_by_the_relayer() public {
        IRelays.SignedCommit[] memory batch = new IRelays.SignedCommit[](3);
        (batch[0], batch[1], batch[2]) = (_commitOf(1), _commitOf(2), _commitOf(3));
        _relay(batch);
        _assertPhase(Phase.Commit);
        _commit(alice);
        _assertPhase(Phase.Reveal);
    }

    function test_commitMany_skips_a_stranger_and_who_joins_later() public {
        _join(7);
        IRelays.SignedCommit memory c = _unsigned(7);
        _skipped(_sign(_key(7), c), IRelays.Skip.NotInCohort);
    }

    function test_commitMany_skips_who_left_and_whose_bond_is_still_held() public {
        vm.prank(alice);
        coordinator.leave(task);
        vm.warp(block.timestamp + COMMIT + 1);
        _open();
        vm.assertTrue(coordinator.enrolmentOf(task, alice).bonded, "held");
        _skipped(_commitOf(0), IRelays.Skip.NotInCohort);
    }

    function test_commitMany_skips_nobody_whose_signature_recovers_to_nobody() public {
        IRelays.SignedCommit memory c = _unsigned(0);
        c.participant = address(0);
        _skipped(c, IRelays.Skip.NotInCohort);
    }

    function test_commitMany_skips_a_commit_without_commitment_or_evidence() public {
        IRelays.SignedCommit memory c = _unsigned(0);
        c.commitment = 0;
        uint256 start = vm.snapshotState();
        _skipped(_sign(_key(0), c), IRelays.Skip.MissingCommitment);
        vm.revertToState(start);
        (c.commitment, c.evidenceHash) = (keccak256("c"), 0);
        _skipped(_sign(_key(0), c), IRelays.Skip.MissingEvidence);
    }

    function test_commitMany_skips_a_withdrawn_consent() public {
        IRelays.SignedCommit memory c = _commitOf(0);
        vm.prank(holder);
        consent.withdraw(grants[alice]);
        _skipped(c, IRelays.Skip.NoConsent);
    }

    function test_commitMany_skips_somebody_elses_grant() public {
        IRelays.SignedCommit memory c = _unsigned(0);
        c.grantId = grants[_silo(1)];
        _skipped(_sign(_key(0), c), IRelays.Skip.NoConsent);
    }

    function test_commitMany_skips_a_grant_for_another_purpose() public {
        IConsentLedger.Grant memory g = _grantFor(alice, 7);
        g.purposes = 1;
        _skippedUnder(g);
    }

    function test_commitMany_skips_a_grant_that_has_not_begun() public {
        IConsentLedger.Grant memory g = _grantFor(alice, 7);
        g.validFrom = uint40(block.timestamp + 1);
        _skippedUnder(g);
    }

    function test_commitMany_skips_a_grant_that_ends_before_the_latest_opening() public {
        IConsentLedger.Grant memory g = _grantFor(alice, 7);
        g.expiry = coordinator.roundOf(task).deadline + GAP + REVEAL + GRACE;
        uint256 start = vm.snapshotState();
        _skippedUnder(g);
        vm.revertToState(start);
        ++g.expiry;
        IRelays.SignedCommit[] memory batch = new IRelays.SignedCommit[](1);
        batch[0] = _unsigned(0);
        batch[0].grantId = _bringGrant(g);
        batch[0] = _sign(_key(0), batch[0]);
        _relay(batch);
        vm.assertTrue(coordinator.hasCommitted(task, 1, 0), "a second more is enough");
    }

    function _skippedUnder(IConsentLedger.Grant memory g) internal {
        IRelays.SignedCommit memory c = _unsigned(0);
        c.grantId = _bringGrant(g);
        _skipped(_sign(_key(0), c), IRelays.Skip.NoConsent);
    }

    // --- batches that are refused as a whole

    function test_commitMany_of_skipped_entries_alone_changes_nothing() public {
        IRelays.SignedCommit[] memory batch = new IRelays.SignedCommit[](1);
        batch[0] = _sign(_key(3), _unsigned(0));
        bytes32 before = _everything();
        _relay(batch);
        _relay(new IRelays.SignedCommit[](0));
        vm.assertEq(_everything(), before, "as it was");
    }

    function test_commitMany_is_refused_while_paused() public {
        IRelays.SignedCommit[] memory batch = _commits(SILOS);
        coordinator.pause(uint40(block.timestamp + 10));
        vm.expectRevert(abi.encodeWithSelector(WhilePaused.selector, block.timestamp + 10));
        coordinator.commitMany(task, 1, batch);
    }

    function test_commitMany_is_refused_outside_its_phase_and_round() public {
        IRelays.SignedCommit[] memory batch = _commits(2);
        vm.expectRevert(abi.encodeWithSelector(WrongRound.selector, task, 2, 1));
        coordinator.commitMany(task, 2, batch);
        vm.warp(coordinator.roundOf(task).deadline);
        _relay(batch);
        vm.warp(block.timestamp + 1);
        vm.expectRevert(abi.encodeWithSelector(WrongPhase.selector, task, 1, Phase.Commit, Phase.Reveal));
        coordinator.commitMany(task, 1, batch);
    }
}

/// A task whose participants only act for themselves.
contract DirectOnlyTest is RelayBase {
    function _params() internal view override returns (TaskParams memory p) {
        p = super._params();
        p.modes = 1;
    }

    function test_commitMany_and_revealMany_are_refused_where_the_task_does_not_allow_them() public {
        _open();
        bytes memory error = abi.encodeWithSelector(IRelays.NotRelayed.selector, task);
        IRelays.SignedCommit[] memory batch = _commits(2);
        vm.expectRevert(error);
        coordinator.commitMany(task, 1, batch);
        _commitAll();
        IRelays.RelayedOpening[] memory openings = _openings(2);
        vm.expectRevert(error);
        coordinator.revealMany(task, 1, openings);
        _revealAll();
        _assertPhase(Phase.Aggregate);
    }
}
