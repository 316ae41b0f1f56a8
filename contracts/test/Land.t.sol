// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsentLedger} from "../src/interfaces/IConsentLedger.sol";
import {IRelays} from "../src/interfaces/IRelays.sol";
import {IRolls} from "../src/interfaces/IRolls.sol";
import {LandBase} from "./LandBase.sol";
import {vm} from "./RoundBase.sol";

/// Which commits may land, and when.
contract LandTest is LandBase {
    /// Posts the leaves of three, with silo 1's commit replaced, and ends Reveal.
    function _withCommit(bytes memory leaf) internal {
        commits[1] = leaf;
        _postCommits();
        _toReveal();
        _postOpenings();
        _toAggregate();
    }

    // --- a good one

    function test_land_makes_a_rolled_opening_as_good_as_any_other() public {
        _aggregating(3);
        Opening memory o = _opening(bob);
        vm.assertFalse(coordinator.isOpening(task, 1, bob, o), "nothing on chain");
        vm.expectEmit(address(coordinator));
        emit IRolls.Landed(task, 1, bob, 1);
        this.land(1);
        vm.assertTrue(coordinator.hasRevealed(task, 1, 1), "revealed");
        vm.assertTrue(coordinator.isLanded(task, 1, 1), "landed");
        vm.assertFalse(coordinator.isLanded(task, 1, 0), "it alone");
        vm.assertTrue(coordinator.isOpening(task, 1, bob, o), "as committed");
        ++o.weight;
        vm.assertFalse(coordinator.isOpening(task, 1, bob, o), "and no other");
        vm.assertEq(coordinator.roundOf(task).revealed, 3, "counted already");
        vm.assertEq(coordinator.roundOf(task).committed, 3, "this too");
    }

    function test_land_twice_is_refused() public {
        _aggregating(3);
        _land(1);
        vm.expectRevert(abi.encodeWithSelector(AlreadyCommitted.selector, task, 1, bob));
        this.land(1);
    }

    function test_land_before_Reveal_is_over_is_refused() public {
        _opened(3, 0);
        vm.expectRevert(abi.encodeWithSelector(WrongPhase.selector, task, 1, Phase.Aggregate, Phase.Reveal));
        this.land(1);
        _toAggregate();
        _land(1);
    }

    function test_land_in_another_round_is_refused() public {
        _aggregating(3);
        IRolls.Leaf memory leaf = _leafAt(commits, 1);
        IRolls.Leaf memory opening = _leafAt(openings, 1);
        vm.expectRevert(abi.encodeWithSelector(WrongRound.selector, task, 2, 1));
        coordinator.land(task, 2, poster, 1, leaf, opening);
    }

    function test_land_from_a_roll_that_was_not_opened_is_refused() public {
        _rolled(2);
        _enlist(other);
        bytes[] memory more = new bytes[](2);
        (more[0], more[1]) = (_commitLeaf(2), _commitLeaf(3));
        _postCommitsBy(other, more);
        _toReveal();
        _postOpenings();
        _toAggregate();
        IRolls.Leaf memory leaf = _leafAt(more, 0);
        vm.expectRevert(abi.encodeWithSelector(IRolls.NotOpened.selector, task, 1));
        coordinator.land(task, 1, other, 0, leaf, leaf);
        vm.expectRevert(_noRoll(stranger));
        coordinator.land(task, 1, stranger, 0, leaf, leaf);
    }

    // --- a bad commit

    function test_land_of_a_commit_that_somebody_else_signed_is_refused() public {
        _start();
        _withCommit(_packed(1, _sign(_key(2), _unsigned(1))));
        _refused(_bad(1));
    }

    function test_land_of_a_commit_that_a_delegate_signed_is_refused() public {
        _start();
        vm.prank(bob);
        registry.setDelegate(vm.addr(0xde1e));
        _withCommit(_packed(1, _sign(0xde1e, _unsigned(1))));
        _refused(_bad(1));
    }

    function test_land_of_a_commit_with_a_malleable_signature_is_refused() public {
        _start();
        IRelays.SignedCommit memory c = _commitOf(1);
        c.vs = bytes32(uint256(c.vs) ^ 1);
        _withCommit(_packed(1, c));
        _refused(_bad(1));
    }

    function test_land_of_a_commit_under_another_index_is_refused() public {
        _start();
        _withCommit(_packed(3, _commitOf(1)));
        _refused(_bad(3));
    }

    function test_land_of_a_commit_of_another_round_is_refused() public {
        _start();
        bytes memory before = commits[1];
        vm.warp(block.timestamp + COMMIT + 1);
        _start();
        _withCommit(before);
        _refused(_bad(1));
    }

    function test_land_of_who_is_not_in_the_cohort_is_refused() public {
        _open();
        _join(SILOS); // from the next round on
        _fill(2, SILOS + 1);
        _postCommits();
        _toReveal();
        _postOpenings();
        _toAggregate();
        vm.expectRevert(_bad(uint16(SILOS)));
        this.land(2);
    }

    function test_land_of_a_commit_without_a_commitment_or_evidence_is_refused() public {
        _start();
        IRelays.SignedCommit memory c = _unsigned(1);
        c.commitment = 0;
        _withCommit(_packed(1, _sign(_key(1), c)));
        _refused(_bad(1));
    }

    function test_land_of_a_commit_without_evidence_is_refused() public {
        _start();
        IRelays.SignedCommit memory c = _unsigned(1);
        c.evidenceHash = 0;
        _withCommit(_packed(1, _sign(_key(1), c)));
        _refused(_bad(1));
    }

    function test_land_of_a_commit_of_another_length_is_refused() public {
        _start();
        _withCommit(bytes.concat(commits[1], hex"00"));
        _refused(_bad(type(uint16).max));
    }

    // --- consent

    function test_land_of_a_commit_under_a_grant_of_somebody_else_is_refused() public {
        grants[bob] = grants[_silo(3)];
        _start();
        _withCommit(_commitLeaf(1));
        _refused(_bad(1));
    }

    function test_land_of_a_commit_whose_consent_was_withdrawn_before_Reveal_is_refused() public {
        _rolled(3);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        vm.prank(holder);
        consent.withdraw(grants[bob]);
        _toReveal();
        _postOpenings();
        _toAggregate();
        _refused(_bad(1));
    }

    /// Even in the very second in which Reveal opens: nobody can change any more what the aggregator relies on.
    function test_land_of_a_commit_whose_consent_was_withdrawn_in_Reveal_is_taken() public {
        _rolled(3);
        _toReveal();
        vm.prank(holder);
        consent.withdraw(grants[bob]);
        _postOpenings();
        _toAggregate();
        _land(1);
    }

    function test_land_of_a_commit_whose_grant_had_expired_before_Reveal_is_refused() public {
        grants[bob] = _short(COMMIT + GAP - 1);
        _rolled(3);
        _toReveal();
        _postOpenings();
        _toAggregate();
        _refused(_bad(1));
    }

    function test_land_of_a_commit_whose_grant_expires_as_Reveal_opens_is_taken() public {
        grants[bob] = _short(COMMIT + GAP);
        _aggregating(3);
        vm.warp(block.timestamp + 1000);
        _land(1);
    }

    /// A grant that is live for so many seconds.
    function _short(uint256 seconds_) internal returns (bytes32) {
        IConsentLedger.Grant memory g = _grantFor(bob, 77);
        g.expiry = uint40(block.timestamp + seconds_);
        return _bringGrant(g);
    }

    // --- superseded

    function test_land_of_who_committed_directly_is_refused() public {
        _rolled(3);
        vm.prank(bob);
        coordinator.commit(task, 1, keccak256("better"), grants[bob], _evidence(bob));
        _toReveal();
        _postOpenings();
        _toAggregate();
        _refused(abi.encodeWithSelector(AlreadyCommitted.selector, task, 1, bob));
    }
}
