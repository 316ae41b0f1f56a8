// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMasking} from "./interfaces/IMasking.sol";
import {Clock} from "./Clocks.sol";
import {Mark, Marks} from "./Marks.sol";
import {Phases} from "./Phases.sol";
import {Shares} from "./Shares.sol";

/// @notice Documented in IMasking.
abstract contract Masking is Shares, IMasking {
    using Marks for mapping(uint256 => uint256);
    using Phases for Clock;

    function dealShares(
        uint32 task,
        uint32 round,
        bytes32 grantId,
        bytes32 maskingKey,
        bytes32 root,
        string calldata uri
    ) external {
        Clock memory c = _require(task, round, Phase.Share);
        _requireRunning(c.pause);
        _requireShort(uri);
        address participant = _actor(task);
        Enrolment storage e = _s().enrolments[task][participant];
        if (!e.bonded || !_inCohort(e, round)) revert NotInCohort(task, round, participant);
        if (maskingKey == 0 || root == 0) revert MissingShares(task, round, participant);
        if (_sharer(task, round, e.index) != Mark.None) revert AlreadyShared(task, round, participant);
        // Where privacy loss is counted, the commit asks the grant for both.
        if (_s().tasks[task].params.privacyFloor == 0) _requireConsent(task, c, participant, grantId);

        _s().shares[task][e.index] = _dealt(participant, grantId, maskingKey, root);
        _s().sharers[task].set(round, e.index, Mark.Committed);
        emit SharesDealt(task, round, participant, e.index, maskingKey, root, grantId, uri);
        _addShared(task, c, 1);
    }

    function showShares(uint32 task, uint32 round, bytes32 root, string calldata uri) external {
        Clock memory c = _require(task, round, Phase.Unmask);
        _requireGapOver(c);
        _requireShort(uri);
        address participant = _actor(task);
        uint16 index = _s().enrolments[task][participant].index;
        if (_s().members[task][index] != participant || _markOf(task, round, index) != Mark.Revealed) {
            revert NotShared(task, round, participant);
        }
        if (root == 0) revert MissingShares(task, round, participant);
        if (_sharer(task, round, index) != Mark.Committed) revert AlreadyShared(task, round, participant);

        _s().shown[task][index] = root;
        _s().sharers[task].set(round, index, Mark.Revealed);
        emit SharesShown(task, round, participant, index, root, uri);
        _addUnmasked(task, c, 1);
    }

    function retractShares(
        uint32 task,
        uint32 round,
        address participant,
        bytes32 grantId,
        bytes32 maskingKey,
        bytes32 root
    ) external {
        Clock memory c = _current(task, round);
        if (c.phase > Phase.Reveal) revert WrongPhase(task, round, Phase.Reveal, c.phase);
        uint16 index = _s().enrolments[task][participant].index;
        bool stands = _sharer(task, round, index) == Mark.Committed && _markOf(task, round, index) == Mark.None;
        if (!stands || _s().shares[task][index] != _dealt(participant, grantId, maskingKey, root)) {
            revert SharesMismatch(task, round, participant);
        }
        if (!_s().consent.isWithdrawn(grantId, participant)) revert ConsentStands(task, round, grantId);
        _s().sharers[task].set(round, index, Mark.Closed);
        emit SharesRetracted(task, round, participant, index, grantId);
    }

    function slashUnmasked(uint32 task, uint32 round, uint16[] calldata indices) external {
        Clock memory c = _current(task, round);
        TaskParams storage p = _s().tasks[task].params;
        // Where too few could go on nobody is blamed: what somebody dealt may not have been to be had. And whoever's
        // consent is withdrawn in the last second of Commit has all of Reveal to take its shares back.
        if (c.phase <= Phase.Reveal || _s().rounds[task].revealDeadline == 0) revert NothingOwed(task, round, c.phase);
        bool unmasked = c.phase > Phase.Unmask && _s().masks[task].unmasked >= c.needed(p, p.threshold);
        for (uint256 i; i < indices.length; ++i) {
            _slashUnmasked(task, c, indices[i], unmasked);
        }
    }

    function masksOf(uint32 task) external view returns (Masks memory m) {
        m = _s().masks[task];
        uint32 round = _load(task).round;
        if (m.round != round) return Masks(round, 0, 0, 0);
    }

    function sharesOf(uint32 task, uint32 round, uint16 index)
        external
        view
        returns (bool shared, bool unmasked)
    {
        Mark mark = _sharer(task, round, index);
        return (mark != Mark.None, mark == Mark.Revealed);
    }

    function dealtAt(uint32 task, uint16 index) external view returns (bytes32 dealt, bytes32 shown) {
        return (_s().shares[task][index], _s().shown[task][index]);
    }

    // --- internal

    function _slashUnmasked(uint32 task, Clock memory c, uint16 index, bool unmasked) internal {
        if (_sharer(task, c.round, index) != Mark.Committed) return;
        Mark mark = _markOf(task, c.round, index);
        if (mark != Mark.None && (!unmasked || mark != Mark.Revealed)) return;
        _s().sharers[task].set(c.round, index, Mark.Closed);
        string memory reason = mark == Mark.None ? "shared, no commit" : "no shares shown";
        _forfeit(task, c, index, _s().shares[task][index], reason);
    }
}
