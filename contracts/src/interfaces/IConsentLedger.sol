// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IBudgets} from "./IBudgets.sol";

/// @title Which silo may use which dataset, for what, until when.
/// @notice A data holder signs grants (EIP-712); anyone may bring them here. A commit needs a live grant.
/// Nothing personal is stored: a dataset is a salted root, subjects and columns are roots.
interface IConsentLedger is IBudgets {
    /// @param dataset Id under which the holder registered the dataset.
    /// @param silo The participant (master account) that may use it.
    /// @param purposes Bit set of purposes; a task asks for some of them.
    /// @param validFrom First second of use. @param expiry First second after use. Unix seconds.
    /// @param columns Root of the columns covered. @param subjects Root of the subjects covered.
    /// @param record Keyed digest of the consent record that the silo keeps: HMAC-SHA256 under a secret of its own, so
    /// that nobody can guess the record, and what is left here says nothing once both are erased.
    /// @param budget Most privacy loss over all commits under it (IBudgets); 0 is no limit. With one, only tasks whose
    /// commits count their loss may use the grant.
    /// @param nonce Any unused number of the holder's. @param deadline Last second to bring the grant here.
    struct Grant {
        bytes32 dataset;
        address silo;
        uint64 purposes;
        uint40 validFrom;
        uint40 expiry;
        bytes32 columns;
        bytes32 subjects;
        bytes32 record;
        uint256 budget;
        uint256 nonce;
        uint40 deadline;
    }

    /// A commit under the grant that is to be taken out of its round, as ICoordinator.retract has it.
    /// @param coordinator Where the round runs. @param round Its number.
    struct Running {
        address coordinator;
        uint32 task;
        uint32 round;
        bytes32 commitment;
        bytes32 evidenceHash;
    }

    /// @param withdrawnAt Unix seconds of the withdrawal, 0 while it stands.
    /// @param spent Of the budget, by commits that were not refunded.
    /// @param live Whether it could be used now (valid, not expired, not withdrawn).
    struct GrantRecord {
        bytes32 dataset;
        address holder;
        address silo;
        uint64 purposes;
        uint40 validFrom;
        uint40 expiry;
        uint40 withdrawnAt;
        bytes32 columns;
        bytes32 subjects;
        bytes32 record;
        uint256 budget;
        uint256 spent;
        bool live;
    }

    /// Thrown when a dataset id is registered for the second time.
    error DatasetTaken(bytes32 dataset, address holder);
    /// Thrown when a dataset id is not registered, or is zero.
    error UnknownDataset(bytes32 dataset);
    /// Thrown when somebody other than the holder acts on a dataset or grant.
    error NotHolder(address caller, address holder);
    /// Thrown when a signature is not the holder's.
    error BadSignature(address holder, bytes32 digest);
    /// Thrown when a signed message is brought after its deadline.
    error SignatureExpired(uint256 deadline, uint256 nowS);
    /// Thrown when the holder has used this nonce before.
    error NonceUsed(address holder, uint256 nonce);
    /// Thrown when a grant would never be valid: expired already, or it starts at or after its end.
    error EmptyGrant(uint256 validFrom, uint256 expiry, uint256 nowS);
    /// Thrown when no such grant was ever brought here.
    error UnknownGrant(bytes32 grantId);
    /// Thrown when a grant names another silo than the one that uses it.
    error GrantNotForSilo(bytes32 grantId, address silo, address expected);
    /// Thrown when a grant was withdrawn before its use.
    error GrantWithdrawn(bytes32 grantId, uint256 withdrawnAt);
    /// Thrown when a grant ends before the time until which it is needed.
    error GrantExpires(bytes32 grantId, uint256 expiry, uint256 until);
    /// Thrown when a grant has not begun.
    error GrantNotYetValid(bytes32 grantId, uint256 validFrom, uint256 nowS);
    /// Thrown when a grant names a purpose that no grant can have: the highest bit.
    error ReservedPurpose(uint256 purposes);
    /// Thrown when a purpose is asked for that the grant does not cover.
    error PurposeNotCovered(bytes32 grantId, uint256 granted, uint256 asked);

