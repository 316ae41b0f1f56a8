// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICommittee} from "./interfaces/ICommittee.sol";
import {ICommitteeTypes} from "./interfaces/ICommitteeTypes.sol";
import {RecordChallenges} from "./RecordChallenges.sol";

/// @title Left out as unreadable, against the word of two thirds of the committee.
/// @notice Nothing of the payload is shown: what each member read stays with it.
abstract contract ExclusionChallenges is RecordChallenges {
    uint8 internal constant OUT_OF_RANGE = 5; // the last reason that a reader finds out by itself

    function refuteExclusion(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint32 which,
        Opening calldata o,
        ICommitteeTypes.SeatSignature[] calldata found
    ) external {
        _case(task, round, p);
        (uint16 index, uint8 reason) = _exclusion(p.exclusions, which);
        if (reason > OUT_OF_RANGE) revert NotWrong(int256(uint256(index)), int256(uint256(reason)));
        address participant = _revealer(task, round, index, o);
        (,,,,, address committee) = _s().coordinator.contracts();
        ICommittee(committee).requireSound(task, round, participant, o, found);
        emit ExclusionRefuted(task, round, msg.sender, index, reason);
        _overturn(task, round, msg.sender);
    }
}
