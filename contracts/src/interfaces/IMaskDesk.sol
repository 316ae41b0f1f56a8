// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "./IDisputeTypes.sol";

/// @title Proofs about the sums of a masked round: masks are taken off on chain, for one word.
/// @notice Called at the address of Disputes, whose RecordDesk passes these calls on to its MaskDesk. What is shown of a
/// payload is masked and says nothing of its update, so no task needs to allow it; the seeds are those that the round opened.
interface IMaskDesk is IDisputeTypes {
    /// A seed that a payload is masked with, and its place among the participant's seeds.
    /// @param other Index of the participant that the pair seed is shared with; the own index says that it is the self seed.
    /// @param path From its hash up to `seedsRoot`.
    struct OpenedSeed {
        uint16 other;
        bytes32 seed;
        bytes32[] path;
    }

    /// An included update of a masked round: its leaf of the included tree, its header, its chunk at the word, and the seeds
    /// whose masks are in the sum.
    /// @param header Chunk 0 under `payloadRoot`. Its secret is
    /// sha256(0x00 || "masks" || neighbours || seedsRoot), each word of the bitmap 32 bytes, big-endian.
    /// @param neighbours Whom it is masked with: bit i % 256 of word i / 256 for index i, the own one not set.
    /// @param session Digest of the masking session, its group's own where there are groups: part of each seed's hash.
    /// @param seedsRoot SHA-256 root over sha256(0x00 || "mask seed" || session || owner || other || seed), indices of 4 bytes,
    /// ascending by `other`, with the self seed at the own index.
    /// @param seeds Ascending by `other`: the self seed, and that of each neighbour who did not reveal in time; no more.
    struct MaskedUpdate {
        address participant;
        bytes32 payloadRoot;
        uint32 weight;
        bytes header;
        bytes32[] headerPath;
        bytes chunk;
        bytes32[] path;
        uint256[] neighbours;
        bytes32 session;
        bytes32 seedsRoot;
        OpenedSeed[] seeds;
    }

    /// Thrown when a challenge of a masked sum names a round in which nobody shared a mask.
    error NotMasked(uint32 task);
    /// Thrown when the task's groups may have more than 128 members: each masks with some of its group then, and
    /// nothing that a payload is bound to says who is of it.
    error InGroups(uint32 task, uint16 group);
    /// Thrown when a payload's header is not one of a masked update with this weight and these seeds.
    error HeaderMismatch(address participant, bytes32 digest);
    /// Thrown when a participant's own index is set among its neighbours.
    error OwnNeighbour(address participant, uint16 index);
    /// Thrown when more or fewer seeds are shown than are left in the sum of a participant's payload.
    error SeedCount(address participant, uint256 shown, uint256 expected);
    /// Thrown when a seed is shown whose mask is not left in the sum, twice, or out of order.
    error WrongSeed(address participant, uint16 other);

    /// No updates within the task's limit come to the sum of a group, which is shown beside the most that they come to.
    event SumOutOfRange(
        uint32 indexed task,
        uint32 indexed round,
        address indexed accuser,
        uint32 chunk,
        uint32 word,
        int256 sum,
        uint256 most
    );
    /// Of some groups a part is included and another that revealed is not, or fewer are included than the rule trims.
    event GroupsRefuted(
        uint32 indexed task, uint32 indexed round, address indexed accuser, uint256 whole, uint256 parted
    );

    /// The included updates, their masks taken off at one word, do not make the proposal. In batches as challengeSum.
    ///
    /// sum of a group = sum over its included i of (y_i - mask(self seed of i) - sum of mask(seed of i and j) for
    /// dropped j > i + the same for dropped j < i) mod 2^32, read as int32. Dropped is a neighbour who did not reveal in
    /// time. mask(seed) at coordinate k is word k % 16 of block k / 16 of ChaCha20 (RFC 8439) with the seed for a key and
    /// a nonce of zeros, where k counts the words from chunk 1 on; the zeros that fill the last chunk carry no mask.
    ///
    /// One group of all where the task has none; else of i's group are all for whom neighbours and themselves are the
    /// same set. The mean is floor(sum of all sums / sum of all weights); by rank (Tallies) floor(sum / weight) of each
    /// group counts once. Refuted is also, before its word is looked at, what includes
    ///
    ///     a group with a sum beyond limit * weight, unless privacy loss is counted, for it may hold noise
    ///     some of a group's set who revealed, and others not
    ///     no more groups than a trimmed mean leaves out
    ///
    /// @param at The word; by rank with the least and the largest mean that the rule keeps.
    /// @param shown The next included updates. @param siblings From the batch's node up to the included root.
    /// @param aggregate The aggregate's chunk; read with the last batch.
    function challengeMasked(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        Coordinate calldata at,
        MaskedUpdate[] calldata shown,
        bytes32[] calldata siblings,
        Piece calldata aggregate
    ) external;
}
