// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRulings} from "./interfaces/IRulings.sol";
import {RecordChallenges} from "./RecordChallenges.sol";

/// @title In a round with rolls: who has a record and is passed over.
abstract contract RolledRecords is RecordChallenges {
    function challengeOmission(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        address participant,
        Gap calldata gap,
        Opening calldata o,
        bytes calldata receipt
    ) external {
        IRulings.Case memory k = _case(task, round, p);
        (uint16 index, bool revealed) = _s().coordinator.revealedIndex(task, round, participant);
        if (!revealed) revert NotRevealed(participant);
        bool seen = _isDirect(task, round, participant) || _received(task, round, index, k.proposer, o, receipt);
        if (!seen || _excluded(p.exclusions, index) || !_isBetween(task, round, p, index, gap)) {
            revert NotWrong(int256(uint256(index)), int256(uint256(gap.position)));
        }
        emit Omitted(task, round, msg.sender, index);
        _overturn(task, round, msg.sender);
    }

    // --- internal

    /// @dev Whether no included leaf has the index: neighbours with nothing between them, the first or the last
    /// leaf alone, or no leaf because nobody is included.
    function _isBetween(uint32 task, uint32 round, Proposal calldata p, uint16 index, Gap calldata gap)
        internal
        view
        returns (bool)
    {
        Piece[] calldata near = gap.near;
        if (near.length == 0) return p.included == 0;
        if (near.length > 2) return false;
        uint16 first = _includedIndex(task, round, p, gap.position, near[0]);
        if (near.length == 2) {
            return first < index && index < _includedIndex(task, round, p, uint256(gap.position) + 1, near[1]);
        }
        return (gap.position == 0 && index < first) || (gap.position + 1 == p.included && first < index);
    }

    function _includedIndex(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint256 position,
        Piece calldata leaf
    ) internal view returns (uint16 index) {
        (address participant,,) = _requireIncluded(leaf, p, position);
        (index,) = _s().coordinator.revealedIndex(task, round, participant);
    }
}
