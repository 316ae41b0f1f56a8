// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title The chain of model versions of each task.
/// @notice Only the newest hash and its number are stored; the versions are in the events, each bound to its
/// parent by hash. A rollback is a new version that points back.
interface IModelRegistry {
    /// @param kind 0 genesis, 1 round, 2 rollback.
    /// @param parent Hash of the version before, 0 for the genesis.
    /// @param aggregateRoot Root of the round's aggregate; of a rollback: hash of the version it points back to.
    /// @param stateRoot Root of the server optimiser's state. @param metricsHash Hash of the round's metrics.
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

    event VersionAppended(
        uint32 indexed task, uint32 indexed number, bytes32 indexed versionHash, Version version, string uri
    );

    /// Writes version 0 of a task. Coordinator only.
    function genesis(uint32 task, bytes32 modelRoot, string calldata uri)
        external
        returns (bytes32 versionHash);

    /// Appends a round's version. Coordinator only.
    function append(
        uint32 task,
        uint32 round,
        bytes32 modelRoot,
        bytes32 aggregateRoot,
        bytes32 stateRoot,
        bytes32 metricsHash,
        string calldata uri
    ) external returns (uint32 number, bytes32 versionHash);

    /// Appends a version with the model and state of an older one. Coordinator only.
    /// @param path From the head (first) through each parent to the target (last).
    function rollback(uint32 task, uint32 round, Version[] calldata path, string calldata uri)
        external
        returns (uint32 number, bytes32 versionHash);

    /// Hash and number of the newest version.
    function head(uint32 task) external view returns (bytes32 versionHash, uint32 number);

    /// keccak256(abi.encode(VERSION_TYPEHASH, chain id, this contract, the nine fields in order)).
    function hashVersion(Version memory v) external view returns (bytes32);
}
