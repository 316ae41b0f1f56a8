// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Appeals} from "../src/Appeals.sol";
import {Payments} from "../src/Payments.sol";
import {TestToken} from "../src/TestToken.sol";
import {IAppeals} from "../src/interfaces/IAppeals.sol";
import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {ITreasury} from "../src/interfaces/ITreasury.sol";
import {ReentrantReceiver} from "./Attackers.sol";
import {Base, bound, vm} from "./Base.sol";

/// A slashed participant, its accuser, and this contract as the arbitrator.
abstract contract AppealBase is Base {
    uint128 internal constant STAKE = 10 ether;
    address internal alice = vm.addr(1);
    address internal mallory = vm.addr(2);
    uint40 internal window;
    uint40 internal period;

    function setUp() public virtual override {
        super.setUp();
        (, window, period) = appeals.terms();
        _register(alice);
        _deposit(alice, STAKE);
        vm.deal(alice, 10 * APPEAL_DEPOSIT);
    }

    function _slash(address who, uint256 amount, address accuser) internal returns (uint256) {
        vm.startPrank(address(coordinator));
        if (accuser == address(0)) registry.slash(who, amount, keccak256("evidence"));
        else registry.slashFor(who, amount, keccak256("evidence"), accuser);
        vm.stopPrank();
        return registry.slashCount();
    }

    function _appeal(uint256 id) internal {
        vm.prank(alice);
        appeals.open{value: APPEAL_DEPOSIT}(id, "ipfs://why");
    }

    function _uphold(uint256 id) internal {
        uint256[] memory ids = new uint256[](1);
        ids[0] = id;
        appeals.uphold(ids);
    }

    function _assertSolvent() internal view {
        uint256 stakes = uint256(registry.participant(alice).stake) + registry.participant(alice).unbonding
            + registry.participant(mallory).stake;
        uint256 owed = stakes + registry.held() + registry.forfeited() + registry.bountyOf(alice)
            + registry.bountyOf(mallory);
        vm.assertEq(_balance(stakeToken, address(registry)), owed, "registry");
    }
}

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

/// Whatever amounts, rulings and order: money adds up, and accusing pays no more than the cap.
contract AppealFuzzTest is AppealBase {
    /// Appealed or not, and how it ended: 0 not appealed, 1 accept, 2 reject, 3 draw, 4 silence.
    function _end(uint256 id, uint256 how) internal returns (bool stands) {
        if (how == 0) {
            vm.warp(block.timestamp + window + 1);
            _uphold(id);
        } else {
            _appeal(id);
            if (how == 4) {
                vm.warp(block.timestamp + period + 1);
                appeals.close(id);
            } else {
                appeals.answer(id, IAppeals.Ruling(how));
            }
        }
        return how != 1;
    }

    /// What alice and her second account have: coins, stake, bounties that were paid.
    function _wealth() internal view returns (uint256) {
        return alice.balance + registry.participant(alice).stake + _balance(stakeToken, mallory);
    }

    function test_many_slashes_however_they_end_stay_solvent_to_the_wei(uint256 seed) public {
        uint256 upheld;
        for (uint256 i; i < 8; ++i) {
            uint256 roll = uint256(keccak256(abi.encode(seed, i)));
            uint256 before = registry.held();
            uint256 id = _slash(alice, roll % (STAKE / 2), roll % 3 == 0 ? address(0) : mallory);
            uint256 taken = registry.slashOf(id).taken;
            vm.assertEq(registry.held() - before, taken, "held");
            _assertSolvent();
            if (_end(id, (roll >> 128) % 5)) upheld += taken;
            _assertSolvent();
            vm.assertEq(registry.forfeited() + registry.bountyOf(mallory), upheld, "what stands");
        }
        vm.assertEq(registry.participant(alice).stake, STAKE - upheld, "the rest is hers");
        vm.assertEq(
            address(appeals).balance, appeals.depositOf(alice), "no deposit is left but those returned"
        );
    }

    function test_an_accuser_never_nets_more_than_half(uint256 amount, uint256 how) public {
        uint256 id = _slash(alice, bound(amount, 0, 2 * STAKE), mallory);
        uint256 taken = registry.slashOf(id).taken;
        bool stands = _end(id, how % 5);
        if (stands && taken > 1) registry.collectBounty(mallory);
        vm.assertEq(_balance(stakeToken, mallory), stands ? taken / 2 : 0, "half at most");
    }

    /// Accuser and accused are one, or one's second account: it gets back half at most, less the deposit it may lose.
    function test_who_accuses_itself_loses_at_least_half_of_what_was_taken(uint256 amount, uint256 how) public {
        uint256 had = _wealth();
        uint256 id = _slash(alice, bound(amount, 1, STAKE), mallory);
        uint256 taken = registry.slashOf(id).taken;
        if (!_end(id, how % 5)) return; // accepted: it has what it had, and was without it meanwhile
        if (registry.bountyOf(mallory) != 0) registry.collectBounty(mallory);
        if (appeals.depositOf(alice) != 0) appeals.collectDeposit(alice);
        uint256 has = _wealth();
        vm.assertTrue(has < had, "loses");
        vm.assertGe(had - has, taken - taken / 2, "half at least");
        vm.assertEq(registry.held(), 0, "nothing more to come");
    }

    function test_self_dispute_gains_nothing_even_if_the_arbitrator_helps(uint256 amount) public {
        uint256 had = _wealth();
        uint256 id = _slash(alice, bound(amount, 1, STAKE), mallory);
        _end(id, 1);
        appeals.collectDeposit(alice);
        vm.expectRevert(abi.encodeWithSelector(IParticipantRegistry.NothingToWithdraw.selector, mallory));
        registry.collectBounty(mallory);
        vm.assertEq(_wealth(), had, "what it had");
    }
}

/// Stake in a token, deposits in coins: each returns in its own.
contract AppealTokenTest is AppealFuzzTest {
    function _tokens() internal override returns (address, address) {
        return (address(new TestToken("Stake", "STK")), address(0));
    }

    function test_an_accepted_appeal_returns_tokens_and_coins() public {
        uint256 id = _slash(alice, STAKE, mallory);
        _end(id, 1);
        appeals.collectDeposit(alice);
        vm.startPrank(alice);
        registry.requestUnbond(STAKE);
        vm.warp(block.timestamp + UNBONDING);
        registry.withdraw();
        vm.assertEq(_balance(stakeToken, alice), STAKE, "tokens");
        vm.assertEq(alice.balance, 10 * APPEAL_DEPOSIT, "coins");
    }
}
