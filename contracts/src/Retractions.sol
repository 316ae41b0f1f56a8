// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDepartures} from "./interfaces/IDepartures.sol";
import {CoordinatorBase} from "./CoordinatorBase.sol";
import {Mark} from "./Marks.sol";
import {Clock} from "./Clocks.sol";

/// @title A commit whose consent was taken back before Reveal was over: it counts no more, and costs no bond.
/// @notice Nobody looks at consent when an update is opened: that would cost every opening, for a rare case.
abstract contract Retractions is CoordinatorBase, IDepartures {
    function retract(
        uint32 task,
        uint32 round,
        address participant,
        bytes32 commitment,
        bytes32 evidenceHash,
        bytes32 grantId
    ) external {
        Clock memory c = _current(task, round);
        if (c.phase > Phase.Reveal) revert WrongPhase(task, round, Phase.Reveal, c.phase);
        Enrolment storage e = _s().enrolments[task][participant];
        uint16 index = e.index;
        Mark mark = _markOf(task, round, index);
        bytes32 record = _record(participant, commitment, _grounds(grantId, evidenceHash));
        bool stands = mark == Mark.Committed || mark == Mark.Revealed;
        if (!stands || record != _s().records[task][index]) revert NothingToRetract(task, round, participant);
        if (!_s().consent.isWithdrawn(grantId, participant)) revert ConsentStands(task, round, grantId);

        _setMark(task, round, index, Mark.Closed);
        if (mark == Mark.Revealed) --c.revealed;
        ++c.late;
        e.waitsUntil = round + _s().tasks[task].params.waitRounds;
        if (e.enrolled) _remove(task, participant, c);
        emit UpdateRetracted(task, round, participant, index, grantId, e.waitsUntil);
        _count(task, c, c.phase == Phase.Reveal && _allOpened(task, c));
    }
}