    event DatasetRegistered(bytes32 indexed dataset, address indexed holder, bytes32 root);
    event DatasetRootPublished(bytes32 indexed dataset, bytes32 root);
    event ConsentGranted(bytes32 indexed grantId, bytes32 indexed dataset, address indexed silo, Grant grant);
    event ConsentWithdrawn(bytes32 indexed grantId, bytes32 indexed dataset, uint40 withdrawnAt);
    event NotRetracted(bytes32 indexed grantId, address indexed coordinator, uint32 task, uint32 round);
    event NonceCancelled(address indexed holder, uint256 nonce);
    event SubjectsSet(bytes32 indexed grantId, bytes32 before, bytes32 subjects);

    /// Registers a dataset under an id of the sender's choice (32 random bytes, or a salted hash).
    function registerDataset(bytes32 dataset, bytes32 root) external;

    /// Publishes a new root of a dataset's content. Holder only.
    function publishRoot(bytes32 dataset, bytes32 root) external;

    /// Brings a signed grant; anyone may. The grant's id is the EIP-712 digest that the holder signed.
    /// @param signature Of the dataset's holder: an account's, or an ERC-1271 contract's.
    function grant(Grant calldata g, bytes calldata signature) external returns (bytes32 grantId);

    /// Takes a grant back, from now on. Holder only.
    function withdraw(bytes32 grantId) external;

    /// The same, signed by the holder and brought by anyone.
    function withdrawBySig(bytes32 grantId, uint40 deadline, bytes calldata signature) external;

    /// Takes a grant back and, in the same transaction, the commits under it out of their rounds. One that cannot be taken
    /// out any more (`NotRetracted`) does not keep the grant from being withdrawn. Holder only.
    function withdrawAndRetract(bytes32 grantId, Running[] calldata running) external;

    /// The same under the signature of `withdrawBySig`. The list is whoever brings it: without it the withdrawal is as
    /// good, and anybody may retract afterwards.
    function withdrawAndRetractBySig(
        bytes32 grantId,
        uint40 deadline,
        bytes calldata signature,
        Running[] calldata running
    ) external;

    /// Takes back a grant that was signed but not brought yet: the sender's nonce counts as used.
    function cancelNonce(uint256 nonce) external;

    /// Replaces the subjects' root of a grant (a subject joined, or took its consent back). Holder only.
    function setSubjects(bytes32 grantId, bytes32 subjects) external;

    /// Reverts with the reason unless `silo` may use the grant for all `purposes` from now to `until`.
    function requireLive(bytes32 grantId, address silo, uint64 purposes, uint40 until) external view;

    /// Whether the grant of this silo was withdrawn.
    function isWithdrawn(bytes32 grantId, address silo) external view returns (bool);

    /// Whether `silo` could use the grant for all `purposes` at a second of the past, when it must have been here already:
    /// nothing that happens later changes the answer.
    function liveAt(bytes32 grantId, address silo, uint64 purposes, uint256 at) external view returns (bool);

    /// Which of several silos may use which of several grants, pairwise, for all `purposes` from now to `until`:
    /// the same question as `requireLive`, answered without a reason.
    /// @return live Bit i % 256 of word i / 256 for pair i.
    function liveMany(bytes32[] calldata grantIds, address[] calldata silos, uint64 purposes, uint40 until)
        external
        view
        returns (uint256[] memory live);

    function grantOf(bytes32 grantId) external view returns (GrantRecord memory);

    /// What a grant gives a silo, withdrawn or not: purposes, and the first second after use; zeros if it gives nothing.
    function rightsOf(bytes32 grantId, address silo) external view returns (uint64 purposes, uint40 expiry);

    /// The digest the holder signs, which is also the grant's id.
    function hashGrant(Grant calldata g) external view returns (bytes32);

    /// The digest the holder signs to withdraw.
    function hashWithdrawal(bytes32 grantId, uint40 deadline) external view returns (bytes32);

    function datasetOf(bytes32 dataset) external view returns (address holder, bytes32 root);

    function nonceUsed(address holder, uint256 nonce) external view returns (bool);
}
