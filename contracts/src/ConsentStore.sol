// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {BitMaps} from "@openzeppelin/contracts/utils/structs/BitMaps.sol";
import {IConsentLedger} from "./interfaces/IConsentLedger.sol";

/// @title What the consent ledger remembers of datasets and grants.
abstract contract ConsentStore is IConsentLedger {
    /// @dev All that a commit has to know, in one slot, found under keccak256(abi.encode(grantId, silo)).
    struct Licence {
        uint64 purposes;
        uint40 validFrom;
        uint40 expiry;
        uint40 withdrawnAt;
        uint40 grantedAt;
        bool budgeted; // by privacy: of no use to a task whose commits cost none
    }

    struct Dataset {
        address holder;
        bytes32 root;
    }

    struct Terms {
        bytes32 dataset;
        address silo;
        bytes32 columns;
        bytes32 subjects;
        bytes32 record;
        uint256 budget;
    }

    /// @custom:storage-location erc7201:prefect-federated.ConsentLedger
    struct LedgerStorage {
        mapping(bytes32 dataset => Dataset) datasets;
        mapping(bytes32 grantId => Terms) terms;
        mapping(bytes32 grantAndSilo => Licence) licences;
        mapping(address holder => BitMaps.BitMap) nonces;
    }

    // keccak256(abi.encode(uint256(keccak256("prefect-federated.ConsentLedger")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_SLOT =
        0x9ccf76e7d709baeb39e9c3c9b7581f85093e3ed2cbbebc1a6185e0b3a5c7ef00;

    function _requireHolder(bytes32 dataset) internal view {
        address holder = _holderOf(dataset);
        if (msg.sender != holder) revert NotHolder(msg.sender, holder);
    }

    function _holderOf(bytes32 dataset) internal view returns (address holder) {
        holder = _storage().datasets[dataset].holder;
        if (holder == address(0)) revert UnknownDataset(dataset);
    }

    function _termsOf(bytes32 grantId) internal view returns (Terms storage t) {
        t = _storage().terms[grantId];
        if (_storage().datasets[t.dataset].holder == address(0)) revert UnknownGrant(grantId);
    }

    function _storage() internal pure returns (LedgerStorage storage s) {
        bytes32 slot = STORAGE_SLOT;
        assembly {
            s.slot := slot
        }
    }
}
