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

/// @title The sums of a masked round do not give its aggregate, shown at one word.
/// @notice included tree -> masked words -- minus the masks that are left in their sum -> sum of each group -> the rule
///
/// Up to 128 members mask with all of their group that shared, so a group is named by a member's neighbours and itself,
/// a set that its payload is bound to. It is whole once everybody of it who revealed in time was counted under it.
abstract contract MaskedSums is Batches, IMaskDesk {
    using Bitmaps for uint256[];
    using MaskedHeaders for bytes;
    using MerklePath for bytes;
    using MerklePath for bytes32;
    using Tallies for Tally;

    /// @dev A cohort falls into groups of `group` to 2 * group - 1 members; above 128 they mask with some alone.
    uint256 internal constant LARGEST_GROUP = 64;

    /// What a call is about. @param at The word, and the claim of its ranks. @param place Of the word in the vector.
    /// @param key Of the tally. @param revealed Who revealed in time. @param sum Of a group that no updates within the
    /// limit come to. @param most What they come to; 0 where there is no such group.
    struct Sum {
        IRulings.Case k;
        uint32 task;
        uint32 round;
        Coordinate at;
        uint256 place;
        bytes32 key;
        uint256[] revealed;
        int256 sum;
        uint256 most;
    }

    function challengeMasked(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        Coordinate calldata at,
        MaskedUpdate[] calldata shown,
        bytes32[] calldata siblings,
        Piece calldata aggregate
    ) external {
        Sum memory s;
        s.k = _case(task, round, p);
        (s.task, s.round, s.at) = (task, round, at);
        _place(s);
        MaskedTally memory t = _s().masked[s.key];
        _countMasked(s, t, p, shown, siblings);
        if (s.most != 0) _refuteRange(s);
        else if (t.next < p.included) _keep(s, t, p.included);
        else if (t.open != 0 || _tooFew(s.k, t.groups.next)) _refuteGroups(s, t);
        else _refute(s, t.groups, p, aggregate);
    }

    // --- internal

    function _place(Sum memory s) internal view {
        if (_s().coordinator.masksOf(s.task).shared == 0) revert NotMasked(s.task);
        if (s.k.group > LARGEST_GROUP) revert InGroups(s.task, s.k.group);
        _requireWord(s.at.chunk, s.at.word, s.k);
        s.place = uint256(s.at.chunk - 1) * (s.k.chunkBytes / WORD_BYTES) + s.at.word;
        s.key = keccak256(abi.encode(msg.sender, s.task, s.round, s.k.proposalHash, s.at));
    }

    function _keep(Sum memory s, MaskedTally memory t, uint256 included) internal {
        _s().masked[s.key] = t;
        emit SumTallied(s.task, s.round, msg.sender, t.next, included);
    }

    function _refuteRange(Sum memory s) internal {
        emit SumOutOfRange(s.task, s.round, msg.sender, s.at.chunk, s.at.word, s.sum, s.most);
        _overturn(s.task, s.round, msg.sender);
    }

    function _refuteGroups(Sum memory s, MaskedTally memory t) internal {
        emit GroupsRefuted(s.task, s.round, msg.sender, t.groups.next, t.open);
        _overturn(s.task, s.round, msg.sender);
    }

    function _refute(Sum memory s, Tally memory t, Proposal calldata p, Piece calldata aggregate) internal {
        int256 expected = t.result(s.k.rule, s.k.trim, s.at.low, s.at.high);
        _requireChunk(aggregate, s.k, s.at.chunk, p.aggregateRoot);
        int256 claimed = _word(aggregate.content, s.at.word);
        if (expected == claimed) revert NotWrong(expected, claimed);
        emit SumRefuted(s.task, s.round, msg.sender, s.at.chunk, s.at.word, expected, claimed);
        _overturn(s.task, s.round, msg.sender);
    }

    /// @dev Whether the rule would trim all groups: then a proposal includes nobody.
    function _tooFew(IRulings.Case memory k, uint256 groups) internal pure returns (bool) {
        return k.rule == Tallies.TRIMMED_MEAN && groups <= 2 * uint256(k.trim);
    }

    function _countMasked(
        Sum memory s,
        MaskedTally memory t,
        Proposal calldata p,
        MaskedUpdate[] calldata shown,
        bytes32[] calldata siblings
    ) internal {
        uint256 first = t.next;
        uint16[] memory indices = _indices(s, shown);
        bytes32[] memory leaves = new bytes32[](shown.length);
        for (uint256 i; i < shown.length; ++i) {
            leaves[i] = _counted(s, t, shown[i], indices[i], p.included);
        }
        _requireBatch(p, first, leaves, siblings);
    }

    /// @dev Counts an update with its group, and returns its leaf of the included tree.
    function _counted(Sum memory s, MaskedTally memory t, MaskedUpdate calldata u, uint16 index, uint256 included)
        internal
        returns (bytes32)
    {
        uint32 word = _unmasked(s, u, index);
        (bytes32 name, uint256 due) = s.k.group == 0 ? (bytes32(0), included) : _groupOf(s, u, index);
        _add(s, t, keccak256(abi.encode(s.key, name)), due, word, u.weight);
        return MerklePath.record(u.participant, u.payloadRoot, u.weight);
    }

    /// @dev The group's name, and how many of it revealed in time.
    function _groupOf(Sum memory s, MaskedUpdate calldata u, uint16 index)
        internal
        pure
        returns (bytes32 name, uint256 due)
    {
        uint256[] memory near = u.neighbours;
        uint256[] memory all = near.with(index);
        return (keccak256(abi.encode(all)), all.count() - all.countWithout(s.revealed));
    }

    /// @dev Adds an update's word to the sum of its group, and that to the tally once it is whole.
    function _add(Sum memory s, MaskedTally memory t, bytes32 id, uint256 due, uint32 word, uint32 weight) internal {
        Group memory g = _s().groups[id];
        if (g.counted == 0) ++t.open;
        ++t.next;
        ++g.counted;
        g.weight += weight;
        unchecked {
            g.sum += word;
        }
        if (g.counted < due) {
            _s().groups[id] = g;
            return;
        }
        delete _s().groups[id];
        --t.open;
        int32 sum = int32(g.sum);
        uint256 most = uint256(s.k.limit) * g.weight;
        bool beyond = sum < -int256(most) || sum > int256(most);
        if (beyond && !s.k.accounted) (s.sum, s.most) = (sum, most);
        t.groups.addSum(s.k.rule, sum, g.weight, s.at.low, s.at.high);
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

    /// @dev An update's word without what is left of its masks.
    function _unmasked(Sum memory s, MaskedUpdate calldata u, uint16 index) internal view returns (uint32 word) {
        if (!s.revealed.has(index)) revert NotRevealed(u.participant);
        _requireLength(u.header, s.k.chunkBytes);
        _requireRoot(u.payloadRoot, u.header.leaf().rootOf(0, s.k.chunks, u.headerPath));
        _requireLength(u.chunk, s.k.chunkBytes);
        _requireRoot(u.payloadRoot, u.chunk.leaf().rootOf(s.at.chunk, s.k.chunks, u.path));
        bytes32 digest = MaskedHeaders.noteOf(u.neighbours, u.seedsRoot);
        uint256 length = u.header.vectorLength(s.k.chunkBytes, digest, u.weight);
        if (length == 0) revert HeaderMismatch(u.participant, digest);
        word = uint32(_word(u.chunk, s.at.word));
        unchecked {
            if (s.place < length) word -= _masks(s, u, index);
        }
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
        bytes32 hash = MaskSecrets.seedHash(u.session, index, opened.other, opened.seed);
        _requireRoot(u.seedsRoot, hash.rootOf(rank, leaves, opened.path));
        return ChaCha20.word(opened.seed, uint32(s.place / 16), s.place % 16);
    }
}
