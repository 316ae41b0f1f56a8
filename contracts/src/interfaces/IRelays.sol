// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICoordinatorTypes} from "./ICoordinatorTypes.sol";

/// @title Commits and openings that anybody brings, many in one transaction.
/// @notice Called at the coordinator's address. A batch has exactly the effect of the single calls, for each
/// entry that they would accept; any other entry is skipped, named by an event, and harms no other. Who is
/// left out by a relayer commits and reveals directly: a task always allows that. Contract wallets do so too.
interface IRelays is ICoordinatorTypes {
    /// Why an entry was skipped: what the single call would have thrown.
    enum Skip {
        NotInCohort,
        AlreadyCommitted,
        MissingCommitment,
        MissingEvidence,
        NoConsent,
        BadSignature,
        NothingToReveal,
        WeightOutOfRange,
        UriTooLong,
        CommitmentMismatch,
        NotShared,
        AlreadyShared,
        MissingShares
    }

    /// @param r The signature in 64 bytes (EIP-2098): r, and s with the parity of y in the top bit.
    struct SignedCommit {
        address participant;
        bytes32 commitment;
        bytes32 grantId;
        bytes32 evidenceHash;
        bytes32 r;
        bytes32 vs;
    }

    /// @param r With `vs` the signature of `hashLocation`.
    struct RelayedOpening {
        uint16 index;
        address participant;
        Opening opening;
        bytes32 r;
        bytes32 vs;
        string uri;
    }

    /// Thrown when a batch comes for a task that does not allow relaying.
    error NotRelayed(uint32 task);
    /// Thrown when two signed commits convict nobody: the same commitment twice, or one that the participant
    /// did not sign.
    error NoEquivocation(uint32 task, uint32 round, address participant);

    /// @param commits Of each, 118 bytes: index (2), participant (20), commitment, grant id, evidence hash.
    event UpdatesCommitted(uint32 indexed task, uint32 indexed round, bytes commits);
    /// @param late Within the grace: each is what RevealedLate says of one, else what UpdateRevealed says.
    /// @param openings Of each, 188 bytes and the URI: index (2), participant (20), payload root, sealed root,
    /// content key hash, weight (4), grounds hash, salt, length of the URI (2), URI.
    event UpdatesRevealed(uint32 indexed task, uint32 indexed round, bool late, bytes openings);
    event CommitSkipped(uint32 indexed task, uint32 indexed round, address indexed participant, Skip reason);
    event RevealSkipped(uint32 indexed task, uint32 indexed round, address indexed participant, Skip reason);
    event Equivocated(
        uint32 indexed task,
        uint32 indexed round,
        address indexed participant,
        address accuser,
        bytes32 first,
        bytes32 second
    );

    /// Commits for many. Each entry is signed by its participant or by the participant's delegate of now: the
    /// digest is `hashCommit`, so a signature is good for one round of one task at one coordinator. In a masked task
    /// for who has shared alone, as `commitPrivate` is.
    function commitMany(uint32 task, uint32 round, SignedCommit[] calldata batch) external;

    /// Opens for many. An opening proves itself by hashing to the commitment, so whoever is given one may publish
    /// it; participants hand theirs out once Reveal has opened. What it does not prove is where the payload lies:
    /// each entry is signed for its URI, or a copier could send the readers astray and have the update left out.
    function revealMany(uint32 task, uint32 round, RelayedOpening[] calldata batch) external;

    /// Takes the bond of a participant that signed two different commitments for the current round; half of it
    /// is the sender's. Signing the same commitment again, under another grant too, is no offence.
    function challengeEquivocation(
        uint32 task,
        uint32 round,
        SignedCommit calldata first,
        SignedCommit calldata second
    ) external;

    /// The digest a participant signs: EIP-712 domain ("prefect-federated coordinator", "1", chain, this), type
    /// Commit(uint32 task,uint32 round,address participant,bytes32 commitment,bytes32 grantId,bytes32 evidenceHash).
    function hashCommit(uint32 task, uint32 round, SignedCommit calldata signed)
        external
        view
        returns (bytes32);

    /// The digest that says where a payload lies: the same domain, type
    /// Location(uint32 task,uint32 round,address participant,string uri).
    function hashLocation(uint32 task, uint32 round, address participant, string calldata uri)
        external
        view
        returns (bytes32);
}
