// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRelays} from "../src/interfaces/IRelays.sol";
import {vm} from "./Base.sol";
import {MaskedRelayBase} from "./MaskedRelayBase.sol";

/// Commits that a relayer brings in a masked round, and what is owed by who was relayed.
contract MaskedRelayedRoundTest is MaskedRelayBase {
    // --- Commit

    function test_commitMany_has_the_effect_of_the_single_masked_commits() public {
        _toCommit(SILOS);
        uint256 start = vm.snapshotState();
        _commitFirst(SILOS);
        bytes32 single = _everything();
        vm.revertToState(start);
        _relay(_commits(SILOS));
        vm.assertEq(_everything(), single, "records, marks, counters, early end of the phase");
        _assertPhase(Phase.Reveal);
    }

    function test_commitMany_ends_commit_once_all_who_shared_have_committed() public {
        _toCommit(3);
        IRelays.SignedCommit[] memory batch = new IRelays.SignedCommit[](2);
        (batch[0], batch[1]) = (_commitOf(0), _commitOf(2));
        _relay(batch);
        _assertPhase(Phase.Commit);
        batch = new IRelays.SignedCommit[](1);
        batch[0] = _commitOf(1);
        _relay(batch);
        _assertPhase(Phase.Reveal);
    }

    function test_commitMany_and_direct_commits_end_commit_together() public {
        _toCommit(3);
        _commitMasked(_silo(1));
        IRelays.SignedCommit[] memory batch = new IRelays.SignedCommit[](2);
        (batch[0], batch[1]) = (_commitOf(0), _commitOf(2));
        _relay(batch);
        _assertPhase(Phase.Reveal);
    }

    function test_commitMany_skips_who_has_not_shared_or_took_its_shares_back() public {
        _toCommit(3);
        uint256 start = vm.snapshotState();
        _skipped(_commitOf(3), IRelays.Skip.NotShared);
        vm.revertToState(start);
        address silo = _silo(0);
        _withdraw(silo);
        coordinator.retractShares(task, round, silo, grants[silo], _key(silo), _root(silo));
        grants[silo] = _bringGrant(_grantFor(silo, 77));
        _skipped(_commitOf(0), IRelays.Skip.NotShared);
    }

    function test_commitMany_skips_a_withdrawn_consent_in_a_masked_task() public {
        _toCommit(SILOS);
        IRelays.SignedCommit memory c = _commitOf(0);
        _withdraw(_silo(0));
        _skipped(c, IRelays.Skip.NoConsent);
    }

    function test_commitMany_waits_for_the_chain_to_be_final_about_share() public {
        _open();
        _relay(_dealings(SILOS));
        IRelays.SignedCommit[] memory batch = _commits(SILOS);
        uint256 opensAt = coordinator.roundOf(task).opensAt;
        vm.warp(opensAt - 1);
        vm.expectRevert(abi.encodeWithSelector(TooEarly.selector, opensAt, opensAt - 1));
        coordinator.commitMany(task, round, batch);
        vm.warp(opensAt);
        _relay(batch);
        _assertPhase(Phase.Reveal);
    }

    function test_who_signs_two_masked_commits_loses_its_bond() public {
        _toCommit(SILOS);
        IRelays.SignedCommit memory second = _unsigned(0);
        second.commitment = keccak256("another");
        vm.prank(stranger);
        coordinator.challengeEquivocation(task, round, _commitOf(0), _sign(_key(0), second));
        vm.assertFalse(_bonded(0), "bond");
        _skipped(_commitOf(0), IRelays.Skip.NotInCohort);
    }

    // --- what is owed by who was relayed

    function test_who_was_relayed_in_share_and_does_not_commit_loses_its_bond() public {
        _toCommit(SILOS);
        _relay(_commits(3));
        _ends();
        coordinator.tick(task);
        _opens();
        _relay(_openings(3));
        for (uint16 i; i < 4; ++i) {
            _slash(i);
            vm.assertTrue(_bonded(i) == (i != 3), "bond");
        }
    }

    function test_who_was_relayed_in_reveal_and_shows_nothing_loses_its_bond() public {
        _relayedToUnmask(SILOS);
        _relay(_shown(3));
        _ends();
        coordinator.tick(task);
        _assertPhase(Phase.Aggregate);
        for (uint16 i; i < 4; ++i) {
            _slash(i);
            vm.assertTrue(_bonded(i) == (i != 3), "bond");
        }
    }
}
