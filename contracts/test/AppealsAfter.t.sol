// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Appeals} from "../src/Appeals.sol";
import {Payments} from "../src/Payments.sol";
import {IAppeals} from "../src/interfaces/IAppeals.sol";
import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {ITreasury} from "../src/interfaces/ITreasury.sol";
import {ReentrantReceiver} from "./Attackers.sol";
import {AppealBase, vm} from "./AppealBase.sol";

/// What follows: slashes upheld, deposits paid out, who decides, and what stays written.
contract AppealsAfterTest is AppealBase {
    // --- uphold

    function test_a_slash_that_nobody_appeals_is_upheld_after_the_window_and_not_before() public {
        uint256 id = _slash(alice, 5, mallory);
        uint256 until = block.timestamp + window;
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(IAppeals.StillOpen.selector, id, until, until));
        _uphold(id);
        vm.warp(until + 1);
        vm.expectEmit(address(registry));
        emit IParticipantRegistry.SlashUpheld(id, alice, 5, 2);
        vm.prank(stranger);
        _uphold(id);
        vm.assertEq(registry.bountyOf(mallory), 2, "bounty");
        vm.expectRevert(abi.encodeWithSelector(IAppeals.NotHeld.selector, id));
        _uphold(id);
        _assertSolvent();
    }

    function test_a_slash_under_appeal_cannot_be_upheld_around_it() public {
        uint256 id = _slash(alice, 5, mallory);
        vm.warp(block.timestamp + window);
        _appeal(id);
        vm.warp(block.timestamp + 1);
        vm.expectRevert(abi.encodeWithSelector(IAppeals.AlreadyAppealed.selector, id));
        _uphold(id);
    }

    // --- deposits

    function test_a_returned_deposit_is_paid_once() public {
        uint256 id = _slash(alice, 4, mallory);
        _appeal(id);
        vm.expectRevert(abi.encodeWithSelector(IAppeals.NothingToCollect.selector, alice));
        appeals.collectDeposit(alice);
        appeals.answer(id, IAppeals.Ruling.Draw);
        uint256 had = alice.balance;
        vm.prank(stranger);
        appeals.collectDeposit(alice);
        vm.assertEq(alice.balance - had, APPEAL_DEPOSIT, "hers");
        vm.expectRevert(abi.encodeWithSelector(IAppeals.NothingToCollect.selector, alice));
        appeals.collectDeposit(alice);
    }

    function test_a_receiver_that_calls_back_is_paid_its_deposit_once() public {
        ReentrantReceiver thief = new ReentrantReceiver();
        _register(address(thief));
        _deposit(address(thief), 10);
        uint256 id = _slash(address(thief), 10, mallory);
        vm.deal(address(this), APPEAL_DEPOSIT);
        thief.run{value: APPEAL_DEPOSIT}(
            address(appeals), APPEAL_DEPOSIT, abi.encodeCall(appeals.open, (id, ""))
        );
        uint256 other = _slash(alice, 4, mallory);
        _appeal(other); // somebody else's deposit to steal
        appeals.answer(id, IAppeals.Ruling.Draw);
        thief.aim(address(appeals), abi.encodeCall(appeals.collectDeposit, (address(thief))));
        appeals.collectDeposit(address(thief));
        vm.assertTrue(thief.reentered() && !thief.succeeded(), "tried, refused");
        vm.assertEq(address(thief).balance, APPEAL_DEPOSIT, "once");
    }

    function test_an_appellant_that_takes_no_coins_keeps_no_appeal_open() public {
        address who = address(manager); // has no receive function
        _register(who);
        _deposit(who, 10);
        uint256 id = _slash(who, 10, mallory);
        vm.deal(who, APPEAL_DEPOSIT);
        vm.prank(who);
        appeals.open{value: APPEAL_DEPOSIT}(id, "");
        appeals.answer(id, IAppeals.Ruling.Accept);
        vm.assertEq(registry.participant(who).stake, 10, "whole");
        vm.expectRevert(abi.encodeWithSelector(Payments.PaymentRefused.selector, who, APPEAL_DEPOSIT));
        appeals.collectDeposit(who);
    }

    // --- whose word counts, and when

    function test_what_becomes_of_a_slash_is_decided_by_appeals_alone_and_once() public {
        uint256 id = _slash(alice, 4, mallory);
        bytes memory only = abi.encodeWithSelector(IParticipantRegistry.OnlyAppeals.selector, address(this));
        vm.expectRevert(only);
        registry.restoreSlash(id);
        vm.expectRevert(only);
        registry.upholdSlash(id);
        vm.expectRevert(abi.encodeWithSelector(ITreasury.OnlyAppeals.selector, address(this)));
        treasury.creditDeposit();
        vm.startPrank(address(appeals));
        registry.restoreSlash(id);
        bytes memory decided = abi.encodeWithSelector(IParticipantRegistry.NotHeld.selector, id);
        vm.expectRevert(decided);
        registry.restoreSlash(id);
        vm.expectRevert(decided);
        registry.upholdSlash(id);
        vm.stopPrank();
    }

    function test_a_pause_stops_no_appeal() public {
        uint256 id = _slash(alice, 4, mallory);
        uint256 other = _slash(alice, 4, mallory);
        coordinator.pause(uint40(block.timestamp + UNBONDING / 4));
        _appeal(id);
        appeals.answer(id, IAppeals.Ruling.Accept);
        appeals.collectDeposit(alice);
        vm.warp(block.timestamp + window + 1);
        _uphold(other);
        vm.assertEq(registry.held(), 0, "all decided");
    }

    function test_terms_lock_nothing_longer_than_stake_unbonds() public {
        address code = address(new Appeals());
        (uint40[3] memory windows, uint40[3] memory periods) =
            ([uint40(0), UNBONDING, UNBONDING], [uint40(UNBONDING), 0, 1]);
        for (uint256 i; i < 3; ++i) {
            bytes memory init = abi.encodeCall(
                Appeals.initialize,
                (address(manager), address(registry), address(treasury), 1, windows[i], periods[i])
            );
            vm.expectRevert(
                abi.encodeWithSelector(IAppeals.BadTerms.selector, windows[i], periods[i], UNBONDING)
            );
            this.proxy(code, init);
        }
        _proxy(
            code,
            abi.encodeCall(
                Appeals.initialize,
                (address(manager), address(registry), address(treasury), 1, 1, UNBONDING - 1)
            )
        );
    }

    function proxy(address code, bytes memory init) external {
        _proxy(code, init);
    }

    // --- what a slash leaves written

    function test_slashes_are_numbered_and_lead_back_to_the_one_before() public {
        uint256 first = _slash(alice, 4, mallory);
        vm.warp(block.timestamp + 7);
        uint256 second = _slash(alice, 5, address(0));
        IParticipantRegistry.Slash memory k = registry.slashOf(second);
        vm.assertEq(first, 1, "from 1");
        vm.assertEq(registry.participant(alice).lastSlash, second, "last");
        vm.assertEq(k.previous, first, "previous");
        vm.assertEq(k.at, block.timestamp, "when");
        vm.assertEq(k.taken, 5, "taken");
        vm.assertEq(k.accuser, address(0), "nobody accused");
        vm.assertEq(registry.slashOf(first).accuser, mallory, "accuser");
        vm.assertEq(registry.slashOf(first).previous, 0, "the first");
        vm.assertEq(registry.held(), 9, "held");
    }

    function test_a_slash_without_an_accuser_leaves_all_of_it_to_the_treasury() public {
        uint256 id = _slash(alice, 5, address(0));
        vm.warp(block.timestamp + window + 1);
        _uphold(id);
        vm.assertEq(registry.forfeited(), 5, "all of it");
        registry.forwardSlashed();
        vm.assertEq(treasury.slashed(address(0)), 5, "in the treasury");
    }
}
