// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CoordinatorBase} from "./CoordinatorBase.sol";
import {Mark} from "./Marks.sol";
import {Clock} from "./Clocks.sol";

/// @title What every single commit has to pass, and what it leaves behind; the consent behind it is the caller's part.
abstract contract Commits is CoordinatorBase {
    /// @dev Who commits, or why it may not.
    function _committer(uint32 task, Clock memory c, bytes32 commitment, bytes32 evidenceHash)
        internal
        view
        returns (address participant, uint16 index)
    {
        uint32 round = c.round;
        participant = _actor(task);
        Enrolment storage e = _s().enrolments[task][participant];
        if (!e.bonded || !_inCohort(e, round)) revert NotInCohort(task, round, participant);
        index = e.index;
        if (_markOf(task, round, index) != Mark.None) revert AlreadyCommitted(task, round, participant);
        if (commitment == 0) revert MissingCommitment(task, round, participant);
        if (evidenceHash == 0) revert MissingEvidence(task, round, participant);
        _requireRunning(c.pause);
    }

    function _enter(
        uint32 task,
        Clock memory c,
        address participant,
        uint16 index,
        bytes32 commitment,
        bytes32 grantId,
        bytes32 evidenceHash
    ) internal {
        _s().records[task][index] = _record(participant, commitment, _grounds(grantId, evidenceHash));
        _setMark(task, c.round, index, Mark.Committed);
        emit UpdateCommitted(task, c.round, participant, index, commitment, grantId, evidenceHash);
        _count(task, c, ++c.committed == c.cohort && _s().rounds[task].leaves == 0);
    }
}
