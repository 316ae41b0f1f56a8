// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Payments} from "../src/Payments.sol";
import {IAppeals} from "../src/interfaces/IAppeals.sol";
import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {AppealBase, bound, vm} from "./AppealBase.sol";

contract AppealsTest is AppealBase {
    // --- accept, reject, draw, silence

    function test_the_wrongly_accused_is_made_whole_to_the_wei(uint256 amount, uint256 unbonding) public {
        vm.prank(alice);
        registry.requestUnbond(bound(unbonding, 0, STAKE));
        uint256 had = alice.balance;
        uint256 id = _slash(alice, bound(amount, 1, 2 * STAKE), mallory);
        _appeal(id);
        appeals.answer(id, IAppeals.Ruling.Accept);
        appeals.collectDeposit(alice);
        IParticipantRegistry.Participant memory p = registry.participant(alice);
        vm.assertEq(uint256(p.stake) + p.unbonding, STAKE, "stake");
        vm.assertEq(alice.balance, had, "deposit");
        vm.assertEq(registry.bountyOf(mallory), 0, "the accuser gets nothing");
        vm.assertEq(registry.forfeited() + registry.held(), 0, "nor anybody else");
        vm.assertEq(address(appeals).balance, 0, "nothing left behind");
        _assertSolvent();
    }

    function test_a_rejected_appeal_costs_the_deposit_and_the_slash_stands() public {
        uint256 id = _slash(alice, 3, mallory);
        _appeal(id);
        vm.expectEmit(address(appeals));
        emit IAppeals.AppealClosed(id, alice, IAppeals.Ruling.Reject, true);
        appeals.answer(id, IAppeals.Ruling.Reject);
        vm.assertEq(registry.bountyOf(mallory), 1, "half, rounded down");
        vm.assertEq(registry.forfeited(), 2, "the rest");
        vm.assertEq(treasury.slashed(address(0)), APPEAL_DEPOSIT, "deposit");
        vm.assertEq(address(treasury).balance, APPEAL_DEPOSIT, "is there");
        vm.assertEq(appeals.depositOf(alice), 0, "and not hers");
        _assertSolvent();
    }

    function test_a_draw_returns_the_deposit_and_the_slash_stands() public {
        uint256 id = _slash(alice, 4, mallory);
        _appeal(id);
        appeals.answer(id, IAppeals.Ruling.Draw);
        vm.assertEq(appeals.depositOf(alice), APPEAL_DEPOSIT, "deposit");
        vm.assertEq(registry.bountyOf(mallory), 2, "bounty");
        vm.assertEq(registry.participant(alice).stake, STAKE - 4, "stake");
    }

    function test_a_silent_arbitrator_locks_nothing_longer_than_the_period() public {
        uint256 id = _slash(alice, 4, mallory);
        vm.warp(block.timestamp + window); // the last second to appeal
        _appeal(id);
        uint256 until = block.timestamp + period;
        vm.warp(until);
        vm.expectRevert(abi.encodeWithSelector(IAppeals.StillOpen.selector, id, until, until));
        appeals.close(id);
        vm.warp(until + 1);
        vm.expectRevert(abi.encodeWithSelector(IAppeals.PeriodOver.selector, id, until, until + 1));
        appeals.answer(id, IAppeals.Ruling.Reject);
        vm.expectEmit(address(appeals));
        emit IAppeals.AppealClosed(id, alice, IAppeals.Ruling.Draw, false);
        vm.prank(stranger);
        appeals.close(id);
        vm.assertEq(registry.held(), 0, "nothing is held");
        vm.assertEq(appeals.depositOf(alice), APPEAL_DEPOSIT, "deposit");
        vm.assertLe(uint256(window) + period, registry.unbondingPeriod(), "within one unbonding period");
    }

    function test_answer_counts_in_the_last_second_of_the_period() public {
        uint256 id = _slash(alice, 4, mallory);
        _appeal(id);
        vm.warp(block.timestamp + period);
        appeals.answer(id, IAppeals.Ruling.Accept);
        vm.assertEq(registry.participant(alice).stake, STAKE, "whole");
    }

    // --- open

    function test_open_writes_down_when_and_for_what_deposit() public {
        uint256 id = _slash(alice, 4, mallory);
        vm.expectEmit(address(appeals));
        emit IAppeals.AppealOpened(id, alice, APPEAL_DEPOSIT, block.timestamp + period, "ipfs://why");
        _appeal(id);
        IAppeals.Appeal memory a = appeals.appealOf(id);
        vm.assertEq(a.openedAt, block.timestamp, "when");
        vm.assertEq(a.deposit, APPEAL_DEPOSIT, "deposit");
        vm.assertTrue(a.ruling == IAppeals.Ruling.None, "open");
    }

    function test_nobody_appeals_for_somebody_else(address who) public {
        vm.assume(who != alice);
        uint256 id = _slash(alice, 4, mallory);
        vm.deal(who, APPEAL_DEPOSIT);
        vm.prank(who);
        vm.expectRevert(abi.encodeWithSelector(IAppeals.NotAppellant.selector, id, who, alice));
        appeals.open{value: APPEAL_DEPOSIT}(id, "");
    }

    function test_a_delegate_cannot_appeal() public {
        vm.prank(alice);
        registry.setDelegate(stranger);
        uint256 id = _slash(alice, 4, mallory);
        vm.deal(stranger, APPEAL_DEPOSIT);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IAppeals.NotAppellant.selector, id, stranger, alice));
        appeals.open{value: APPEAL_DEPOSIT}(id, "");
    }

    function test_nobody_appeals_twice() public {
        uint256 id = _slash(alice, 4, mallory);
        _appeal(id);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IAppeals.AlreadyAppealed.selector, id));
        appeals.open{value: APPEAL_DEPOSIT}(id, "");
        appeals.answer(id, IAppeals.Ruling.Draw);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IAppeals.NotHeld.selector, id));
        appeals.open{value: APPEAL_DEPOSIT}(id, "");
    }

    function test_nobody_appeals_against_a_slash_that_never_was() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IAppeals.NotHeld.selector, 1));
        appeals.open{value: APPEAL_DEPOSIT}(1, "");
    }

    function test_an_appeal_after_the_window_is_refused() public {
        uint256 id = _slash(alice, 4, mallory);
        uint256 until = block.timestamp + window;
        vm.warp(until + 1);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(IAppeals.WindowOver.selector, id, until, until + 1));
        appeals.open{value: APPEAL_DEPOSIT}(id, "");
    }

    function test_an_appeal_costs_exactly_the_deposit(uint256 sent) public {
        sent = bound(sent, 0, 2 * APPEAL_DEPOSIT);
        vm.assume(sent != APPEAL_DEPOSIT);
        uint256 id = _slash(alice, 4, mallory);
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(Payments.WrongValue.selector, sent, APPEAL_DEPOSIT));
        appeals.open{value: sent}(id, "");
    }

    function test_a_link_of_more_than_512_bytes_is_refused() public {
        uint256 id = _slash(alice, 4, mallory);
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(IAppeals.UriTooLong.selector, 513, 512));
        appeals.open{value: APPEAL_DEPOSIT}(id, string(new bytes(513)));
        appeals.open{value: APPEAL_DEPOSIT}(id, string(new bytes(512)));
        vm.stopPrank();
    }

    // --- answer and close

    function test_only_the_arbitrator_answers() public {
        uint256 id = _slash(alice, 4, mallory);
        _appeal(id);
        address[2] memory others = [alice, mallory];
        for (uint256 i; i < 2; ++i) {
            vm.prank(others[i]);
            vm.expectRevert(
                abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, others[i])
            );
            appeals.answer(id, IAppeals.Ruling.Accept);
        }
    }

    function test_an_answer_says_something_and_only_once_to_an_appeal_that_is_open() public {
        uint256 id = _slash(alice, 4, mallory);
        bytes memory none = abi.encodeWithSelector(IAppeals.NoAppeal.selector, id);
        vm.expectRevert(none);
        appeals.answer(id, IAppeals.Ruling.Accept);
        vm.expectRevert(none);
        appeals.close(id);
        _appeal(id);
        vm.expectRevert(abi.encodeWithSelector(IAppeals.MissingRuling.selector, id));
        appeals.answer(id, IAppeals.Ruling.None);
        appeals.answer(id, IAppeals.Ruling.Reject);
        vm.expectRevert(none);
        appeals.answer(id, IAppeals.Ruling.Accept);
        vm.warp(block.timestamp + period + 1);
        vm.expectRevert(none);
        appeals.close(id);
    }
}
