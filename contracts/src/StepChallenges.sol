// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DisputesBase} from "./DisputesBase.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IProofs} from "./interfaces/IProofs.sol";
import {IRulings} from "./interfaces/IRulings.sol";

/// @title The model is not base + aggregate; or an update leaves the range that its participant agreed to.
abstract contract StepChallenges is DisputesBase, IProofs {
    function challengeStep(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        IModelRegistry.Version calldata base,
        Coordinate calldata at,
        Piece[3] calldata baseAggregateModel
    ) external {
        IRulings.Case memory k = _case(task, round, p);
        if (k.step != 0) revert StepNotProvable(task, k.step);
        bytes32 hash = _s().models.hashVersion(base);
        if (hash != k.baseVersion) revert NotTheBase(k.baseVersion, hash);
        _requireChunk(baseAggregateModel[0], k, at.chunk, base.modelRoot);
        _requireChunk(baseAggregateModel[2], k, at.chunk, p.modelRoot);
        if (at.chunk == 0) _requireOtherHeader(baseAggregateModel[0], baseAggregateModel[2]);
        (int256 expected, int256 claimed) = at.chunk == 0
            ? (int256(0), int256(0))
            : _step(k, p, at, baseAggregateModel);
        if (at.chunk != 0 && expected == claimed) revert NotWrong(expected, claimed);
        emit StepRefuted(task, round, msg.sender, at.chunk, at.word, expected, claimed);
        _overturn(task, round, msg.sender);
    }

    function challengeRange(
        uint32 task,
        uint32 round,
        address participant,
        Opening calldata o,
        Coordinate calldata at,
        Piece calldata chunk
    ) external {
        IRulings.Case memory k = _s().coordinator.caseOf(task, round);
        if (k.disclosure == 0) revert NotDisclosed(task);
        _requireWord(at.chunk, at.word, k);
        if (!_s().coordinator.isOpening(task, round, participant, o)) revert NotRevealed(participant);
        _requireChunk(chunk, k, at.chunk, o.payloadRoot);
        int32 value = _word(chunk.content, at.word);
        int256 size = value < 0 ? -int256(value) : int256(value);
        if (size <= int256(uint256(k.limit))) revert NotWrong(int256(uint256(k.limit)), size);
        emit RangeRefuted(task, round, msg.sender, participant, at.chunk, at.word, value);
        _s().coordinator.strike(task, round, participant, msg.sender, keccak256(msg.data), "out of range");
    }

    // --- internal

    /// @dev base + aggregate, held at the ends of int32, and what the model has there.
    function _step(
        IRulings.Case memory k,
        Proposal calldata p,
        Coordinate calldata at,
        Piece[3] calldata baseAggregateModel
    ) internal view returns (int256 expected, int256 claimed) {
        _requireWord(at.chunk, at.word, k);
        _requireChunk(baseAggregateModel[1], k, at.chunk, p.aggregateRoot);
        expected = int256(_word(baseAggregateModel[0].content, at.word))
            + _word(baseAggregateModel[1].content, at.word);
        if (expected > type(int32).max) expected = type(int32).max;
        if (expected < type(int32).min) expected = type(int32).min;
        claimed = _word(baseAggregateModel[2].content, at.word);
    }

    function _requireOtherHeader(Piece calldata base, Piece calldata model) internal pure {
        if (keccak256(base.content) == keccak256(model.content)) revert NotWrong(0, 0);
    }
}
