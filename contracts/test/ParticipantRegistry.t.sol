// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Payments} from "../src/Payments.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {ReentrantReceiver} from "./Attackers.sol";
import {Base, bound, vm} from "./Base.sol";

contract ParticipantRegistryTest is Base {
    address internal alice = vm.addr(1);
    address internal bob = vm.addr(2);
    address internal delegate = vm.addr(3);

    function _as(address who, bytes memory call) internal {
        vm.prank(who);
        (bool ok,) = address(registry).call(call);
        vm.assertTrue(ok, "call");
    }

    function test_register_twice_is_refused() public {
        _register(alice);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.AlreadyRegistered.selector, alice));
        registry.register(keccak256("other"), address(0));
    }

    function test_register_without_a_sealing_key_is_refused() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.MissingSealingKey.selector, alice));
        registry.register(0, address(0));
    }

    function test_masterOf_a_stranger_is_an_error_and_of_a_delegate_its_master() public {
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.UnknownParticipant.selector, delegate));
        registry.masterOf(delegate);
        vm.prank(alice);
        registry.register(keccak256("k"), delegate);
        vm.assertEq(registry.masterOf(delegate), alice, "master");
        vm.assertEq(registry.masterOf(alice), alice, "itself");
    }

    function test_a_replaced_delegate_acts_for_nobody() public {
        vm.startPrank(alice);
        registry.register(keccak256("k"), delegate);
        registry.setDelegate(bob);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.UnknownParticipant.selector, delegate));
        registry.masterOf(delegate);
        vm.assertEq(registry.masterOf(bob), alice, "new delegate");
    }

    function test_two_masters_cannot_share_a_delegate() public {
        vm.prank(alice);
        registry.register(keccak256("k"), delegate);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.DelegateTaken.selector, delegate, alice));
        registry.register(keccak256("k"), delegate);
    }

    function test_a_registered_account_cannot_be_made_a_delegate() public {
        _register(bob);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.DelegateTaken.selector, bob, bob));
        registry.register(keccak256("k"), bob);
    }

    function test_a_squatted_delegate_frees_itself_and_cannot_be_squatted_again() public {
        vm.prank(bob); // squats: names a key it does not own
        registry.register(keccak256("k"), delegate);
        vm.prank(delegate);
        registry.acceptDelegation(alice);
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.DelegateTaken.selector, delegate, alice));
        registry.setDelegate(delegate);
        vm.prank(alice);
        registry.register(keccak256("k"), delegate);
        vm.assertEq(registry.masterOf(delegate), alice, "master");
        vm.assertEq(registry.participant(bob).delegate, address(0), "squatter's link");
    }

    function test_who_was_named_a_delegate_can_still_register_for_itself() public {
        vm.prank(bob);
        registry.register(keccak256("k"), alice);
        _register(alice);
        vm.assertEq(registry.masterOf(alice), alice, "acts for itself");
    }

    function test_rotating_the_sealing_key_counts_its_version() public {
        _register(alice);
        vm.assertEq(registry.participant(alice).sealingKey, keccak256(abi.encode("sealing key", alice)), "first");
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.SealingKeyRotated(alice, 2, keccak256("second"));
        vm.prank(alice);
        registry.rotateSealingKey(keccak256("second"));
        vm.assertEq(registry.participant(alice).sealingKey, keccak256("second"), "the key that readers find");
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.MissingSealingKey.selector, alice));
        registry.rotateSealingKey(0);
    }

    function test_strangers_have_no_keys_delegates_or_stake_to_set() public {
        bytes memory unknown =
            abi.encodeWithSelector(IParticipantRegistry.UnknownParticipant.selector, stranger);
        vm.deal(stranger, 1);
        vm.startPrank(stranger);
        vm.expectRevert(unknown);
        registry.setDelegate(delegate);
        vm.expectRevert(unknown);
        registry.rotateSealingKey(keccak256("k"));
        vm.expectRevert(unknown);
        registry.deposit{value: 1}(1);
        vm.stopPrank();
    }

    function test_only_governance_admits() public {
        vm.startPrank(stranger);
        bytes memory refused =
            abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, stranger);
        vm.expectRevert(refused);
        registry.setAdmission(stranger, true);
        vm.expectRevert(refused);
        registry.setOpenAdmission(true);
        vm.stopPrank();
    }

    function test_admission_is_closed_by_default_and_never_admits_the_unregistered() public {
        vm.prank(alice);
        registry.register(keccak256("k"), address(0));
        vm.assertFalse(registry.mayEnrol(alice), "closed");
        registry.setOpenAdmission(true);
        vm.assertTrue(registry.mayEnrol(alice), "open");
        vm.assertFalse(registry.mayEnrol(bob), "unregistered");
    }

    function test_deposit_must_carry_the_value_it_names() public {
        _register(alice);
        vm.deal(alice, 10);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(Payments.WrongValue.selector, 3, 4));
        registry.deposit{value: 3}(4);
    }

    function test_locked_stake_cannot_be_unbonded() public {
        _register(alice);
        _deposit(alice, 10);
        vm.prank(address(coordinator));
        registry.lock(alice, 7);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.InsufficientStake.selector, alice, 3, 4));
        registry.requestUnbond(4);
    }

    function test_more_than_free_stake_cannot_be_locked() public {
        _register(alice);
        _deposit(alice, 10);
        vm.startPrank(address(coordinator));
        registry.lock(alice, 10);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.InsufficientStake.selector, alice, 0, 1));
        registry.lock(alice, 1);
        vm.stopPrank();
    }

    function test_withdraw_before_the_period_is_over_is_refused_and_a_second_request_restarts_it() public {
        _register(alice);
        _deposit(alice, 10);
        vm.startPrank(alice);
        registry.requestUnbond(4);
        uint256 begun = block.timestamp;
        vm.warp(begun + UNBONDING - 1);
        vm.expectRevert(
            abi.encodeWithSelector(
                IParticipantRegistry.StillUnbonding.selector, alice, begun + UNBONDING, block.timestamp
            )
        );
        registry.withdraw();
        registry.requestUnbond(1);
        vm.warp(begun + 2 * UNBONDING - 2);
        vm.expectPartialRevert(IParticipantRegistry.StillUnbonding.selector);
        registry.withdraw();
        vm.warp(begun + 2 * UNBONDING - 1);
        registry.withdraw();
        vm.stopPrank();
        vm.assertEq(alice.balance, 5, "paid");
        vm.assertEq(registry.participant(alice).stake, 5, "left");
    }

    function test_withdraw_pays_once() public {
        _register(alice);
        _deposit(alice, 10);
        vm.startPrank(alice);
        registry.requestUnbond(10);
        vm.warp(block.timestamp + UNBONDING);
        registry.withdraw();
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.NothingToWithdraw.selector, alice));
        registry.withdraw();
        vm.stopPrank();
    }

    function test_a_receiver_that_calls_back_is_not_paid_twice() public {
        ReentrantReceiver thief = new ReentrantReceiver();
        _deposit(_registered(address(thief)), 10);
        _register(bob);
        _deposit(bob, 10); // somebody else's money to steal
        thief.run(address(registry), 0, abi.encodeCall(registry.requestUnbond, (10)));
        vm.warp(block.timestamp + UNBONDING);
        thief.aim(address(registry), abi.encodeCall(registry.withdraw, ()));
        thief.run(address(registry), 0, abi.encodeCall(registry.withdraw, ()));
        vm.assertTrue(thief.reentered(), "tried");
        vm.assertFalse(thief.succeeded(), "refused");
        vm.assertEq(address(thief).balance, 10, "paid once");
        vm.assertEq(address(registry).balance, 10, "bob's stake");
    }

    function _registered(address who) internal returns (address) {
        _register(who);
        return who;
    }

    function test_bonds_are_the_coordinators_alone() public {
        bytes memory refused =
            abi.encodeWithSelector(IParticipantRegistry.OnlyCoordinator.selector, address(this));
        vm.expectRevert(refused);
        registry.lock(alice, 0);
        vm.expectRevert(refused);
        registry.unlock(alice, 0);
        vm.expectRevert(refused);
        registry.slash(alice, 0, 0);
        vm.expectRevert(refused);
        registry.slashFor(alice, 0, 0, address(this));
    }

    function test_slashing_takes_locked_then_free_then_unbonding_and_never_more_than_there_is(
        uint256 stake,
        uint256 locked,
        uint256 unbonding,
        uint256 amount
    ) public {
        stake = bound(stake, 0, 100);
        unbonding = bound(unbonding, 0, stake);
        locked = bound(locked, 0, stake - unbonding);
        amount = bound(amount, 0, 150);
        _register(alice);
        _deposit(alice, stake);
        vm.prank(alice);
        registry.requestUnbond(unbonding);
        vm.startPrank(address(coordinator));
        registry.lock(alice, locked);
        uint256 taken = registry.slash(alice, amount, keccak256("evidence"));
        vm.stopPrank();
        IParticipantRegistry.Participant memory p = registry.participant(alice);
        uint256 staked = stake - unbonding;
        vm.assertEq(taken, amount < stake ? amount : stake, "taken");
        vm.assertEq(p.locked, amount < locked ? locked - amount : 0, "locked first");
        vm.assertEq(p.stake, amount < staked ? staked - amount : 0, "then free");
        vm.assertEq(p.unbonding, stake - taken - p.stake, "then unbonding");
        vm.assertEq(registry.held(), taken, "all of it is held");
        vm.assertEq(address(registry).balance, stake, "solvent");
        _upholdAll();
        registry.forwardSlashed();
        vm.assertEq(treasury.slashed(address(0)), taken, "all of it in the treasury");
        vm.assertEq(address(registry).balance, stake - taken, "solvent");
    }

    function test_a_receiver_that_refuses_its_stake_loses_nothing() public {
        address master = _registered(address(manager)); // has no receive function
        _deposit(master, 10);
        vm.prank(master);
        registry.requestUnbond(10);
        vm.warp(block.timestamp + UNBONDING);
        vm.prank(master);
        vm.expectRevert(abi.encodeWithSelector(Payments.PaymentRefused.selector, master, 10));
        registry.withdraw();
        vm.assertEq(registry.participant(master).unbonding, 10, "still there");
    }

    function test_forwarding_nothing_moves_nothing() public {
        registry.forwardSlashed();
        vm.assertEq(treasury.slashed(address(0)), 0, "nothing");
    }

    function test_slash_names_its_evidence() public {
        _register(alice);
        _deposit(alice, 10);
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.Slashed(alice, 10, keccak256("evidence"), 1, address(0));
        vm.prank(address(coordinator));
        registry.slash(alice, 11, keccak256("evidence"));
    }
}
