// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    EIP712Upgradeable
} from "@openzeppelin/contracts-upgradeable/utils/cryptography/EIP712Upgradeable.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {AnnouncedUpgrades} from "./AnnouncedUpgrades.sol";
import {Budgets} from "./Budgets.sol";
import {ConsentStore} from "./ConsentStore.sol";
import {IDepartures} from "./interfaces/IDepartures.sol";

/// @notice Documented in IConsentLedger.
contract ConsentLedger is ConsentStore, Budgets, AnnouncedUpgrades, EIP712Upgradeable {
    using BitMaps for BitMaps.BitMap;

    bytes32 public constant GRANT_TYPEHASH = keccak256(
        "Grant(bytes32 dataset,address silo,uint64 purposes,uint40 validFrom,uint40 expiry,bytes32 columns,bytes32 subjects,bytes32 record,uint256 budget,uint256 nonce,uint40 deadline)"
    );
    uint64 private constant RESERVED = 1 << 63; // marks tasks with a privacy floor (CoordinatorStore)
    bytes32 public constant WITHDRAWAL_TYPEHASH = keccak256("Withdrawal(bytes32 grantId,uint40 deadline)");

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    function initialize(address manager, address registry) external initializer {
        __AnnouncedUpgrades_init(manager, registry);
        __EIP712_init("prefect-federated consent", "1");
        __Budgets_init(registry);
    }

    // --- datasets

    function registerDataset(bytes32 dataset, bytes32 root) external {
        if (dataset == 0) revert UnknownDataset(dataset);
        Dataset storage d = _storage().datasets[dataset];
        if (d.holder != address(0)) revert DatasetTaken(dataset, d.holder);
        d.holder = msg.sender;
        d.root = root;
        emit DatasetRegistered(dataset, msg.sender, root);
    }

    function publishRoot(bytes32 dataset, bytes32 root) external {
        _requireHolder(dataset);
        _storage().datasets[dataset].root = root;
        emit DatasetRootPublished(dataset, root);
    }

    // --- grants

    function grant(Grant calldata g, bytes calldata signature) external returns (bytes32 grantId) {
        address holder = _holderOf(g.dataset);
        if (block.timestamp > g.deadline) revert SignatureExpired(g.deadline, block.timestamp);
        if (g.expiry <= block.timestamp || g.validFrom >= g.expiry) {
            revert EmptyGrant(g.validFrom, g.expiry, block.timestamp);
        }
        grantId = hashGrant(g);
        _requireSignature(holder, grantId, signature);
        if (g.purposes >= RESERVED) revert ReservedPurpose(g.purposes);
        _useNonce(holder, g.nonce);
        LedgerStorage storage s = _storage();
        s.terms[grantId] = Terms(g.dataset, g.silo, g.columns, g.subjects, g.record, g.budget);
        s.licences[_key(grantId, g.silo)] =
            Licence(g.purposes, g.validFrom, g.expiry, 0, uint40(block.timestamp), g.budget != 0);
        emit ConsentGranted(grantId, g.dataset, g.silo, g);
    }

    function withdraw(bytes32 grantId) external {
        _requireHolder(_termsOf(grantId).dataset);
        _withdraw(grantId);
    }

    function withdrawBySig(bytes32 grantId, uint40 deadline, bytes calldata signature) external {
        _requireWithdrawal(grantId, deadline, signature);
        _withdraw(grantId);
    }

    function withdrawAndRetract(bytes32 grantId, Running[] calldata running) external {
        _requireHolder(_termsOf(grantId).dataset);
        _withdraw(grantId);
        _retract(grantId, running);
    }

    function withdrawAndRetractBySig(
        bytes32 grantId,
        uint40 deadline,
        bytes calldata signature,
        Running[] calldata running
    ) external {
        _requireWithdrawal(grantId, deadline, signature);
        _withdraw(grantId);
        _retract(grantId, running);
    }

    function cancelNonce(uint256 nonce) external {
        _useNonce(msg.sender, nonce);
        emit NonceCancelled(msg.sender, nonce);
    }

    function setSubjects(bytes32 grantId, bytes32 subjects) external {
        Terms storage t = _termsOf(grantId);
        _requireHolder(t.dataset);
        emit SubjectsSet(grantId, t.subjects, subjects);
        t.subjects = subjects;
    }

    // --- views

    function requireLive(bytes32 grantId, address silo, uint64 purposes, uint40 until) external view {
        if (_requireUsable(grantId, silo, purposes, until)) revert OnlyWithPrivacy(grantId);
    }

    function liveMany(bytes32[] calldata grantIds, address[] calldata silos, uint64 purposes, uint40 until)
        external
        view
        returns (uint256[] memory live)
    {
        live = new uint256[]((grantIds.length + 255) / 256);
        for (uint256 i; i < grantIds.length; ++i) {
            Licence memory l = _storage().licences[_key(grantIds[i], silos[i])];
            bool runs = l.withdrawnAt == 0 && l.validFrom <= block.timestamp && until < l.expiry;
            if (runs && !l.budgeted && l.purposes & purposes == purposes) live[i / 256] |= 1 << (i % 256);
        }
    }

    function isWithdrawn(bytes32 grantId, address silo) external view returns (bool) {
        return _storage().licences[_key(grantId, silo)].withdrawnAt != 0;
    }

    function liveAt(bytes32 grantId, address silo, uint64 purposes, uint256 at) external view returns (bool) {
        Licence memory l = _storage().licences[_key(grantId, silo)];
        bool there = l.grantedAt != 0 && l.grantedAt <= at && (l.withdrawnAt == 0 || at < l.withdrawnAt);
        bool runs = there && l.validFrom <= at && at < l.expiry;
        return runs && !l.budgeted && l.purposes & purposes == purposes;
    }

    function grantOf(bytes32 grantId) external view returns (GrantRecord memory) {
        Terms memory t = _termsOf(grantId);
        Licence memory l = _storage().licences[_key(grantId, t.silo)];
        return GrantRecord({
            dataset: t.dataset,
            holder: _storage().datasets[t.dataset].holder,
            silo: t.silo,
            purposes: l.purposes,
            validFrom: l.validFrom,
            expiry: l.expiry,
            withdrawnAt: l.withdrawnAt,
            columns: t.columns,
            subjects: t.subjects,
            record: t.record,
            budget: t.budget,
            spent: spentUnder(grantId, t.silo),
            live: l.withdrawnAt == 0 && l.validFrom <= block.timestamp && block.timestamp < l.expiry
        });
    }

    function rightsOf(bytes32 grantId, address silo) external view returns (uint64 purposes, uint40 expiry) {
        Licence storage l = _storage().licences[_key(grantId, silo)];
        return (l.purposes, l.expiry);
    }

    /// @dev EIP-712 digest; type string in GRANT_TYPEHASH, domain ("prefect-federated consent", "1", chain, this).
    function hashGrant(Grant calldata g) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(GRANT_TYPEHASH, g)));
    }

    function hashWithdrawal(bytes32 grantId, uint40 deadline) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(WITHDRAWAL_TYPEHASH, grantId, deadline)));
    }

    function datasetOf(bytes32 dataset) external view returns (address holder, bytes32 root) {
        Dataset storage d = _storage().datasets[dataset];
        return (d.holder, d.root);
    }

    function nonceUsed(address holder, uint256 nonce) external view returns (bool) {
        return _storage().nonces[holder].get(nonce);
    }

    // --- privacy budgets

    function spend(Charge calldata c) external {
        bool budgeted = _requireUsable(c.grantId, c.silo, c.purposes, c.until);
        _spend(c, budgeted ? _storage().terms[c.grantId].budget : 0);
    }

    // --- internal

    /// @return budgeted Whether each use must be spent of a budget.
    function _requireUsable(bytes32 grantId, address silo, uint64 purposes, uint40 until)
        internal
        view
        returns (bool budgeted)
    {
        Licence memory l = _storage().licences[_key(grantId, silo)];
        if (l.expiry == 0) revert GrantNotForSilo(grantId, silo, _termsOf(grantId).silo);
        if (l.withdrawnAt != 0) revert GrantWithdrawn(grantId, l.withdrawnAt);
        if (block.timestamp < l.validFrom) revert GrantNotYetValid(grantId, l.validFrom, block.timestamp);
        if (until >= l.expiry) revert GrantExpires(grantId, l.expiry, until);
        if (l.purposes & purposes != purposes) revert PurposeNotCovered(grantId, l.purposes, purposes);
        return l.budgeted;
    }

    function _withdraw(bytes32 grantId) internal {
        Terms storage t = _termsOf(grantId);
        Licence storage l = _storage().licences[_key(grantId, t.silo)];
        if (l.withdrawnAt != 0) revert GrantWithdrawn(grantId, l.withdrawnAt);
        l.withdrawnAt = uint40(block.timestamp);
        emit ConsentWithdrawn(grantId, t.dataset, l.withdrawnAt);
    }

    /// @dev The ledger has no power over any coordinator: it calls what everybody may call. A failure is told, and
    /// nothing else: else whoever ends a round first could keep a holder from withdrawing.
    function _retract(bytes32 grantId, Running[] calldata running) internal {
        address silo = _termsOf(grantId).silo;
        for (uint256 i; i < running.length; ++i) {
            Running calldata r = running[i];
            (bool ok,) = r.coordinator
                .call(
                    abi.encodeCall(
                        IDepartures.retract, (r.task, r.round, silo, r.commitment, r.evidenceHash, grantId)
                    )
                );
            if (!ok || r.coordinator.code.length == 0) emit NotRetracted(grantId, r.coordinator, r.task, r.round);
        }
    }

    function _requireWithdrawal(bytes32 grantId, uint40 deadline, bytes calldata signature) internal view {
        address holder = _holderOf(_termsOf(grantId).dataset);
        if (block.timestamp > deadline) revert SignatureExpired(deadline, block.timestamp);
        _requireSignature(holder, hashWithdrawal(grantId, deadline), signature);
    }

    function _useNonce(address holder, uint256 nonce) internal {
        BitMaps.BitMap storage used = _storage().nonces[holder];
        if (used.get(nonce)) revert NonceUsed(holder, nonce);
        used.set(nonce);
    }

    function _requireSignature(address holder, bytes32 digest, bytes calldata signature) internal view {
        if (!SignatureChecker.isValidSignatureNowCalldata(holder, digest, signature)) {
            revert BadSignature(holder, digest);
        }
    }
}
