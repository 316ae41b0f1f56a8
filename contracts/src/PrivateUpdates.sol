// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Clock} from "./Clocks.sol";
import {Commits} from "./Commits.sol";
import {IBudgets} from "./interfaces/IBudgets.sol";
import {IPrivateUpdates} from "./interfaces/IPrivateUpdates.sol";

/// @notice Documented in IPrivateUpdates.
abstract contract PrivateUpdates is Commits, IPrivateUpdates {
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
        _s().consent
            .spend(
                IBudgets.Charge({
                grantId: grantId,
                silo: participant,
                purposes: p.purposes & ~ACCOUNTED,
                until: _consentUntil(task, c),
                task: task,
                round: round,
                cost: cost,
                floor: p.privacyFloor
            })
            );
        _enter(task, c, participant, index, commitment, grantId, evidenceHash);
    }

    function isUnread(uint32 task, uint32 round) external view returns (bool) {
        return (_s().unread[task][round >> 8] >> (round & 255)) & 1 != 0;
    }
}
