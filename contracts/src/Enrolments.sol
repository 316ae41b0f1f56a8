// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IParticipantRegistry} from "./interfaces/IParticipantRegistry.sol";
import {ITaskDesk} from "./interfaces/ITaskDesk.sol";
import {CoordinatorBase} from "./CoordinatorBase.sol";
import {Mark, Marks} from "./Marks.sol";
import {Clock} from "./Clocks.sol";
import {Phases} from "./Phases.sol";

/// @title Who takes part in a task from which round to which, and when its bond is free.
abstract contract Enrolments is CoordinatorBase, ITaskDesk {
    using Phases for Clock;
    using Marks for mapping(uint256 => uint256);

    function enrol(uint32 task) external {
        Task storage t = _taskOf(task);
        Clock memory c = _advance(task);
        _requireRunning(c.pause);
        Enrolment storage e = _s().enrolments[task][msg.sender];
        if (e.enrolled) revert AlreadyEnrolled(task, msg.sender);
        if (c.round < e.waitsUntil && t.enrolled >= t.params.quorum) revert StillWaiting(task, msg.sender, e.waitsUntil);
        if (!_mayEnrol(t)) revert NotAdmitted(msg.sender);
        _requireNoLeaf(task, c, e);
        if (t.enrolled == t.params.maxParticipants) revert TaskFull(task, t.params.maxParticipants);
        ++t.enrolled;
        if (e.fromRound == 0) _give(task, t, e);
        if (!e.bonded || e.untilRound != c.round) e.fromRound = c.round + 1;
        e.enrolled = true;
        emit Enrolled(task, msg.sender, e.index, e.fromRound);
        if (e.bonded) return;
        e.bonded = true;
        _s().registry.lock(msg.sender, t.params.bond);
    }

    function leave(uint32 task) external {
        _taskOf(task);
        Clock memory c = _advance(task);
        if (!_s().enrolments[task][msg.sender].enrolled) revert NotEnrolled(task, msg.sender);
        _remove(task, msg.sender, c);
        if (!_holds(task, c, _s().enrolments[task][msg.sender])) _release(task, msg.sender);
    }

    function releaseBond(uint32 task, address participant) external {
        _taskOf(task);
        Clock memory c = _advance(task);
        Enrolment storage e = _s().enrolments[task][participant];
        if (!e.bonded) revert NotEnrolled(task, participant);
        if (e.enrolled || _holds(task, c, e)) revert BondHeld(task, participant, c.round);
        _release(task, participant);
    }

    function enrolmentOf(uint32 task, address participant) external view returns (Enrolment memory) {
        return _s().enrolments[task][participant];
    }

    function participantAt(uint32 task, uint16 index) external view returns (address) {
        return _s().members[task][index];
    }

    // --- internal

    /// @dev Where pay goes by heads, or is capped by heads, an open door would pay whoever splits itself into many.
    function _mayEnrol(Task storage t) internal view returns (bool) {
        IParticipantRegistry registry = _s().registry;
        if (!registry.mayEnrol(msg.sender)) return false;
        bool byWeight = t.params.rewardBy == BY_WEIGHT && t.params.shareCapBps == 0;
        return byWeight || registry.participant(msg.sender).admitted;
    }

    /// @dev Who lost its bond in a round with rolls does not enrol anew while it runs: that would take it out of the
    /// cohort afterwards, and with it a leaf that others rely on.
    function _requireNoLeaf(uint32 task, Clock memory c, Enrolment storage e) internal view {
        bool anew = !e.bonded && !c.idle() && _inCohort(e, c.round);
        if (anew && _s().rounds[task].rolls != 0) revert RoundRunning(task, c.round, c.phase);
    }

    /// @dev Gives the next dense index.
    function _give(uint32 task, Task storage t, Enrolment storage e) internal {
        if (t.indices == type(uint16).max) revert TaskFull(task, type(uint16).max);
        e.index = t.indices++;
        _s().members[task][e.index] = msg.sender;
    }

    /// @dev Whether the round it last took part in still runs, or waits for its opening.
    function _holds(uint32 task, Clock memory c, Enrolment storage e) internal view returns (bool) {
        if (!_inCohort(e, c.round)) return false;
        if (!c.idle()) return true;
        if (_s().rounds[task].revealDeadline == 0) return false;
        Mark mark = _markOf(task, c.round, e.index);
        if (mark == Mark.Committed) return true;
        if (_s().sharers[task].get(c.round, e.index) != Mark.Committed) return false;
        // In a masked round who dealt shares owed a commit, and who revealed its shares of others (slashUnmasked).
        TaskParams storage p = _s().tasks[task].params;
        return mark == Mark.None || (mark == Mark.Revealed && _s().masks[task].unmasked >= c.needed(p, p.threshold));
    }

    function _release(uint32 task, address participant) internal {
        _s().enrolments[task][participant].bonded = false;
        uint256 bond = _s().tasks[task].params.bond;
        emit BondReleased(task, participant, bond);
        _s().registry.unlock(participant, bond);
    }
}
