// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Batches} from "./Batches.sol";
import {IProofs} from "./interfaces/IProofs.sol";
import {IRulings} from "./interfaces/IRulings.sol";
import {MerklePath} from "./MerklePath.sol";
import {Tallies, Tally} from "./Tallies.sol";

/// @title The aggregate is not what its rule makes of the included updates, shown at one coordinate.
/// @notice included tree -> all participants, payload roots, weights; their chunks -> words -> the rule's result
abstract contract SumChallenges is Batches, IProofs {
    using MerklePath for bytes;
    using MerklePath for bytes32;
    using Tallies for Tally;

    function challengeSum(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        Coordinate calldata at,
        Shown[] calldata shown,
        bytes32[] calldata siblings,
        Piece calldata aggregate
    ) external {
        IRulings.Case memory k = _case(task, round, p);
        if (k.disclosure == 0) revert NotDisclosed(task);
        _requireWord(at.chunk, at.word, k);
        bytes32 key = keccak256(abi.encode(msg.sender, task, round, k.proposalHash, at));
        Tally memory t = _s().tallies[key];
        _count(k, p, at, t, shown, siblings);
        if (t.next < p.included) {
            _s().tallies[key] = t;
            emit SumTallied(task, round, msg.sender, t.next, p.included);
            return;
        }
        int256 expected = t.result(k.rule, k.trim, at.low, at.high);
        _requireChunk(aggregate, k, at.chunk, p.aggregateRoot);
        int256 claimed = _word(aggregate.content, at.word);
        if (expected == claimed) revert NotWrong(expected, claimed);
        emit SumRefuted(task, round, msg.sender, at.chunk, at.word, expected, claimed);
        _overturn(task, round, msg.sender);
    }

    function challengeHeader(uint32 task, uint32 round, Proposal calldata p, Piece calldata aggregate)
        external
    {
        IRulings.Case memory k = _case(task, round, p);
        _requireChunk(aggregate, k, 0, p.aggregateRoot);
        bytes32 leaf = aggregate.content.leaf();
        if (leaf == k.aggregateHeader) revert NotWrong(0, 0);
        emit HeaderRefuted(task, round, msg.sender, leaf);
        _overturn(task, round, msg.sender);
    }

    // --- internal

    /// @dev Counts a batch: the node over its leaves must lead to the included root, each chunk to its payload.
    function _count(
        IRulings.Case memory k,
        Proposal calldata p,
        Coordinate calldata at,
        Tally memory t,
        Shown[] calldata shown,
        bytes32[] calldata siblings
    ) internal view {
        uint256 first = t.next;
        bytes32[] memory leaves = new bytes32[](shown.length);
        for (uint256 i; i < shown.length; ++i) {
            leaves[i] = _counted(k, at, t, shown[i]);
        }
        _requireBatch(p, first, leaves, siblings);
    }

    /// @dev Counts one update and returns its leaf of the included tree.
    function _counted(IRulings.Case memory k, Coordinate calldata at, Tally memory t, Shown calldata s)
        internal
        view
        returns (bytes32)
    {
        _requireLength(s.chunk, k.chunkBytes);
        _requireRoot(s.payloadRoot, s.chunk.leaf().rootOf(at.chunk, k.chunks, s.path));
        t.add(k.rule, _word(s.chunk, at.word), s.weight, at.low, at.high);
        return MerklePath.record(s.participant, s.payloadRoot, s.weight);
    }
}
