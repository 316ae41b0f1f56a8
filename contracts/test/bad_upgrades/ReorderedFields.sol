// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnnouncedUpgrades} from "../../src/AnnouncedUpgrades.sol";

/// Bad after ModelRegistry: the heads would be read where the coordinator's address lies.
contract ReorderedFields is AnnouncedUpgrades {
    struct Head {
        bytes32 versionHash;
        uint32 number;
    }

    /// @custom:storage-location erc7201:prefect-federated.ModelRegistry
    struct ModelStorage {
        mapping(uint32 task => Head) heads;
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
        return "ReorderedFields";
    }
}
