// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICoordinator} from "./interfaces/ICoordinator.sol";
import {IDisputeTypes} from "./interfaces/IDisputeTypes.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IRulings} from "./interfaces/IRulings.sol";
import {MerklePath} from "./MerklePath.sol";
import {Tally} from "./Tallies.sol";

/// @title What all challenges share: storage, the case at hand, and how shown bytes are checked.
abstract contract DisputesBase is IDisputeTypes {
    using MerklePath for bytes;
    using MerklePath for bytes32;

    /// The root over a roll's leaves.
    struct Root {
        bytes32 root;
        uint16 leaves;
    }

    /// What has been counted of a word of a masked round so far.
    struct MaskedTally {
        Tally groups; // of those that are whole
        uint32 next; // updates counted, in the order of the included tree
        uint32 open; // groups of whom some were counted, and others who revealed were not
    }

    /// What has been counted of a group: the sum of its words without masks, modulo 2^32.
    struct Group {
        uint32 sum;
        uint32 counted;
        uint64 weight;
    }

    /// @custom:storage-location erc7201:prefect-federated.Disputes
    struct DisputesStorage {
        ICoordinator coordinator;
        uint128 deposit; // of the next demand, native
        IModelRegistry models;
        mapping(bytes32 key => Tally) tallies;
        mapping(bytes32 id => Demand) demands;
        mapping(address account => uint256) credits;
        mapping(bytes32 id => Root) asked; // of demanded leaves: a poster's next roll takes its place at the coordinator
        mapping(bytes32 key => MaskedTally) masked;
        mapping(bytes32 id => Group) groups; // until one is whole
    }

    uint256 internal constant WORD_BYTES = 4;

    // keccak256(abi.encode(uint256(keccak256("prefect-federated.Disputes")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_SLOT =
        0xb190c15aa9fcd84ba57d1da745be35fa29c0d6b2be5946c4772396efb1a54900;

    // --- the case

    /// @dev The standing proposal, which `p` must be.
    function _case(uint32 task, uint32 round, Proposal calldata p)
        internal
        view
        returns (IRulings.Case memory k)
    {
        k = _s().coordinator.caseOf(task, round);
        if (k.phase != Phase.Challenge) revert NothingToChallenge(task, round, k.phase);
        bytes32 hash = keccak256(abi.encode(p));
        if (hash != k.proposalHash) revert ProposalMismatch(task, round, k.proposalHash, hash);
    }

    /// @dev What shows the offence is this transaction's calldata; its hash names it.
    function _overturn(uint32 task, uint32 round, address accuser) internal {
        _s().coordinator.overturn(task, round, accuser, keccak256(msg.data));
    }

    /// @dev Revealed by itself, on chain, where nobody can have missed it; `challengeLeaf` compares it.
    function _isDirect(uint32 task, uint32 round, address participant) internal view returns (bool) {
        (uint16 index, bool revealed) = _s().coordinator.revealedIndex(task, round, participant);
        return revealed && !_s().coordinator.isLanded(task, round, index);
    }

    // --- shown bytes

    function _requireChunk(Piece calldata piece, IRulings.Case memory k, uint256 chunk, bytes32 root)
        internal
        view
    {
        _requireLength(piece.content, k.chunkBytes);
        _requireRoot(root, piece.content.leaf().rootOf(chunk, k.chunks, piece.path));
    }

    /// @dev An included leaf: the 56 bytes (participant, payload root, weight as uint32).
    function _requireIncluded(Piece calldata leaf, Proposal calldata p, uint256 position)
        internal
        view
        returns (address participant, bytes32 payloadRoot, uint32 weight)
    {
        _requireLength(leaf.content, 56);
        _requireRoot(p.includedRoot, leaf.content.leaf().rootOf(position, p.included, leaf.path));
        participant = address(bytes20(leaf.content[:20]));
        payloadRoot = bytes32(leaf.content[20:52]);
        weight = uint32(bytes4(leaf.content[52:]));
    }

    function _requireRoot(bytes32 expected, bytes32 actual) internal pure {
        if (expected != actual) revert RootMismatch(expected, actual);
    }

    function _requireLength(bytes calldata content, uint256 expected) internal pure {
        if (content.length != expected) revert ChunkLength(content.length, expected);
    }

    function _requireWord(uint32 chunk, uint32 word, IRulings.Case memory k) internal pure {
        bool inside = chunk != 0 && chunk < k.chunks && word < k.chunkBytes / WORD_BYTES;
        if (!inside) revert OutOfPayload(chunk, word);
    }

    /// @dev The little-endian int32 at a place of a chunk.
    function _word(bytes calldata chunk, uint256 word) internal pure returns (int32) {
        uint32 v = uint32(bytes4(chunk[word * WORD_BYTES:word * WORD_BYTES + WORD_BYTES]));
        v = ((v & 0xff00ff00) >> 8) | ((v & 0x00ff00ff) << 8);
        return int32((v >> 16) | (v << 16));
    }

    /// @dev Takes the deposit out of an open demand; the demand itself stays, so that nobody asks twice.
    function _close(bytes32 id) internal returns (Demand memory d) {
        d = _s().demands[id];
        if (d.due == 0) revert NoDemand(id);
        _s().demands[id].due = 0;
        _s().demands[id].deposit = 0;
    }

    function _demandId(uint32 task, uint32 round, bytes32 proposalHash, Target memory target)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(task, round, proposalHash, target));
    }

    function _credit(address account, uint256 amount) internal {
        _s().credits[account] += amount;
        emit Credited(account, amount);
    }

    function _s() internal pure returns (DisputesStorage storage s) {
        bytes32 slot = STORAGE_SLOT;
        assembly {
            s.slot := slot
        }
    }
}
