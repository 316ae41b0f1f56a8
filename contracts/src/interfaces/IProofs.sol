// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "./IDisputeTypes.sol";
import {IModelRegistry} from "./IModelRegistry.sol";

/// @title Proofs about a proposal's bytes, and bytes asked for.
interface IProofs is IDisputeTypes {
    /// The aggregate's word is not the rule's result over the included updates. All of them at once, or in
    /// batches (each of a power of two, in order) that are counted for this sender until the last one.
    /// @param shown The next included updates with their chunks. @param siblings From the batch's node up to
    /// the included root; none when all come at once. @param aggregate The aggregate's chunk; read with the last.
    function challengeSum(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        Coordinate calldata at,
        Shown[] calldata shown,
        bytes32[] calldata siblings,
        Piece calldata aggregate
    ) external;

    /// Chunk 0 of the aggregate is not the header that the task fixed.
    function challengeHeader(uint32 task, uint32 round, Proposal calldata p, Piece calldata aggregate) external;

    /// A word of the model is not base + aggregate, held at the ends of int32; or its header is not the base's.
    /// @param base The version that the round started from.
    function challengeStep(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        IModelRegistry.Version calldata base,
        Coordinate calldata at,
        Piece[3] calldata baseAggregateModel
    ) external;

    /// A word of a revealed update exceeds the task's limit: the participant loses its bond.
    function challengeRange(
        uint32 task,
        uint32 round,
        address participant,
        Opening calldata o,
        Coordinate calldata at,
        Piece calldata chunk
    ) external;

    /// Asks the proposer for bytes, against a deposit that the answer earns. Early enough in the challenge window
    /// that an answer can still be judged; settlement waits for it.
    function demand(uint32 task, uint32 round, Proposal calldata p, Target calldata target) external payable;

    /// Shows the bytes; anybody may. @param leaf For Payload, the included leaf at the position.
    function answer(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        Target calldata target,
        Piece calldata leaf,
        Piece calldata shown
    ) external;

    /// Answers a demand of Tree.Record: the included leaf is what a roll says of its participant, whose grant there gives
    /// all that the proposal says of its version; or that revealed by itself. Anyone. @param rolled Not read in the
    /// second case.
    function answerRecord(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint32 position,
        Piece calldata included,
        RolledProof calldata rolled
    ) external;

    /// Takes the proposer's bond for an answer that did not come.
    function forfeit(uint32 task, uint32 round, Proposal calldata p, Target calldata target) external;

    /// Gives the deposit back of an open demand whose proposal no longer stands. Anyone.
    function refundDemand(uint32 task, uint32 round, bytes32 proposalHash, Target calldata target) external;

    /// Pays out what was credited here to an account. Anyone.
    function collect(address account) external;

    /// Sets the deposit of later demands, native. Governance only.
    function setDeposit(uint128 deposit) external;

    function deposit() external view returns (uint128);

    function creditOf(address account) external view returns (uint256);

    function demandOf(bytes32 id) external view returns (Demand memory);

    /// keccak256(abi.encode(task, round, proposalHash, target)).
    function demandId(uint32 task, uint32 round, bytes32 proposalHash, Target calldata target)
        external
        pure
        returns (bytes32);
}
