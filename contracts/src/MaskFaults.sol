// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Bitmaps} from "./Bitmaps.sol";
import {DisputesBase} from "./DisputesBase.sol";
import {ICoordinator} from "./interfaces/ICoordinator.sol";
import {IMaskDesk} from "./interfaces/IMaskDesk.sol";
import {IMaskFaults} from "./interfaces/IMaskFaults.sol";
import {IRulings} from "./interfaces/IRulings.sol";
import {MaskedHeaders} from "./MaskedHeaders.sol";
import {MaskSecrets} from "./MaskSecrets.sol";
import {MerklePath} from "./MerklePath.sol";
import {X25519} from "./X25519.sol";

/// @title Who dealt shares of another secret than it promised, or masked with another seed.
/// @notice rows of Share, shares shown -> the secret -- against the promise; a masking key that was opened -> the seed of a pair
/// -- against the payload's
abstract contract MaskFaults is DisputesBase, IMaskFaults {
    using Bitmaps for uint256[];
    using MaskedHeaders for bytes;
    using MerklePath for bytes;
    using MerklePath for bytes32;

    uint256 internal constant ROW_BYTES = 256;

    /// What the head of a message of Share says. @param rows Leaves of the message's tree. @param threshold Shares that
    /// give either secret.
    struct Head {
        bytes32 session;
        uint32 sharer;
        uint256 rows;
        uint256 threshold;
        bytes32 maskingKey;
        bytes32 seedHash;
    }

    function challengeSharing(
        uint32 task,
        uint32 round,
        Dealt calldata accused,
        Piece calldata head,
        HeldShare[] calldata held,
        bool selfSeed
    ) external {
        _requireDealt(task, round, accused);
        Head memory h = _head(accused, head);
        uint256 holders = h.rows - 1;
        if (h.threshold > holders || 2 * h.threshold <= holders) {
            revert NoThreshold(accused.participant, h.threshold, holders);
        }
        if (held.length < h.threshold) revert TooFewShown(held.length, h.threshold);
        bytes32 secret = _joined(h, accused.root, held, selfSeed);
        (bytes32 promised, bytes32 actual) = selfSeed
            ? (h.seedHash, MaskSecrets.seedHash(h.session, h.sharer, h.sharer, secret))
            : (h.maskingKey, X25519.publicOf(secret));
        if (promised == actual) revert NotFalse(accused.participant, promised);
        emit SharingRefuted(task, round, msg.sender, accused.participant, selfSeed);
        _strike(task, round, accused.participant, "false shares");
    }

    function challengeSeed(uint32 task, uint32 round, FalseSeed calldata f) external {
        (, uint16 other) = _requireFalse(task, round, f);
        emit SeedRefuted(task, round, msg.sender, f.accused.participant, other);
        _strike(task, round, f.accused.participant, "false seed");
    }

    function challengeIncludedSeed(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint32 position,
        Piece calldata leaf,
        FalseSeed calldata f
    ) external {
        _case(task, round, p);
        (address participant,,) = _requireIncluded(leaf, p, position);
        if (participant != f.accused.participant) revert NotIncluded(f.accused.participant, participant);
        (uint16 index, uint16 other) = _requireFalse(task, round, f);
        if (other != index) _requireOpened(task, round, f.other.participant, other, f.secret);
        emit IncludedSeedRefuted(task, round, msg.sender, participant, other);
        _overturn(task, round, msg.sender);
    }

    // --- internal

    /// @dev The hash that the payload is bound to is not that of the seed.
    function _requireFalse(uint32 task, uint32 round, FalseSeed calldata f)
        internal
        view
        returns (uint16 index, uint16 other)
    {
        address participant = f.accused.participant;
        index = _requireDealt(task, round, f.accused);
        other = _requireDealt(task, round, f.other);
        Head memory h = _head(f.accused, f.head);
        _requireBound(task, round, participant, f.bound);
        _requirePlace(participant, f.bound, index, other);
        bytes32 promised =
            index == other ? h.seedHash : _pairHash(h.session, f.accused, index, f.other, other, f.secret);
        if (promised == f.bound.hash) revert NotFalse(participant, promised);
    }

    /// @dev An honest proposer has had this very secret: it dropped out, so its shares were joined, and no other
    /// private key has its public half. Of one who is left it has not, and somebody could keep it back until the
    /// proposal stands.
    function _requireOpened(uint32 task, uint32 round, address other, uint16 index, bytes32 secret) internal view {
        if (_s().coordinator.hasRevealed(task, round, index)) revert NotDropped(other);
        if (X25519.hasTwin(secret)) revert AmbiguousSecret(other);
    }

    /// @dev What shows the offence is this transaction's calldata; its hash names it.
    function _strike(uint32 task, uint32 round, address participant, string memory reason) internal {
        _s().coordinator.strike(task, round, participant, msg.sender, keccak256(msg.data), reason);
    }

    /// @dev Dealt in this round: what was done in an older one costs a bond of that one.
    function _requireDealt(uint32 task, uint32 round, Dealt calldata d) internal view returns (uint16 index) {
        ICoordinator coordinator = _s().coordinator;
        address[] memory who = new address[](1);
        who[0] = d.participant;
        index = coordinator.indicesOf(task, who)[0];
        (bytes32 expected,) = coordinator.dealtAt(task, index);
        (bool shared,) = coordinator.sharesOf(task, round, index);
        if (!shared) expected = 0;
        bytes32 actual = keccak256(abi.encode(d.participant, d.grantId, d.maskingKey, d.root));
        if (expected != actual) revert NotDealt(d.participant, expected, actual);
    }

    function _head(Dealt calldata accused, Piece calldata head) internal view returns (Head memory h) {
        bytes calldata content = head.content;
        _requireLength(content, ROW_BYTES);
        if (bytes4(content[:4]) != "PFM1") revert NoHead(accused.participant);
        h.session = bytes32(content[4:36]);
        h.sharer = uint32(bytes4(content[36:40]));
        h.rows = 1 + uint256(uint32(bytes4(content[40:44])));
        h.threshold = uint32(bytes4(content[44:48]));
        h.maskingKey = bytes32(content[48:80]);
        h.seedHash = bytes32(content[80:112]);
        _requireRoot(accused.root, content.leaf().rootOf(0, h.rows, head.path));
    }

    function _joined(Head memory h, bytes32 root, HeldShare[] calldata held, bool selfSeed)
        internal
        view
        returns (bytes32)
    {
        uint256[] memory points = new uint256[](held.length);
        uint256[] memory values = new uint256[](held.length);
        for (uint256 i; i < held.length; ++i) {
            uint32 holder = _held(h, root, held[i], selfSeed);
            (points[i], values[i]) = (uint256(holder) + 1, uint256(held[i].share));
            if (i != 0 && points[i] <= points[i - 1]) revert HolderOrder(holder);
        }
        return MaskSecrets.join(points, values);
    }

    /// @dev The holder of a row, once the share is seen to be the one that the row is bound to.
    function _held(Head memory h, bytes32 root, HeldShare calldata s, bool selfSeed)
        internal
        view
        returns (uint32 holder)
    {
        bytes calldata row = s.row.content;
        _requireLength(row, ROW_BYTES);
        _requireRoot(root, row.leaf().rootOf(s.position, h.rows, s.row.path));
        holder = uint32(bytes4(row[:4]));
        uint256 at = selfSeed ? 36 : 4;
        bytes32 hash = sha256(
            abi.encodePacked(
                bytes1(0),
                "mask share",
                h.session,
                h.sharer,
                holder,
                selfSeed ? uint32(1) : 0,
                s.share,
                s.salt
            )
        );
        _requireRoot(bytes32(row[at:at + 32]), hash);
    }

    /// @dev The participant's own payload binds these neighbours and this root over its seeds.
    function _requireBound(uint32 task, uint32 round, address participant, BoundSeed calldata bound)
        internal
        view
    {
        IRulings.Case memory k = _s().coordinator.caseOf(task, round);
        if (!_s().coordinator.isOpening(task, round, participant, bound.opening)) revert NotRevealed(participant);
        _requireLength(bound.header, k.chunkBytes);
        _requireRoot(bound.opening.payloadRoot, bound.header.leaf().rootOf(0, k.chunks, bound.headerPath));
        bytes32 digest = MaskedHeaders.noteOf(bound.neighbours, bound.seedsRoot);
        if (bound.header.vectorLength(k.chunkBytes, digest, bound.opening.weight) == 0) {
            revert IMaskDesk.HeaderMismatch(participant, digest);
        }
    }

    /// @dev The shown hash stands at the place of the seed with `other`, or of the self seed.
    function _requirePlace(address participant, BoundSeed calldata bound, uint16 index, uint16 other)
        internal
        view
    {
        uint256[] memory near = bound.neighbours;
        if (near.has(index)) revert IMaskDesk.OwnNeighbour(participant, index);
        if (other != index && !near.has(other)) revert NotMaskedWith(participant, other);
        uint256 rank = near.countBelow(other);
        if (other > index) ++rank;
        _requireRoot(bound.seedsRoot, bound.hash.rootOf(rank, 1 + near.count(), bound.path));
    }

    function _pairHash(
        bytes32 session,
        Dealt calldata accused,
        uint16 index,
        Dealt calldata other,
        uint16 otherIndex,
        bytes32 secret
    ) internal view returns (bytes32) {
        bytes32 key = X25519.publicOf(secret);
        if (key != other.maskingKey) revert NotTheSecret(other.participant, other.maskingKey, key);
        bytes32 seed =
            MaskSecrets.pairSeed(session, index, accused.maskingKey, otherIndex, other.maskingKey, secret);
        return MaskSecrets.seedHash(session, index, otherIndex, seed);
    }
}
