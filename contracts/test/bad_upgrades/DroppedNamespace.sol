// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnnouncedUpgrades} from "../../src/AnnouncedUpgrades.sol";

/// Bad after ModelRegistry: what it kept is kept nowhere.
contract DroppedNamespace is AnnouncedUpgrades {
    /// @custom:storage-location erc7201:prefect-federated.Models
    struct ModelStorage {
        address coordinator;
    }

    /// @custom:oz-upgrades-unsafe-allow constructor
    constructor() {
        _disableInitializers();
    }

    function initialize(address manager, address registry) external initializer {
        __AnnouncedUpgrades_init(manager, registry);
    }

    /// The validator tells contracts by their bytecode.
    function name() external pure returns (string memory) {
        return "DroppedNamespace";
    }
}
