// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRelays} from "../src/interfaces/IRelays.sol";
import {RelayBase} from "./RelayBase.sol";
import {vm} from "./RoundBase.sol";

contract EquivocationTest is RelayBase {
    address internal alice;

    function setUp() public override {
        super.setUp();
        alice = _silo(0);
        _open();
    }

    function _other(uint256 key) internal view returns (IRelays.SignedCommit memory c) {
        c = _unsigned(0);
        c.commitment = keccak256("another promise");
        return _sign(key, c);
    }

    function _accuse(IRelays.SignedCommit memory first, IRelays.SignedCommit memory second) internal {
        vm.prank(stranger);
        coordinator.challengeEquivocation(task, round, first, second);
    }

    function _acquitted(IRelays.SignedCommit memory first, IRelays.SignedCommit memory second) internal {
        vm.expectRevert(
            abi.encodeWithSelector(IRelays.NoEquivocation.selector, task, round, first.participant)
        );
        _accuse(first, second);
        vm.assertTrue(coordinator.enrolmentOf(task, alice).bonded, "bond untouched");
    }

    function test_challengeEquivocation_takes_the_bond_of_who_signed_two_commitments() public {
        IRelays.SignedCommit memory second = _other(_key(0));
        vm.expectEmit(address(coordinator));
        emit IRelays.Equivocated(task, 1, alice, stranger, _unsigned(0).commitment, second.commitment);
        _accuse(_commitOf(0), second);
        vm.assertEq(registry.participant(alice).stake, 0, "stake");
        vm.assertEq(_bountyOf(stranger), BOND / 2, "half is the accuser's");
        vm.assertFalse(coordinator.enrolmentOf(task, alice).enrolled, "out of later rounds");
    }

    function test_challengeEquivocation_holds_for_a_delegates_signature() public {
        vm.prank(alice);
        registry.setDelegate(vm.addr(0xde1e));
        _accuse(_commitOf(0), _other(0xde1e));
        vm.assertFalse(coordinator.enrolmentOf(task, alice).bonded, "bond gone");
    }

    /// Recovery re-sends what was sealed: the salt is derived, the commitment the same, however often signed.
    function test_challengeEquivocation_acquits_who_signed_the_same_commitment_again() public {
        IRelays.SignedCommit memory again = _unsigned(0);
        again.grantId = _bringGrant(_grantFor(alice, 7)); // consent was renewed in between
        _acquitted(_commitOf(0), _sign(_key(0), again));
        _acquitted(_commitOf(0), _commitOf(0));
    }

    function test_challengeEquivocation_acquits_where_somebody_else_signed_one() public {
        _acquitted(_commitOf(0), _other(_key(3)));
        _acquitted(_other(_key(3)), _commitOf(0));
    }

    function test_challengeEquivocation_acquits_where_a_revoked_delegate_signed() public {
        vm.startPrank(alice);
        registry.setDelegate(vm.addr(0xde1e));
        registry.setDelegate(address(0));
        vm.stopPrank();
        _acquitted(_commitOf(0), _other(0xde1e));
    }

    function test_challengeEquivocation_acquits_two_participants_of_one_difference() public {
        _acquitted(_commitOf(0), _commitOf(1));
    }

    function test_challengeEquivocation_acquits_over_two_rounds() public {
        IRelays.SignedCommit memory before = _commitOf(0);
        vm.warp(block.timestamp + COMMIT + 1);
        _open();
        _acquitted(before, _commitOf(0));
    }

    function test_challengeEquivocation_is_refused_for_another_round_than_the_current() public {
        (IRelays.SignedCommit memory a, IRelays.SignedCommit memory b) = (_commitOf(0), _other(_key(0)));
        vm.expectRevert(abi.encodeWithSelector(WrongRound.selector, task, 2, 1));
        coordinator.challengeEquivocation(task, 2, a, b);
    }

    function test_challengeEquivocation_takes_the_bond_once() public {
        _accuse(_commitOf(0), _other(_key(0)));
        IRelays.SignedCommit memory a = _commitOf(0);
        IRelays.SignedCommit memory b = _other(_key(0));
        vm.expectRevert(abi.encodeWithSelector(NoBond.selector, task, alice));
        _accuse(a, b);
    }

    function test_who_lost_its_bond_to_equivocation_can_no_longer_commit_in_the_round() public {
        _accuse(_commitOf(0), _other(_key(0)));
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(NotInCohort.selector, task, 1, alice));
        coordinator.commit(task, 1, keccak256("c"), grants[alice], keccak256("e"));
        _skipped(_commitOf(0), IRelays.Skip.NotInCohort);
    }

    /// Its stake beyond the bond, perhaps locked elsewhere, is not touched for the silence that follows.
    function test_who_lost_its_bond_to_equivocation_pays_no_second_one_for_its_silence() public {
        _deposit(alice, BOND);
        _relay(_commits(3));
        _accuse(_commitOf(0), _other(_key(0)));
        vm.warp(uint256(coordinator.roundOf(task).deadline) + GAP + REVEAL + GRACE + 1);
        uint16[] memory silent = new uint16[](3);
        (silent[1], silent[2]) = (1, 2);
        coordinator.slashSilent(task, 1, silent);
        vm.assertEq(registry.participant(alice).stake, BOND, "the rest is left");
        vm.assertEq(registry.participant(_silo(1)).stake, 0, "others pay for their silence");
        vm.assertEq(coordinator.roundOf(task).slashed, 3, "nobody holds up the next round");
    }

    /// What it enrolled anew with stands for the rounds to come.
    function test_who_enrols_anew_in_the_round_keeps_its_new_bond_whatever_is_brought_of_the_old_one() public {
        _relay(_commits(3));
        (IRelays.SignedCommit memory a, IRelays.SignedCommit memory b) = (_commitOf(0), _other(_key(0)));
        _accuse(a, b);
        _deposit(alice, BOND);
        vm.prank(alice);
        coordinator.enrol(task);
        vm.expectRevert(abi.encodeWithSelector(NoBond.selector, task, alice));
        _accuse(a, b);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + GAP + REVEAL + GRACE + 1);
        coordinator.slashSilent(task, 1, new uint16[](1));
        vm.assertEq(coordinator.roundOf(task).slashed, 1, "closed");
        vm.assertEq(registry.participant(alice).stake, BOND, "kept");
        vm.assertTrue(coordinator.enrolmentOf(task, alice).bonded, "and bound");
    }

    function test_a_bond_enrolled_anew_answers_for_the_next_round() public {
        _accuse(_commitOf(0), _other(_key(0)));
        _deposit(alice, BOND);
        vm.prank(alice);
        coordinator.enrol(task);
        vm.warp(uint256(coordinator.roundOf(task).deadline) + 1);
        coordinator.tick(task); // nobody committed: void
        _open();
        _accuse(_commitOf(0), _other(_key(0)));
        vm.assertEq(registry.participant(alice).stake, 0, "taken");
        vm.assertFalse(coordinator.enrolmentOf(task, alice).bonded, "and unbound");
    }
}
