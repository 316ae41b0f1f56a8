// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Batches} from "./Batches.sol";
import {Bitmaps} from "./Bitmaps.sol";
import {ChaCha20} from "./ChaCha20.sol";
import {ICoordinator} from "./interfaces/ICoordinator.sol";
import {IMaskDesk} from "./interfaces/IMaskDesk.sol";
import {IRulings} from "./interfaces/IRulings.sol";
import {MaskedHeaders} from "./MaskedHeaders.sol";
import {MaskSecrets} from "./MaskSecrets.sol";
import {MerklePath} from "./MerklePath.sol";
import {Tallies, Tally} from "./Tallies.sol";

/// @title The sum of a masked round is false, shown at one word.
/// @notice included tree -> masked words -- minus the masks that are left in their sum -> sum of the updates -> the mean
abstract contract MaskedSums is Batches, IMaskDesk {
    using Bitmaps for uint256[];
    using MaskedHeaders for bytes;
    using MerklePath for bytes;
    using MerklePath for bytes32;

    /// What a call is about. @param at The word's place in the vector. @param key Of the tally. @param revealed Who revealed
    /// in time.
    struct Sum {
        IRulings.Case k;
        uint32 task;
        uint32 round;
        uint32 chunk;
        uint32 word;
        bytes32 session;
        uint256 at;
        bytes32 key;
        uint256[] revealed;
    }

    function challengeMasked(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint32 chunk,
        uint32 word,
        bytes32 session,
        MaskedUpdate[] calldata shown,
        bytes32[] calldata siblings,
        Piece calldata aggregate
    ) external {
        Sum memory s;
        s.k = _case(task, round, p);
        (s.task, s.round, s.chunk, s.word, s.session) = (task, round, chunk, word, session);
        _place(s);
        Tally memory t = _s().tallies[s.key];
        _countMasked(s, t, p, shown, siblings);
        if (t.next < p.included) _keep(s, t, p.included);
        else _refute(s, t, p, aggregate);
    }

    // --- internal

    function _place(Sum memory s) internal view {
        if (_s().coordinator.masksOf(s.task).shared == 0) revert NotMasked(s.task);
        if (s.k.group != 0) revert InGroups(s.task, s.k.group);
        _requireWord(s.chunk, s.word, s.k);
        s.at = uint256(s.chunk - 1) * (s.k.chunkBytes / WORD_BYTES) + s.word;
        s.key = keccak256(abi.encode(msg.sender, s.task, s.round, s.k.proposalHash, s.chunk, s.word));
    }

    function _keep(Sum memory s, Tally memory t, uint256 included) internal {
        _s().tallies[s.key] = t;
        emit SumTallied(s.task, s.round, msg.sender, t.next, included);
    }

    function _refute(Sum memory s, Tally memory t, Proposal calldata p, Piece calldata aggregate) internal {
        int256 expected = Tallies.floorDiv(int32(uint32(uint128(t.sum))), uint256(t.weight));
        _requireChunk(aggregate, s.k, s.chunk, p.aggregateRoot);
        int256 claimed = _word(aggregate.content, s.word);
        if (expected == claimed) revert NotWrong(expected, claimed);
        emit SumRefuted(s.task, s.round, msg.sender, s.chunk, s.word, expected, claimed);
        _overturn(s.task, s.round, msg.sender);
    }

    function _countMasked(
        Sum memory s,
        Tally memory t,
        Proposal calldata p,
        MaskedUpdate[] calldata shown,
        bytes32[] calldata siblings
    ) internal view {
        uint256 first = t.next;
        uint16[] memory indices = _indices(s, shown);
        bytes32[] memory leaves = new bytes32[](shown.length);
        for (uint256 i; i < shown.length; ++i) {
            leaves[i] = _unmasked(s, t, shown[i], indices[i]);
        }
        _requireBatch(p, first, leaves, siblings);
    }

    /// @dev The shown participants' indices, and who revealed among all that they or their neighbours are.
    function _indices(Sum memory s, MaskedUpdate[] calldata shown) internal view returns (uint16[] memory indices) {
        ICoordinator coordinator = _s().coordinator;
        address[] memory who = new address[](shown.length);
        uint256 words;
        for (uint256 i; i < shown.length; ++i) {
            who[i] = shown[i].participant;
            if (shown[i].neighbours.length > words) words = shown[i].neighbours.length;
        }
        indices = coordinator.indicesOf(s.task, who);
        for (uint256 i; i < shown.length; ++i) {
            if (indices[i] >> 8 >= words) words = (indices[i] >> 8) + 1;
        }
        s.revealed = coordinator.revealedBitmap(s.task, s.round, words);
    }

    /// @dev Adds an update's word without what is left of its masks, and returns its leaf of the included tree.
    function _unmasked(Sum memory s, Tally memory t, MaskedUpdate calldata u, uint16 index)
        internal
        view
        returns (bytes32)
    {
        if (!s.revealed.has(index)) revert NotRevealed(u.participant);
        _requireLength(u.header, s.k.chunkBytes);
        _requireRoot(u.payloadRoot, u.header.leaf().rootOf(0, s.k.chunks, u.headerPath));
        _requireLength(u.chunk, s.k.chunkBytes);
        _requireRoot(u.payloadRoot, u.chunk.leaf().rootOf(s.chunk, s.k.chunks, u.path));
        bytes32 digest = MaskedHeaders.noteOf(u.neighbours, u.seedsRoot);
        uint256 length = u.header.vectorLength(s.k.chunkBytes, digest, u.weight);
        if (length == 0) revert HeaderMismatch(u.participant, digest);
        uint32 word = uint32(_word(u.chunk, s.word));
        unchecked {
            if (s.at < length) word -= _masks(s, u, index);
            t.sum = int128(uint128(uint32(uint128(t.sum)) + word)); // 2^32 divides what it is counted modulo
        }
        t.weight += u.weight;
        ++t.next;
        return MerklePath.record(u.participant, u.payloadRoot, u.weight);
    }

    /// @dev The masks that nobody else's payload takes off, as they stand in this one: with a lower index they were
    /// subtracted.
    function _masks(Sum memory s, MaskedUpdate calldata u, uint16 index) internal view returns (uint32 sum) {
        uint256[] memory near = u.neighbours;
        if (near.has(index)) revert OwnNeighbour(u.participant, index);
        uint256 left = 1 + near.countWithout(s.revealed);
        if (u.seeds.length != left) revert SeedCount(u.participant, u.seeds.length, left);
        uint256 leaves = 1 + near.count();
        uint256 least;
        for (uint256 i; i < left; ++i) {
            uint16 other = u.seeds[i].other;
            bool dropped = near.has(other) && !s.revealed.has(other);
            if (other < least || (other != index && !dropped)) revert WrongSeed(u.participant, other);
            least = uint256(other) + 1;
            uint256 rank = near.countBelow(other);
            if (other > index) ++rank;
            uint32 mask = _mask(s, u, u.seeds[i], index, rank, leaves);
            unchecked {
                sum = other < index ? sum - mask : sum + mask;
            }
        }
    }

    /// @dev A seed's word, once it is seen to be the one that the payload is bound to.
    function _mask(
        Sum memory s,
        MaskedUpdate calldata u,
        OpenedSeed calldata opened,
        uint16 index,
        uint256 rank,
        uint256 leaves
    ) internal view returns (uint32) {
        bytes32 hash = MaskSecrets.seedHash(s.session, index, opened.other, opened.seed);
        _requireRoot(u.seedsRoot, hash.rootOf(rank, leaves, opened.path));
        return ChaCha20.word(opened.seed, uint32(s.at / 16), s.at % 16);
    }
}
