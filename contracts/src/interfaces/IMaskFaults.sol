// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDisputeTypes} from "./IDisputeTypes.sol";

/// @title Proofs against who made a masked round fail: its bond is gone, half of it to the accuser.
/// @notice Called at the address of Disputes, which passes these calls on to its MaskDesk. While the round is the
/// task's last one, in any phase; a proposal need stand for challengeIncludedSeed alone. Whoever deals and masks as the
/// protocol has it cannot be struck: threshold, shares and seeds are compared with what it bound itself. Once a round
/// and participant.
interface IMaskFaults is IDisputeTypes {
    /// What somebody dealt in the round, as the coordinator keeps it by its hash.
    struct Dealt {
        address participant;
        bytes32 grantId;
        bytes32 maskingKey;
        bytes32 root;
    }

    /// A holder's row of a message of Share, 256 bytes: holder 4 || hash of the masking key's share || hash of the self seed's
    /// share || what was sealed to it; and a share that hashes so, as the holder showed it in Unmask.
    /// @param position Of the row's leaf; the head is 0.
    struct HeldShare {
        Piece row;
        uint32 position;
        bytes32 share;
        bytes32 salt;
    }

    /// What a payload says of one seed that it is masked with: `hash` has its place under the seeds' root, which the header
    /// binds with the neighbours (IMaskDesk).
    struct BoundSeed {
        Opening opening;
        bytes header;
        bytes32[] headerPath;
        uint256[] neighbours;
        bytes32 seedsRoot;
        bytes32 hash;
        bytes32[] path;
    }

    /// A seed that a payload is bound to and that is not the one its participant has with `other`, or, where `other` is
    /// itself, not the one that its message of Share promises.
    /// @param head Row 0 of the accused's message of Share, as in challengeSharing.
    /// @param secret Private masking key of `other`, which is opened when it drops out: the contract agrees on the pair's
    /// seed with it (X25519, HKDF-SHA256). Not read of the self seed.
    struct FalseSeed {
        Dealt accused;
        Piece head;
        BoundSeed bound;
        Dealt other;
        bytes32 secret;
    }

    event SharingRefuted(
        uint32 indexed task, uint32 indexed round, address indexed accuser, address participant, bool selfSeed
    );
    event SeedRefuted(
        uint32 indexed task, uint32 indexed round, address indexed accuser, address participant, uint16 other
    );
    event IncludedSeedRefuted(
        uint32 indexed task, uint32 indexed round, address indexed accuser, address participant, uint16 other
    );

    /// Thrown when somebody has not dealt this in the round.
    error NotDealt(address participant, bytes32 expected, bytes32 actual);
    /// Thrown when a head is no head of a message of Share.
    error NoHead(address participant);
    /// Thrown when a head names a threshold that no session has: all holders at most, and more than half of them.
    /// Readers count such a message as none, so nothing is to be shown of it.
    error NoThreshold(address participant, uint256 threshold, uint256 holders);
    /// Thrown when fewer shares are shown than surely give the one secret that was dealt.
    error TooFewShown(uint256 shown, uint256 needed);
    /// Thrown when rows do not ascend by holder.
    error HolderOrder(uint32 holder);
    /// Thrown when a private masking key is not that of the public one that was dealt.
    error NotTheSecret(address participant, bytes32 expected, bytes32 actual);
    /// Thrown when the included leaf that is shown is of somebody else.
    error NotIncluded(address participant, address shown);
    /// Thrown when a proposal is to fall over a seed with somebody who is left: no proposer has opened its masking key.
    error NotDropped(address participant);
    /// Thrown when a proposal is to fall over a secret beside which another has the same public half.
    error AmbiguousSecret(address participant);
    /// Thrown when a seed is asked about whose mask the payload does not carry.
    error NotMaskedWith(address participant, uint16 other);
    /// Thrown when shares or a seed are what they should be.
    error NotFalse(address participant, bytes32 promised);

    /// The shares that somebody dealt give another secret than its message of Share promises. Shown are so many as its
    /// own head says: any so many of an honest sharer lie on the one polynomial that it dealt from, whomever it masks
    /// with. A head with another threshold than its session's is malformed to all who read it, and its sharer one that
    /// did not share.
    /// @param head The first 256 bytes of the message: "PFM1" || session || sharer 4 || holders 4 || threshold 4 ||
    /// masking key || hash of the self seed || zeros.
    /// @param held Ascending by holder. Each hash is sha256(0x00 || "mask share" || session || sharer || holder || role ||
    /// share || salt), numbers of 4 bytes, role 0 of the masking key, 1 of the self seed.
    /// @param selfSeed Whether they are shares of the self seed, else of the masking key.
    function challengeSharing(
        uint32 task,
        uint32 round,
        Dealt calldata accused,
        Piece calldata head,
        HeldShare[] calldata held,
        bool selfSeed
    ) external;

    /// A payload is bound to a false seed: its participant loses its bond.
    function challengeSeed(uint32 task, uint32 round, FalseSeed calldata f) external;

    /// An update that the standing proposal includes is bound to a false seed: the proposer loses its bond. Before it
    /// proposes it has compared just these hashes, for without them no mask comes off, and it includes nobody with a
    /// false one. Told is only of what it has opened: the self seed, and seeds with those who dropped out.
    /// @param position Of the leaf among the included.
    function challengeIncludedSeed(
        uint32 task,
        uint32 round,
        Proposal calldata p,
        uint32 position,
        Piece calldata leaf,
        FalseSeed calldata f
    ) external;
}
