// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRecordDesk} from "./interfaces/IRecordDesk.sol";
import {Rights} from "./Rights.sol";

/// @title The version would be usable for more, or longer, than the grant of somebody included gives.
/// @notice What the base version does not give needs no proof: the registry lets no version have it.
abstract contract RightsChallenges is Rights, IRecordDesk {
    function challengeRights(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint32 position,
        Piece calldata leaf,
        Committed calldata c
    ) external {
        _case(task, round, p);
        (address participant,,) = _requireIncluded(leaf, p, position);
        if (!_isDirect(task, round, participant)) revert MayBeRolled(participant);
        (uint16 index,) = _s().coordinator.revealedIndex(task, round, participant);
        bytes32 expected = _s().coordinator.recordAt(task, index);
        bytes32 shown = keccak256(
            abi.encode(participant, c.commitment, keccak256(abi.encode(c.grantId, c.evidenceHash)))
        );
        if (shown != expected) revert NotCommitted(participant, expected, shown);
        (bool gives, uint64 purposes) = _gives(p, participant, c.grantId);
        if (gives) revert NotWrong(int256(uint256(purposes)), int256(uint256(p.purposes)));
        emit RightsRefuted(task, round, msg.sender, position, participant, c.grantId);
        _overturn(task, round, msg.sender);
    }
}
