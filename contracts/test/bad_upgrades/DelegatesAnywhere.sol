// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ModelRegistry} from "../../src/ModelRegistry.sol";

/// Bad after ModelRegistry: whoever calls it runs code of its own with the registry's storage.
contract DelegatesAnywhere is ModelRegistry {
    function run(address code, bytes calldata data) external returns (bool done) {
        (done,) = code.delegatecall(data);
    }
}
