// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnnouncedUpgrades} from "./AnnouncedUpgrades.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IRoundTypes} from "./interfaces/IRoundTypes.sol";

/// @notice Documented in IModelRegistry.
contract ModelRegistry is IModelRegistry, AnnouncedUpgrades {
    struct Head {
        bytes32 versionHash;
        uint32 number;
        uint64 purposes;
        uint40 usableUntil;
    }

    /// @custom:storage-location erc7201:prefect-federated.ModelRegistry
    struct ModelStorage {
        address coordinator;
        mapping(uint32 task => Head) heads;
        mapping(bytes32 versionHash => bool) retired;
    }

    uint8 public constant GENESIS = 0;
    uint8 public constant ROUND = 1;
    uint8 public constant ROLLBACK = 2;

    bytes32 public constant VERSION_TYPEHASH = keccak256(
        "Version(uint256 chainId,address registry,uint32 task,uint32 number,uint32 round,uint8 kind,bytes32 parent,bytes32 modelRoot,bytes32 aggregateRoot,bytes32 stateRoot,bytes32 metricsHash,uint64 purposes,uint40 usableUntil)"
    );

    // keccak256(abi.encode(uint256(keccak256("prefect-federated.ModelRegistry")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_SLOT =
        0x09b0f44b001a4f72617c47d78ffbd775acca71780732f5ae10be62a546b71d00;

    modifier onlyCoordinator() {
        if (msg.sender != _storage().coordinator) revert OnlyCoordinator(msg.sender);
        _;
    }

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    function initialize(address manager, address coordinator, address registry) external initializer {
        __AnnouncedUpgrades_init(manager, registry);
        _storage().coordinator = coordinator;
    }

    function genesis(uint32 task, bytes32 modelRoot, string calldata uri)
        external
        onlyCoordinator
        returns (bytes32 versionHash)
    {
        if (_storage().heads[task].versionHash != 0) revert GenesisExists(task);
        Version memory v;
        v.task = task;
        v.kind = GENESIS;
        v.modelRoot = modelRoot;
        (v.purposes, v.usableUntil) = (type(uint64).max, type(uint40).max);
        return _store(v, uri);
    }

    function append(uint32 task, uint32 round, IRoundTypes.Proposal calldata p)
        external
        onlyCoordinator
        returns (uint32 number, bytes32 versionHash)
    {
        Version memory v = _next(task, round, ROUND);
        v.modelRoot = p.modelRoot;
        v.aggregateRoot = p.aggregateRoot;
        v.stateRoot = p.stateRoot;
        v.metricsHash = p.metricsHash;
        Head storage base = _storage().heads[task];
        v.purposes = p.purposes & base.purposes;
        v.usableUntil = p.usableUntil < base.usableUntil ? p.usableUntil : base.usableUntil;
        return (v.number, _store(v, p.uri));
    }

    function rollback(uint32 task, uint32 round, Version[] calldata path, string calldata uri)
        external
        onlyCoordinator
        returns (uint32 number, bytes32 versionHash)
    {
        Version memory v = _next(task, round, ROLLBACK);
        v.aggregateRoot = _walk(task, v.parent, path);
        Version calldata target = path[path.length - 1];
        v.modelRoot = target.modelRoot;
        v.stateRoot = target.stateRoot;
        v.metricsHash = target.metricsHash;
        (v.purposes, v.usableUntil) = (target.purposes, target.usableUntil);
        return (v.number, _store(v, uri));
    }

    function answerRemedy(uint32 task, bytes32 versionHash, bytes32 grantId, Remedy action, bytes32 reasonHash)
        external
        restricted
    {
        if (_storage().heads[task].versionHash == 0) revert UnknownTask(task);
        if (versionHash == 0 || grantId == 0 || action == Remedy.None || reasonHash == 0) {
            revert EmptyAnswer(versionHash, grantId, action, reasonHash);
        }
        if (action == Remedy.Retire) _storage().retired[versionHash] = true;
        emit RemedyAnswered(task, versionHash, grantId, action, reasonHash, msg.sender);
    }

    function isRetired(bytes32 versionHash) external view returns (bool) {
        return _storage().retired[versionHash];
    }

    function rightsOf(uint32 task) external view returns (uint64 purposes, uint40 usableUntil) {
        Head storage h = _storage().heads[task];
        if (h.versionHash == 0) revert UnknownTask(task);
        return (h.purposes, h.usableUntil);
    }

    function head(uint32 task) external view returns (bytes32 versionHash, uint32 number) {
        Head storage h = _storage().heads[task];
        if (h.versionHash == 0) revert UnknownTask(task);
        return (h.versionHash, h.number);
    }

    function hashVersion(Version memory v) public view returns (bytes32) {
        return keccak256(abi.encode(VERSION_TYPEHASH, block.chainid, address(this), v));
    }

    /// @dev Follows the path from `expected` (the head) through each parent; returns the target's hash.
    function _walk(uint32 task, bytes32 expected, Version[] calldata path)
        internal
        view
        returns (bytes32 hash)
    {
        if (path.length < 2) revert BrokenPath(task, path.length, expected, 0);
        for (uint256 i; i < path.length; ++i) {
            hash = hashVersion(path[i]);
            if (hash != expected) revert BrokenPath(task, i, expected, hash);
            expected = path[i].parent;
        }
    }

    function _next(uint32 task, uint32 round, uint8 kind) internal view returns (Version memory v) {
        Head storage h = _storage().heads[task];
        if (h.versionHash == 0) revert UnknownTask(task);
        v.task = task;
        v.number = h.number + 1;
        v.round = round;
        v.kind = kind;
        v.parent = h.versionHash;
    }

    function _store(Version memory v, string calldata uri) internal returns (bytes32 versionHash) {
        versionHash = hashVersion(v);
        _storage().heads[v.task] = Head(versionHash, v.number, v.purposes, v.usableUntil);
        emit VersionAppended(v.task, v.number, versionHash, v, uri);
    }

    function _storage() private pure returns (ModelStorage storage s) {
        bytes32 slot = STORAGE_SLOT;
        assembly {
            s.slot := slot
        }
    }
}
