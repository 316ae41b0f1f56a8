// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRoundTypes} from "./IRoundTypes.sol";

/// @title The chain of model versions of each task.
/// @notice Only the newest hash and its number are stored; the versions are in the events, each bound to its
/// parent by hash. A rollback is a new version that points back.
interface IModelRegistry {
    /// @param kind 0 genesis, 1 round, 2 rollback.
    /// @param parent Hash of the version before, 0 for the genesis.
    /// @param aggregateRoot Root of the round's aggregate; of a rollback: hash of the version it points back to.
    /// @param stateRoot Root of the server optimiser's state. @param metricsHash Hash of the round's metrics.
    /// @param purposes What it may be used for: bits, as in a grant. @param usableUntil First second after use; what
    /// is 2^40 - 1 never ends.
    struct Version {
        uint32 task;
        uint32 number;
        uint32 round;
        uint8 kind;
        bytes32 parent;
        bytes32 modelRoot;
        bytes32 aggregateRoot;
        bytes32 stateRoot;
        bytes32 metricsHash;
        uint64 purposes;
        uint40 usableUntil;
    }

    /// What becomes of a version that descends from data whose consent was taken back. Retrain: it is to be replaced
    /// by one without them. Retire: nobody should use it any more. Accept: it stays, for a reason.
    enum Remedy {
        None,
        Retrain,
        Retire,
        Accept
    }

    /// Thrown when somebody other than the coordinator writes.
    error OnlyCoordinator(address caller);
    /// Thrown when a task gets a second genesis.
    error GenesisExists(uint32 task);
    /// Thrown when a task has no versions.
    error UnknownTask(uint32 task);
    /// Thrown when a rollback path is too short, does not start at the head, or a link does not hash to
    /// the parent of the one before.
    error BrokenPath(uint32 task, uint256 position, bytes32 expected, bytes32 actual);
    /// Thrown when an answer lacks its version, its grant, its action or its reason.
    error EmptyAnswer(bytes32 versionHash, bytes32 grantId, Remedy action, bytes32 reasonHash);

    event VersionAppended(
        uint32 indexed task, uint32 indexed number, bytes32 indexed versionHash, Version version, string uri
    );
    event RemedyAnswered(
        uint32 indexed task,
        bytes32 indexed versionHash,
        bytes32 indexed grantId,
        Remedy action,
        bytes32 reasonHash,
        address steward
    );

    /// Writes version 0 of a task, which may be used for everything, without end. Coordinator only.
    function genesis(uint32 task, bytes32 modelRoot, string calldata uri)
        external
        returns (bytes32 versionHash);

    /// Appends a round's version, which the settled proposal describes. Of the purposes and the time that it is said to
    /// have, it gets what the head, on which it was trained, has too. Coordinator only.
    function append(uint32 task, uint32 round, IRoundTypes.Proposal calldata p)
        external
        returns (uint32 number, bytes32 versionHash);

    /// Appends a version with the model, the state and the rights of an older one. Coordinator only.
    /// @param path From the head (first) through each parent to the target (last).
    function rollback(uint32 task, uint32 round, Version[] calldata path, string calldata uri)
        external
        returns (uint32 number, bytes32 versionHash);

    /// Says what is done about a version that descends from a grant that was withdrawn, and whose subjects changed: the
    /// last answer counts, and only if it came after that. Steward only (AccessManager).
    /// @param reasonHash SHA-256 of the reason's text, which stays off chain.
    function answerRemedy(uint32 task, bytes32 versionHash, bytes32 grantId, Remedy action, bytes32 reasonHash)
        external;

    /// Whether a version was ever answered with Retire, which is for good.
    function isRetired(bytes32 versionHash) external view returns (bool);

    /// What the newest version may be used for, and until when, were it not retired.
    function rightsOf(uint32 task) external view returns (uint64 purposes, uint40 usableUntil);

    /// Hash and number of the newest version.
    function head(uint32 task) external view returns (bytes32 versionHash, uint32 number);

    /// keccak256(abi.encode(VERSION_TYPEHASH, chain id, this contract, the eleven fields in order)).
    function hashVersion(Version memory v) external view returns (bytes32);
}
