// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStandings} from "./interfaces/IStandings.sol";
import {Clock} from "./Clocks.sol";
import {CoordinatorBase} from "./CoordinatorBase.sol";
import {Mark} from "./Marks.sol";
import {Phases} from "./Phases.sol";

/// @title Where a round is, for whoever asks: at this block's time, whether or not anybody has called since a deadline.
abstract contract Standings is CoordinatorBase, IStandings {
    using Phases for Clock;

    function roundOf(uint32 task) external view returns (RoundState memory state) {
        Round storage r = _s().rounds[task];
        (Clock memory c, uint40 revealDeadline) = _clockNow(task);
        state.round = c.round;
        state.phase = c.phase;
        state.status = c.status;
        state.opensAt = c.pause.firstSecond(c.opensAt);
        state.deadline = c.pause.lastSecond(c.deadline);
        state.revealDeadline = revealDeadline == 0 ? 0 : _graceEnd(task, c, revealDeadline);
        state.cohort = c.cohort;
        state.committed = c.committed;
        state.revealed = c.revealed;
        state.late = c.late;
        state.slashed = c.slashed;
        state.overturned = c.overturned;
        state.baseVersion = r.baseVersion;
        if (c.phase != Phase.Challenge && c.phase != Phase.Settled) return state;
        if (c.status == Status.REJECTED) return state; // nobody proposed: the last proposal was another round's
        state.proposalHash = r.proposalHash;
        state.proposer = r.proposer;
    }

    function owesOpening(uint32 task, uint32 round, uint16 index) external view returns (bool) {
        (, uint40 revealDeadline) = _clockNow(task);
        return revealDeadline != 0 && _markOf(task, round, index) == Mark.Committed;
    }

    function standingOf(uint32 task) external view returns (uint32, Phase, uint40) {
        (Clock memory c,) = _clockNow(task);
        return (c.round, c.phase, c.pause.firstSecond(c.opensAt));
    }

    function contracts() external view returns (address, address, address, address, address, address) {
        CoordinatorStorage storage s = _s();
        return (
            address(s.registry),
            address(s.consent),
            address(s.models),
            address(s.treasury),
            s.disputes,
            address(s.committee)
        );
    }

    // --- internal

    /// @dev Where the round is at this block's time, without writing it; all times are running time.
    function _clockNow(uint32 task) internal view returns (Clock memory c, uint40 revealDeadline) {
        c = _load(task);
        revealDeadline = _s().rounds[task].revealDeadline;
        while (c.overdue()) {
            c.next(_s().tasks[task].params, _s().masks[task], c.deadline);
            if (c.phase == Phase.Reveal) revealDeadline = c.deadline;
        }
    }

    /// @dev Less the grace: so that a pause in the grace shows in the view too.
    function _graceEnd(uint32 task, Clock memory c, uint40 revealDeadline) internal view returns (uint40) {
        uint32 grace = _s().tasks[task].params.revealGrace;
        return c.pause.lastSecond(uint256(revealDeadline) + grace) - grace;
    }
}
