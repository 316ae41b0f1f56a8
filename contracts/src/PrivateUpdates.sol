// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clock} from "./Clocks.sol";
import {Commits} from "./Commits.sol";
import {IBudgets} from "./interfaces/IBudgets.sol";
import {IMasking} from "./interfaces/IMasking.sol";
import {IPrivateUpdates} from "./interfaces/IPrivateUpdates.sol";
import {Mark, Marks} from "./Marks.sol";

/// @notice Documented in IPrivateUpdates.
abstract contract PrivateUpdates is Commits, IPrivateUpdates {
    using Marks for mapping(uint256 => uint256);

    function commitPrivate(
        uint32 task,
        uint32 round,
        bytes32 commitment,
        bytes32 grantId,
        bytes32 evidenceHash,
        uint256 cost
    ) external {
        Clock memory c = _require(task, round, Phase.Commit);
        (address participant, uint16 index) = _committer(task, c, commitment, evidenceHash);
        TaskParams storage p = _s().tasks[task].params;
        if (p.mode != 0) _requireShared(task, c, participant, index);
        // A masked task need not count any loss; whoever names one where none is counted is refused by the ledger.
        if (p.mode != 0 && p.privacyFloor == 0 && cost == 0) _requireConsent(task, c, participant, grantId);
        else _spend(task, c, participant, grantId, cost);
        _enter(task, c, participant, index, commitment, grantId, evidenceHash);
        bool all = p.mode != 0 && c.phase == Phase.Commit && c.committed == _s().masks[task].shared;
        if (all) _next(task, c, c.nowS);
    }

    function isUnread(uint32 task, uint32 round) external view returns (bool) {
        return (_s().unread[task][round >> 8] >> (round & 255)) & 1 != 0;
    }

    // --- internal

    function _requireShared(uint32 task, Clock memory c, address participant, uint16 index) internal view {
        if (c.nowS < c.opensAt) revert TooEarly(c.pause.firstSecond(c.opensAt), block.timestamp);
        if (_s().sharers[task].get(c.round, index) != Mark.Committed) {
            revert IMasking.NotShared(task, c.round, participant);
        }
    }

    function _spend(uint32 task, Clock memory c, address participant, bytes32 grantId, uint256 cost) internal {
        TaskParams storage p = _s().tasks[task].params;
        _s().consent
            .spend(
                IBudgets.Charge({
                grantId: grantId,
                silo: participant,
                purposes: p.purposes & ~ACCOUNTED,
                until: _consentUntil(task, c),
                task: task,
                round: c.round,
                cost: cost,
                floor: p.privacyFloor
            })
            );
    }
}
