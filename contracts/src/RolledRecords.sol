// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRulings} from "./interfaces/IRulings.sol";
import {RecordChallenges} from "./RecordChallenges.sol";

/// @title In a round with rolls: who is included without a record, and who has one and is passed over.
abstract contract RolledRecords is RecordChallenges {
    function answerRecord(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint32 position,
        Piece calldata included,
        RolledProof calldata rolled
    ) external {
        IRulings.Case memory k = _case(task, round, p);
        Demand memory d = _close(_demandId(task, round, k.proposalHash, Target(Tree.Record, position, 0)));
        if (k.nowS > d.due) revert WrongTime(k.pause.lastSecond(d.due), block.timestamp);
        (address participant, bytes32 payloadRoot, uint32 weight) = _requireIncluded(included, p, position);
        if (!_isDirect(task, round, participant)) {
            (address by, bytes32 root, uint32 w) = _s().coordinator
                .rolledRecord(task, round, rolled.poster, rolled.position, rolled.commit, rolled.opening);
            if (by != participant || root != payloadRoot || w != weight) revert NotRevealed(participant);
        }
        emit Answered(task, round, _demandId(task, round, k.proposalHash, Target(Tree.Record, position, 0)), msg.sender);
        _credit(msg.sender, d.deposit);
    }

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

    /// @dev Revealed by itself, on chain, where nobody can have missed it; `challengeLeaf` compares it.
    function _isDirect(uint32 task, uint32 round, address participant) internal view returns (bool) {
        (uint16 index, bool revealed) = _s().coordinator.revealedIndex(task, round, participant);
        return revealed && !_s().coordinator.isLanded(task, round, index);
    }

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
