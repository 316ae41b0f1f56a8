// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParticipantRegistry} from "../src/interfaces/IParticipantRegistry.sol";
import {IRolls} from "../src/interfaces/IRolls.sol";
import {IRoundTypes} from "../src/interfaces/IRoundTypes.sol";
import {Handler} from "./Handler.sol";
import {vm} from "./Vm.sol";

/// What holds whatever anybody does, in any order, at any time, one function each.
abstract contract Invariants {
    Handler internal handler;

    function _the_registry_holds_exactly_the_stakes() internal view {
        uint256 stakes;
        for (uint256 i; i < handler.actors(); ++i) {
            (uint256 stake,,) = handler.stakeOf(i);
            stakes += stake;
        }
        (uint256 balance, uint256 forfeited) = handler.registryMoney();
        vm.assertEq(balance, stakes + forfeited, "to the wei");
    }

    function _the_treasury_holds_exactly_what_it_owes() internal view {
        (uint256 balance, uint256 owed, uint256 total, uint256 claimed) = handler.treasuryMoney();
        vm.assertEq(balance, owed, "to the wei");
        vm.assertLe(claimed, total, "claims within awards");
    }

    function _no_coin_is_made_or_lost() internal view {
        vm.assertEq(handler.held(), handler.minted(), "to the wei");
    }

    function _what_is_locked_is_what_is_bonded() internal view {
        for (uint256 i; i < handler.actors(); ++i) {
            (, uint256 locked, uint256 bonds) = handler.stakeOf(i);
            vm.assertEq(locked, bonds, "locked = bonds");
        }
    }

    function _a_phase_never_goes_back() internal view {
        vm.assertFalse(handler.wentBack(), "went back");
    }

    function _strangers_alone_can_end_every_round() internal view {
        vm.assertFalse(handler.stuck(), "stuck");
    }

    function _no_round_outlasts_its_longest_time() internal view {
        vm.assertFalse(handler.tooLong(), "too long");
    }

    function _no_Reveal_is_cut_short_while_a_roll_stands() internal view {
        vm.assertFalse(handler.cutShort(), "cut short");
    }

    function _nothing_ever_blocks_an_exit() internal view {
        vm.assertFalse(handler.blocked(), "blocked");
    }

    function _a_slash_takes_the_bonds_of_the_silent_and_nothing_else() internal view {
        vm.assertFalse(handler.unjust(), "unjust");
    }

    function _nobody_pays_for_a_roll_that_it_was_not_lifted_out_of() internal view {
        vm.assertFalse(handler.robbed(), "robbed");
    }

    function _the_counters_of_a_round_fit() internal view {
        IRoundTypes.RoundState memory r = handler.state();
        IRolls.Rolled memory l = handler.rolled();
        vm.assertLe(r.committed, uint256(r.cohort) + l.leaves, "committed of the cohort, but for leaves");
        vm.assertLe(uint256(l.opened) + l.lifted, l.leaves, "opened or lifted of the leaves");
        vm.assertLe(
            uint256(r.revealed) + r.late + r.slashed, r.committed, "opened or slashed of the committed"
        );
    }

    function _the_enrolled_are_counted() internal view {
        (uint256 counted, uint256 kept) = handler.enrolledCounts();
        vm.assertEq(counted, kept, "enrolled");
    }

    function _the_model_registry_rehashes_from_the_genesis() internal view {
        (bytes32 onChain, bytes32 rehashed, uint256 number) = handler.heads();
        vm.assertEq(onChain, rehashed, "head");
        vm.assertEq(number, handler.settled(), "one version a settled round");
    }

    function _what_is_locked_is_there() internal view {
        for (uint256 i; i < handler.actors(); ++i) {
            IParticipantRegistry.Participant memory p = handler.participant(i);
            vm.assertLe(p.locked, p.stake, "locked within the stake");
        }
    }

    function _nobody_loses_more_than_it_had_locked() internal view {
        vm.assertFalse(handler.overslashed(), "overslashed");
    }

    /// Whatever was paid out before, of slashes that stand; nothing of those that may still be appealed.
    function _an_accuser_gets_at_most_half() internal view {
        (, uint256 proven) = handler.slashMoney();
        vm.assertLe(handler.bounties(), proven / 2, "bounties");
    }

    function _appeals_hold_exactly_the_deposits() internal view {
        (uint256 balance, uint256 owed) = handler.appealMoney();
        vm.assertEq(balance, owed, "to the wei");
    }

    function _what_is_held_is_what_undecided_slashes_took() internal view {
        (uint256 held,) = handler.slashMoney();
        vm.assertEq(held, handler.heldStake(), "to the wei");
    }

    function _everybody_commits_once() internal view {
        (uint256 committed,) = handler.marked();
        IRolls.Rolled memory l = handler.rolled();
        uint256 alone = uint256(handler.state().committed) - l.leaves; // not in a roll
        vm.assertEq(alone + l.lifted + handler.landed(), committed, "one mark a commit");
    }

    /// A floor that was paid closes the mark of its opening.
    function _everybody_reveals_once() internal view {
        (, uint256 revealed) = handler.marked();
        IRoundTypes.RoundState memory r = handler.state();
        uint256 opened = r.revealed + handler.landed() - handler.rolled().opened;
        vm.assertLe(revealed, opened, "one mark an opening");
        if (r.phase != IRoundTypes.Phase.Voided) vm.assertEq(opened, revealed, "one mark an opening");
    }

    function _everybody_is_paid_once_and_what_it_earned() internal view {
        uint256[3][] memory silos = handler.claims();
        uint256 sum;
        for (uint256 i; i < silos.length; ++i) {
            vm.assertEq(silos[i][0], silos[i][1], "paid = written down");
            vm.assertLe(silos[i][1], silos[i][2], "within what it earned");
            sum += silos[i][1];
        }
        vm.assertEq(handler.account().claimed, sum, "claimed");
    }

    /// A round that is void by its deadline keeps the reserve until somebody calls.
    function _a_round_reserves_its_reward_and_no_more() internal view {
        IRoundTypes.Phase p = handler.state().phase;
        uint256 reserved = handler.account().reserved;
        if (p == IRoundTypes.Phase.Voided && reserved == 0) return;
        bool over = p == IRoundTypes.Phase.None || p == IRoundTypes.Phase.Settled;
        vm.assertEq(reserved, over ? 0 : handler.reward(), "reserved");
    }

    function _floors_are_set_aside_after_fraud_alone() internal view {
        IRoundTypes.RoundState memory r = handler.state();
        bool fraud = r.phase == IRoundTypes.Phase.Voided && r.overturned != 0;
        vm.assertLe(handler.account().floors, fraud ? handler.reward() / 2 : 0, "floors");
    }

    function _no_more_is_awarded_than_the_settled_rounds_had() internal view {
        vm.assertLe(handler.account().total, handler.settled() * handler.reward(), "awarded");
    }

    function _a_withdrawn_consent_is_never_used_again() internal view {
        vm.assertFalse(handler.usedWithdrawn(), "used");
    }

    function _a_retraction_takes_out_what_was_withdrawn_and_nothing_else() internal view {
        vm.assertFalse(handler.retractedWrongly(), "retracted");
    }

    function _nobody_commits_in_a_pause() internal view {
        vm.assertFalse(handler.committedInPause(), "committed");
    }

    function _everybody_keeps_its_index() internal view {
        for (uint256 i; i + 4 < handler.actors(); ++i) {
            vm.assertTrue(handler.hasItsIndex(i), "index");
        }
    }

    function _a_running_round_builds_on_the_head() internal view {
        IRoundTypes.RoundState memory r = handler.state();
        (bytes32 head,,) = handler.heads();
        if (r.phase == IRoundTypes.Phase.None || r.phase == IRoundTypes.Phase.Settled) return;
        vm.assertEq(r.baseVersion, head, "base");
    }
}
