// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {TestToken} from "../src/TestToken.sol";
import {Actions} from "./Actions.sol";
import {RelayedActions} from "./RelayedActions.sol";
import {RolledActions} from "./RolledActions.sol";
import {AppealActions} from "./AppealActions.sol";
import {Handler} from "./Handler.sol";
import {Invariants} from "./Invariants.sol";
import {Judgements} from "./Judgements.sol";
import {vm} from "./Vm.sol";

/// What holds whatever anybody does, in any order, at any time.
contract InvariantsTest is Invariants {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function setUp() public {
        handler = new Handler(_token());
        handler.setUp();
    }

    function _token() internal virtual returns (address) {
        return address(0);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[45] memory any_ = [
            Actions.pass.selector,
            Actions.pause.selector,
            Actions.open.selector,
            Actions.commit.selector,
            Actions.commitAll.selector,
            Actions.reveal.selector,
            Actions.revealMost.selector,
            RelayedActions.relayCommits.selector,
            RelayedActions.relayOpenings.selector,
            RolledActions.enlist.selector,
            RolledActions.rollCommits.selector,
            RolledActions.rollOpenings.selector,
            RolledActions.lift.selector,
            RolledActions.land.selector,
            RolledActions.refute.selector,
            RolledActions.withdrawPoster.selector,
            Actions.slash.selector,
            Actions.propose.selector,
            Judgements.overturn.selector,
            Judgements.strike.selector,
            Judgements.retract.selector,
            Judgements.hold.selector,
            Judgements.floor.selector,
            Judgements.collect.selector,
            AppealActions.appeal.selector,
            AppealActions.answer.selector,
            AppealActions.closeAll.selector,
            AppealActions.collectDeposit.selector,
            Actions.settle.selector,
            Actions.tick.selector,
            Actions.leave.selector,
            Actions.enrol.selector,
            Actions.release.selector,
            Actions.noteAbsent.selector,
            Actions.duty.selector,
            Actions.deposit.selector,
            Actions.unbond.selector,
            Actions.withdraw.selector,
            Actions.fund.selector,
            Actions.forward.selector,
            Actions.refund.selector,
            Actions.claim.selector,
            Actions.withdrawConsent.selector,
            Actions.renewConsent.selector,
            Actions.end.selector
        ];
        uint256 often = 3 * any_.length; // three calls in four lead the round on
        targets = new FuzzSelector[](1);
        targets[0].addr = address(handler);
        targets[0].selectors = new bytes4[](any_.length + often);
        for (uint256 i; i < any_.length; ++i) {
            targets[0].selectors[i] = any_[i];
        }
        for (uint256 i; i < often; ++i) {
            targets[0].selectors[any_.length + i] = Handler.play.selector;
        }
    }

    /// The invariants say something only about what happens: a scripted run reaches all of it.
    function test_the_handler_reaches_settled_rounds_claims_and_slashes() public {
        for (uint256 i; i < 160; ++i) {
            handler.play(uint256(keccak256(abi.encode(i))));
        }
        (,,, uint256 claimed) = handler.treasuryMoney();
        vm.assertGe(handler.settled(), 3, "settled");
        vm.assertGe(handler.slashes(), 1, "slashes");
        vm.assertTrue(claimed != 0, "claims");
        vm.assertGe(handler.overturns(), 1, "overturned proposals");
        vm.assertGe(handler.floors(), 1, "floors");
        vm.assertGe(handler.restored(), 1, "accepted appeals");
        vm.assertGe(handler.rejected(), 1, "rejected appeals");
        vm.assertGe(handler.withdrawals(), 1, "withdrawn consents");
        vm.assertGe(handler.retractions(), 1, "retracted commits");
        vm.assertGe(handler.rolledRounds(), 3, "rolls that were opened");
        vm.assertGe(handler.lifts(), 1, "lifted commits");
        vm.assertGe(handler.landings(), 1, "landed openings");
        vm.assertGe(handler.rollVoids(), 1, "void rolls");
    }

    /// One campaign for all of them: the calls cost more than the checks.
    function invariant_all_that_must_hold_at_any_time() public view {
        _the_registry_holds_exactly_the_stakes();
        _the_treasury_holds_exactly_what_it_owes();
        _no_coin_is_made_or_lost();
        _what_is_locked_is_what_is_bonded();
        _what_is_locked_is_there();
        _a_phase_never_goes_back();
        _strangers_alone_can_end_every_round();
        _no_round_outlasts_its_longest_time();
        _no_Reveal_is_cut_short_while_a_roll_stands();
        _nothing_ever_blocks_an_exit();
        _a_slash_takes_the_bonds_of_the_silent_and_nothing_else();
        _nobody_loses_more_than_it_had_locked();
        _nobody_pays_for_a_roll_that_it_was_not_lifted_out_of();
        _an_accuser_gets_at_most_half();
        _appeals_hold_exactly_the_deposits();
        _what_is_held_is_what_undecided_slashes_took();
        _the_counters_of_a_round_fit();
        _everybody_commits_once();
        _everybody_reveals_once();
        _everybody_is_paid_once_and_what_it_earned();
        _a_round_reserves_its_reward_and_no_more();
        _floors_are_set_aside_after_fraud_alone();
        _no_more_is_awarded_than_the_settled_rounds_had();
        _a_withdrawn_consent_is_never_used_again();
        _a_retraction_takes_out_what_was_withdrawn_and_nothing_else();
        _nobody_commits_in_a_pause();
        _the_enrolled_are_counted();
        _everybody_keeps_its_index();
        _the_model_registry_rehashes_from_the_genesis();
        _a_running_round_builds_on_the_head();
    }
}

/// The same with an ERC-20 as stake and reward.
contract TokenInvariantsTest is InvariantsTest {
    function _token() internal override returns (address) {
        return address(new TestToken("Token", "TOK"));
    }
}
