// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {vm} from "./Vm.sol";

/// Known answers by their place in vectors.json.
abstract contract Answers {
    string internal json;

    function setUp() public {
        json = vm.readFile("test/vectors.json");
    }

    function _b(string memory key) internal view returns (bytes32) {
        return vm.parseJsonBytes32(json, key);
    }

    function _u(string memory key) internal view returns (uint256) {
        return vm.parseJsonUint(json, key);
    }

    function _a(string memory key) internal view returns (address) {
        return vm.parseJsonAddress(json, key);
    }
}
