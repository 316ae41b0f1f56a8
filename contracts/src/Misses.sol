// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRolls} from "./interfaces/IRolls.sol";
import {IDepartures} from "./interfaces/IDepartures.sol";
import {CoordinatorBase} from "./CoordinatorBase.sol";
import {Mark, Marks} from "./Marks.sol";
import {Clock} from "./Clocks.sol";

/// @title Who stayed away, written down by whoever wants them out: a commit that wrote its round would cost everybody.
abstract contract Misses is CoordinatorBase, IDepartures {
    using Marks for mapping(uint256 => uint256);

    function noteAbsent(uint32 task, uint32 round, uint16[] calldata indices) external {
        Clock memory c = _current(task, round);
        if (c.phase <= Phase.Commit) revert StillCommitting(task, round);
        if (_s().rounds[task].rolls != 0) revert IRolls.RolledRound(task, round);
        uint256 maxMisses = _s().tasks[task].params.maxMisses;
        for (uint256 i; maxMisses != 0 && i < indices.length; ++i) {
            address participant = _s().members[task][indices[i]];
            Enrolment storage e = _s().enrolments[task][participant];
            bool dealt = _s().sharers[task].get(round, indices[i]) != Mark.None;
            bool absent = !dealt && _inCohort(e, round) && _markOf(task, round, indices[i]) == Mark.None;
            if (!absent || e.missedRound == round) continue;
            e.misses = e.missedRound + 1 == round ? e.misses + 1 : 1;
            e.missedRound = round;
            emit Missed(task, round, participant, e.misses);
            if (!e.enrolled || e.misses < maxMisses) continue;
            _remove(task, participant, c);
            emit Lapsed(task, participant, round);
        }
    }
}
