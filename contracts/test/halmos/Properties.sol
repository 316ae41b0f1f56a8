// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clock, Clocks} from "../../src/Clocks.sol";
import {IRoundTypes} from "../../src/interfaces/IRoundTypes.sol";
import {Mark, Marks} from "../../src/Marks.sol";
import {Pause, Pauses} from "../../src/Pauses.sol";
import {Phases} from "../../src/Phases.sol";
import {SumTree} from "../../src/SumTree.sol";

/// What holds for every value there is, not only for those that a fuzzer finds. Run by halmos, not by forge.
contract PropertiesCheck {
    using Marks for mapping(uint256 => uint256);
    using Phases for Clock;

    mapping(uint256 => uint256) private words;

    // --- a round's clock as one word

    function check_a_clock_comes_out_of_its_word_as_it_went_in(
        uint32 round,
        uint40 opensAt,
        uint40 deadline,
        uint16[5] calldata counts,
        uint32 maxWeight,
        uint8 overturned
    ) external view {
        Clock memory c;
        (c.round, c.opensAt, c.deadline, c.maxWeight) = (round, opensAt, deadline, maxWeight);
        (c.cohort, c.committed, c.revealed) = (counts[0], counts[1], counts[2]);
        (c.late, c.slashed, c.overturned) = (counts[3], counts[4], overturned);
        c.phase = IRoundTypes.Phase.Challenge;
        Clock memory d = Clocks.unpack(Clocks.pack(c), Pause.wrap(0));
        assert(d.round == round && d.opensAt == opensAt && d.deadline == deadline);
        assert(d.cohort == counts[0] && d.committed == counts[1] && d.revealed == counts[2]);
        assert(d.late == counts[3] && d.slashed == counts[4]);
        assert(d.maxWeight == maxWeight && d.overturned == overturned);
        assert(d.phase == IRoundTypes.Phase.Challenge);
    }

    function check_a_phase_that_is_over_is_never_overdue(uint8 phase, uint40 deadline, uint40 nowS) external pure {
        if (phase > uint8(type(IRoundTypes.Phase).max)) return;
        Clock memory c;
        (c.phase, c.deadline, c.nowS) = (IRoundTypes.Phase(phase), deadline, nowS);
        assert(!(c.idle() && c.overdue()));
    }

    // --- marks

    function check_a_mark_that_is_set_is_the_one_that_is_read(
        uint256 before,
        uint32 round,
        uint16 index,
        uint8 mark
    ) external {
        if (mark > 3) return;
        words[index / 112] = before;
        words.set(round, index, Mark(mark));
        assert(words.get(round, index) == Mark(mark));
    }

    /// For every word and mark, at the ends of a word and within it: solvers give up on shifts by unknowns.
    function check_a_mark_leaves_everybody_elses_alone(uint256 before, uint32 round, uint8 mark) external {
        if (mark > 3) return;
        _set(before, round, mark, 0, 1);
        _set(before, round, mark, 111, 0);
        _set(before, round, mark, 56, 55);
    }

    function _set(uint256 before, uint32 round, uint8 mark, uint16 index, uint16 other) private {
        words[0] = before;
        Mark was = words.get(round, other);
        words.set(round, index, Mark(mark));
        assert(words.get(round, other) == was);
    }

    function check_a_mark_of_another_round_is_none(uint256 before, uint32 round, uint16 index) external {
        if (before >> 224 == round) return;
        words[index / 112] = before;
        assert(words.get(round, index) == Mark.None);
    }

    // --- pauses

    function check_a_pause_comes_out_of_its_word_as_it_went_in(uint40 until, uint24 length, uint32 total)
        external
        pure
    {
        Pause p = Pauses.make(until, length, total);
        assert(p.until() == until && p.length() == length && p.total() == total);
    }

    function check_chain_time_after_the_last_pause_leads_back_to_running_time(
        uint40 until,
        uint24 length,
        uint32 total,
        uint40 t
    ) external pure {
        if (total > until || length > total || t <= until - total || uint256(t) + total > type(uint40).max) return;
        Pause p = Pauses.make(until, length, total);
        assert(p.firstSecond(t) == p.lastSecond(t));
        assert(p.firstSecond(t) > until);
        assert(p.firstSecond(t) - total == t);
    }

    function check_the_second_at_which_time_stands_lasts_as_long_as_the_pause(
        uint40 until,
        uint24 length,
        uint32 total
    ) external pure {
        if (total > until || length > total) return;
        Pause p = Pauses.make(until, length, total);
        uint256 stands = uint256(until) - total;
        assert(p.lastSecond(stands) - p.firstSecond(stands) == length);
    }

    // --- reward trees

    function check_a_leaf_never_passes_for_a_node(
        address account,
        uint256 cumulative,
        bytes32[2] calldata hashes,
        uint256[2] calldata sums
    ) external pure {
        assert(SumTree.leaf(account, cumulative) != SumTree.node(hashes[0], sums[0], hashes[1], sums[1]));
    }

    function check_two_awards_are_two_leaves(address a, address b, uint256 x, uint256 y) external pure {
        if (a == b && x == y) return;
        assert(SumTree.leaf(a, x) != SumTree.leaf(b, y));
    }
}
