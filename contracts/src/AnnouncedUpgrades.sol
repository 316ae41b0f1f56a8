// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessManagedUpgradeable
} from "@openzeppelin/contracts-upgradeable/access/manager/AccessManagedUpgradeable.sol";
import {UUPSUpgradeable} from "@openzeppelin/contracts/proxy/utils/UUPSUpgradeable.sol";
import {IParticipantRegistry} from "./interfaces/IParticipantRegistry.sol";

/// @title Upgrades that everybody sees coming: announced by governance, made two unbonding periods later.
/// @notice Two, so that whoever does not want the new code is out before it: the longest round and the longest
/// pause (3/4 of a period) end first, then stake unbonds (one period). No role, profile or delay elsewhere can
/// shorten it. After that anyone may make exactly the upgrade that was announced, its call included.
///
///     announceUpgrade -- two unbonding periods, in which withdrawUpgrade stops it --> upgradeToAndCall
abstract contract AnnouncedUpgrades is AccessManagedUpgradeable, UUPSUpgradeable {
    /// Thrown when an upgrade is made, or withdrawn, that is not the announced one.
    error UpgradeNotAnnounced(bytes32 announced, bytes32 asked);
    /// Thrown when an announced upgrade is made before its time.
    error UpgradeTooEarly(uint256 earliest, uint256 nowS);

    event UpgradeAnnounced(address indexed code, bytes data, uint256 earliest);
    event UpgradeWithdrawn(bytes32 announced);

    /// @custom:storage-location erc7201:prefect-federated.AnnouncedUpgrades
    struct UpgradeStorage {
        IParticipantRegistry registry;
        uint40 earliest;
        bytes32 announced;
    }

    // keccak256(abi.encode(uint256(keccak256("prefect-federated.AnnouncedUpgrades")) - 1)) & ~bytes32(uint256(0xff))
    bytes32 private constant STORAGE_SLOT =
        0x84429773ed71dafda4832fa6e770f37edb9b7e40682c6eaeaf456614b1e97700;

    /// Announces an upgrade, in place of one announced before. Governance.
    function announceUpgrade(address code, bytes calldata data) external restricted {
        UpgradeStorage storage s = _upgrades();
        uint256 earliest = block.timestamp + 2 * uint256(s.registry.unbondingPeriod());
        s.announced = keccak256(abi.encodeCall(this.upgradeToAndCall, (code, data)));
        s.earliest = uint40(earliest);
        emit UpgradeAnnounced(code, data, earliest);
    }

    /// Takes the announced upgrade back. Governance, or its guardian.
    function withdrawUpgrade() external restricted {
        UpgradeStorage storage s = _upgrades();
        if (s.announced == 0) revert UpgradeNotAnnounced(0, 0);
        emit UpgradeWithdrawn(s.announced);
        s.announced = 0;
    }

    /// @return announced keccak256 of the call data of the announced `upgradeToAndCall`; 0 if there is none.
    function announcedUpgrade() external view returns (bytes32 announced, uint40 earliest) {
        return (_upgrades().announced, _upgrades().earliest);
    }

    function __AnnouncedUpgrades_init(address manager, address registry) internal onlyInitializing {
        __AccessManaged_init(manager);
        _upgrades().registry = IParticipantRegistry(registry);
    }

    function _authorizeUpgrade(address) internal override {
        UpgradeStorage storage s = _upgrades();
        bytes32 asked = keccak256(msg.data);
        if (s.announced == 0 || asked != s.announced) revert UpgradeNotAnnounced(s.announced, asked);
        if (block.timestamp < s.earliest) revert UpgradeTooEarly(s.earliest, block.timestamp);
        s.announced = 0;
    }

    function _upgrades() private pure returns (UpgradeStorage storage s) {
        bytes32 slot = STORAGE_SLOT;
        assembly {
            s.slot := slot
        }
    }
}
