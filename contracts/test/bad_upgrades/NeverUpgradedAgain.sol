// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Initializable} from "@openzeppelin/contracts/proxy/utils/Initializable.sol";

/// Bad after ModelRegistry: it has no function that upgrades, so it would be the last.
contract NeverUpgradedAgain is Initializable {
    struct Head {
        bytes32 versionHash;
        uint32 number;
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
}
