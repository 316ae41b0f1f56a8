// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRounds} from "./interfaces/IRounds.sol";
import {Bases} from "./Bases.sol";
import {Commits} from "./Commits.sol";
import {Mark} from "./Marks.sol";
import {Clock} from "./Clocks.sol";
import {Phases} from "./Phases.sol";

/// @title The participants' part of a round: promise an update, open it, or lose the bond.
abstract contract Updates is Commits, Bases, IRounds {
    using Phases for Clock;

    function commit(uint32 task, uint32 round, bytes32 commitment, bytes32 grantId, bytes32 evidenceHash)
        external
    {
        Clock memory c = _require(task, round, Phase.Commit);
        (address participant, uint16 index) = _committer(task, c, commitment, evidenceHash);
        _s().consent
            .requireLive(grantId, participant, _s().tasks[task].params.purposes, _consentUntil(task, c));
        _enter(task, c, participant, index, commitment, grantId, evidenceHash);
    }

    function reveal(uint32 task, uint32 round, Opening calldata o, string calldata uri) external {
        Clock memory c = _current(task, round);
        address participant = _actor(task);
        Enrolment storage e = _s().enrolments[task][participant];
        uint16 index = e.index;
        bool late = _requireOpen(task, c);
        _requireShort(uri);
        if (e.fromRound == 0 || _markOf(task, round, index) != Mark.Committed) {
            revert NothingToReveal(task, round, participant);
        }
        if (o.weight == 0 || o.weight > c.maxWeight) revert WeightOutOfRange(o.weight, c.maxWeight);
        _requireCommitted(task, round, participant, index, o);

        _setMark(task, round, index, late ? Mark.Closed : Mark.Revealed);
        if (late) {
            emit RevealedLate(task, round, participant, index, o, uri);
            ++c.late;
            _save(task, c);
        } else {
            emit UpdateRevealed(task, round, participant, index, o, uri);
            ++c.revealed;
            _count(task, c, _allOpened(task, c));
        }
    }

    function slashSilent(uint32 task, uint32 round, uint16[] calldata indices) external {
        Clock memory c = _current(task, round);
        if (_s().rounds[task].revealDeadline == 0) revert WrongPhase(task, round, Phase.Reveal, c.phase);
        uint256 until = _openUntil(task);
        if (c.nowS <= until) revert TooEarly(c.pause.firstSecond(until + 1), block.timestamp);
        for (uint256 i; i < indices.length; ++i) {
            uint16 index = indices[i];
            if (_markOf(task, round, index) != Mark.Committed) continue;
            _setMark(task, round, index, Mark.Closed);
            ++c.slashed;
            _forfeit(task, c, index, _s().records[task][index], "non-reveal");
        }
        _save(task, c);
    }

    // --- internal

    /// @dev The opening is the commitment's; says how old its base is, where that is not the round's.
    function _requireCommitted(uint32 task, uint32 round, address participant, uint16 index, Opening calldata o)
        internal
    {
        (bool known, uint8 behind) = _behind(task, round, participant, o, _s().records[task][index]);
        if (!known) revert CommitmentMismatch(task, round, participant);
        if (behind != 0) emit UpdateStale(task, round, participant, index, behind);
    }
}
