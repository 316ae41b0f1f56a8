// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnnouncedUpgrades} from "../../src/AnnouncedUpgrades.sol";

/// Bad after ModelRegistry: each head would be read from the slots of another.
contract RetypedField is AnnouncedUpgrades {
    struct Head {
        uint32 number;
        bytes32 versionHash;
    }

    /// @custom:storage-location erc7201:prefect-federated.ModelRegistry
    struct ModelStorage {
        address coordinator;
        mapping(uint32 task => Head) heads;
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
        return "RetypedField";
    }
}
